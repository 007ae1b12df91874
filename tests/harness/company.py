"""The company of ``make run``: its people, and its calls without an Asterisk."""

from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.service import Filler
from services.billing.service import Billing
from services.domain.people import Person
from services.domain.rights import Role
from tests.harness.state import ROOT
from tests.harness.traffic import ACCOUNT, written

COMPANY = ROOT / "examples" / "company"
BROWSER = "804"
"""The agent whose phone is a browser."""
PEOPLE = (
    Person(login="root", name="平台管理员", role=Role.PLATFORM_ADMIN),
    Person(login="wang", name="王总", role=Role.COMPANY_ADMIN, account=ACCOUNT),
    Person(login="li", name="李班长", role=Role.SUPERVISOR, account=ACCOUNT, agent="801"),
    Person(login="zhao", name="赵敏", role=Role.AGENT, account=ACCOUNT, agent=BROWSER),
    Person(login="qian", name="钱审计", role=Role.AUDITOR, account=ACCOUNT),
)


async def had_calls(redis: Redis, archive: AsyncEngine, folder: Path, days: int) -> None:
    """Calls of so many days until now, billed and archived."""
    (folder / "hotline.csv").write_bytes(b"".join(written(days, datetime.now(UTC))))
    billing = Billing(redis, folder, "pbx1", None)
    try:
        while await billing.step():
            pass
    finally:
        billing.close()
    await Filler(redis, archive).catch_up()
