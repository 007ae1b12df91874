from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.documents import Price, Tariff
from services.domain.rating import rate
from services.domain.record import Charge, Record
from tests.harness.cel import BEGIN_MS

CALL = Record(
    schema=1,
    call_id="pbx1-1772416800.1",
    pbx="pbx1",
    hotline="4008001234",
    hotline_version=1,
    account="shop",
    caller=None,
    caller_e164=None,
    caller_name=None,
    started=BEGIN_MS,
    answered=BEGIN_MS,
    ringing=None,
    agent_answered=None,
    ended=BEGIN_MS,
    menu_ms=0,
    ring_ms=0,
    talk_ms=0,
    total_ms=0,
    end_state="answered",
    hung_up_by="caller",
    keys=(),
    hops=(),
    agent=None,
    charge=None,
)
PRICES = st.builds(
    Price,
    rate=st.decimals(0, 1000, places=6),
    per=st.integers(1, 3600),
    increment=st.integers(1, 3600),
)
DURATIONS = st.integers(0, 40 * 24 * 3600 * 1000)


def tariff(price: Price, bill_from: Literal["platform", "agent"] = "platform") -> Tariff:
    return Tariff(kind="tariff", id="standard", name="standard", bill_from=bill_from, price=price)


def charge(milliseconds: int, price: Price) -> Charge:
    return rate(replace(CALL, ended=BEGIN_MS + milliseconds), tariff(price), version=2)


@pytest.mark.parametrize(
    ("milliseconds", "rate_text", "per", "increment", "seconds", "quantity", "amount"),
    [
        (1, "0.12", 60, 60, 1, 1, "0.12"),  # one minute begun
        (60_000, "0.12", 60, 60, 60, 1, "0.12"),  # exactly one
        (60_001, "0.12", 60, 60, 61, 2, "0.24"),  # a second one begun
        (61_000, "0.12", 60, 6, 61, 11, "0.132"),  # 11 x 6 s = 66 s; 66/60 x 0.12
        (1_000, "0.10", 60, 7, 1, 1, "0.011667"),  # 7/60 x 0.10 = 0.0116666…, rounded half up at six decimals
        (3_000, "0.000001", 2, 1, 3, 3, "0.000002"),  # 1.5 millionths: half goes up
        (3_600_000, "0", 60, 60, 3600, 60, "0.00"),
    ],
)
def test_increments_begun_times_their_price(  # noqa: PLR0917
    milliseconds: int, rate_text: str, per: int, increment: int, seconds: int, quantity: int, amount: str
) -> None:
    price = Price(rate=Decimal(rate_text), per=per, increment=increment)
    [segment] = charge(milliseconds, price).segments
    assert (segment.seconds, segment.quantity, segment.amount) == (seconds, quantity, amount)
    assert charge(milliseconds, price).total == amount


def test_a_segment_explains_itself() -> None:
    [segment] = charge(61_000, Price(rate=Decimal("0.1"), per=60, increment=6)).segments
    assert (segment.from_, segment.to) == (BEGIN_MS, BEGIN_MS + 61_000)
    assert (segment.leg, segment.rule, segment.tariff) == ("inbound", "price", "standard@2")
    assert (segment.rate, segment.per, segment.increment) == ("0.10", 60, 6)


@pytest.mark.parametrize("bill_from", ["platform", "agent"])
def test_nothing_is_billed_before_the_tariff_starts_to(bill_from: Literal["platform", "agent"]) -> None:
    call = replace(CALL, answered=None, agent_answered=None, ended=BEGIN_MS + 60_000)
    assert rate(call, tariff(Price(rate=Decimal(1)), bill_from), 2) == Charge(
        tariff="standard", version=2, currency="CNY", total="0.00", segments=()
    )


def test_bill_from_agent_leaves_out_menu_and_ringing() -> None:
    call = replace(CALL, agent_answered=BEGIN_MS + 50_000, ended=BEGIN_MS + 70_000)
    [segment] = rate(call, tariff(Price(rate=Decimal(1)), "agent"), 2).segments
    assert (segment.from_, segment.seconds, segment.amount) == (BEGIN_MS + 50_000, 20, "1.00")


def test_a_call_that_ended_before_it_was_answered_costs_nothing() -> None:
    assert charge(-5000, Price(rate=Decimal(1))).segments == ()
    assert charge(0, Price(rate=Decimal(1))).segments == ()


@given(DURATIONS, PRICES)
def test_pieces_add_up_to_the_whole(milliseconds: int, price: Price) -> None:
    found = charge(milliseconds, price)
    assert sum((Decimal(segment.amount) for segment in found.segments), Decimal(0)) == Decimal(found.total)


@given(DURATIONS, DURATIONS, PRICES)
def test_more_time_never_costs_less(one: int, more: int, price: Price) -> None:
    assert Decimal(charge(one, price).total) <= Decimal(charge(one + more, price).total)


@given(DURATIONS, PRICES)
def test_rounding_is_the_only_difference_to_exact_fractions(milliseconds: int, price: Price) -> None:
    increments = -(-Fraction(milliseconds, 1000) // price.increment)
    exact = increments * price.increment * Fraction(price.rate) / price.per
    assert abs(Fraction(charge(milliseconds, price).total) - exact) <= Fraction(1, 2_000_000)
