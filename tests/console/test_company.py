"""What stands in the archive of the company that others are shown."""

from sqlalchemy import func, select

from services.archive.schema import CALLS
from tests.console.conftest import COMPANY_DAYS, Console
from tests.harness.traffic import A_DAY


async def test_it_has_had_plausible_calls(company: Console) -> None:
    async with company.archive.connect() as connection:
        rows = await connection.execute(select(CALLS.c.end_state, func.count()).group_by(CALLS.c.end_state))
        states: dict[str, int] = {state: count for state, count in rows}  # noqa: C416 - rows are no pairs to mypy
        unpriced = await connection.scalar(select(func.count()).where(CALLS.c.charge.is_(None)))
    calls = sum(states.values())
    assert calls > A_DAY * (COMPANY_DAYS - 1) * 0.7
    assert states["answered"] > calls / 2
    assert {"abandoned_waiting", "abandoned_in_menu", "voicemail"} <= states.keys()
    assert not unpriced
