"""Each ``rates/*.yaml`` is a tariff, packages, and calls with what each must cost; its comment has the arithmetic."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from services.domain import money
from services.domain.callfile import Line, OwnCall
from services.domain.documents import Document
from services.domain.office import Office
from services.domain.record import Charge

CASES = sorted((Path(__file__).parent / "rates").glob("*.yaml"))
DOCUMENTS: TypeAdapter[list[Document]] = TypeAdapter(list[Document])
CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_calls_cost_what_was_worked_out_by_hand(path: Path) -> None:
    case = YAML(typ="safe").load(path)
    office = Office(DOCUMENTS.validate_python(case["documents"]), "t", case["packages"])
    total = Decimal(0)
    for expected in case["calls"]:
        for _ in range(expected.get("times", 1)):
            charge = office.rate(line(expected).served)
            assert outcome(charge) == {key: expected.get(key) for key in ("total", "drawn", "share")}, expected
            total += Decimal(charge.total)
    office.finish(case["until"])
    assert [[one.day, one.kind, money.text(one.amount), one.seconds] for one in office.postings] == case["postings"]
    assert [alert.mark for alert in office.alerts] == case["alerts"]
    assert total + sum(Decimal(money.text(one.amount)) for one in office.postings) == Decimal(case["total"])


def line(fields: dict[str, Any]) -> Line:
    begin = round(datetime.fromisoformat(fields["at"]).replace(tzinfo=CHINA).timestamp() * 1000)
    times = {"started": begin, "answered": begin, "agent_answered": None, "ended": begin + fields["seconds"] * 1000}
    call = OwnCall.model_validate({"hotline": "4001234567", "caller": fields.get("caller", "13800138000")} | times)
    return Line(1, call, call.usage())


def outcome(charge: Charge) -> dict[str, Any]:
    return {
        "total": charge.total,
        "drawn": sum(part.seconds for segment in charge.segments for part in segment.drawn),
        "share": None if charge.caller_share is None else charge.caller_share.total,
    }
