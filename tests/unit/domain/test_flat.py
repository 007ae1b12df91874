from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.domain.flat import COLUMNS, row
from services.domain.record import Attempt, Hop, Keys
from tests.harness.cel import BEGIN_MS
from tests.harness.tariffs import charged
from tests.unit.domain.test_rating import CALL


def test_a_row_has_every_column_and_tells_the_calls_way() -> None:
    attempt = Attempt(
        agent="li", dial="1001", started=BEGIN_MS, answered=None, ended=None, result="no_answer", cause=None
    )
    hops = (
        Hop(node="welcome", kind="menu", at=BEGIN_MS, group=None, wait=None, attempts=()),
        Hop(node="sales", kind="group", at=BEGIN_MS, group="sales", wait=None, attempts=(attempt, attempt)),
    )
    keys = tuple(Keys(node="welcome", keys=key, outcome="x", at=BEGIN_MS) for key in ("", "9", "1"))
    flat = row(replace(CALL, hops=hops, keys=keys))
    assert list(flat) == list(COLUMNS)
    assert (flat["path"], flat["attempts"], flat["keys"]) == ("welcome > sales", 2, "9 1")


def test_times_are_utc_and_money_is_exact() -> None:
    charge = charged("0.10", version=3)
    flat = row(replace(CALL, started=1772416800_007, charge=charge))
    assert flat["started"] == datetime(2026, 3, 2, 2, 0, 0, 7000, tzinfo=UTC)
    assert (flat["total"], flat["tariff"], flat["answered"] is None) == (Decimal("0.10"), "standard@3", False)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_callers_name_is_no_formula(name: str) -> None:
    assert row(replace(CALL, caller_name=name))["caller_name"] == f"'{name}"
    assert row(replace(CALL, caller_name=f"x{name}"))["caller_name"] == f"x{name}"
