"""Rules priced as worked out by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.domain.calendar import Calendar
from services.domain.charge import Charge
from services.domain.rating import Home, Rater
from services.domain.record import Attempt, Hop, Record, TextOutcome
from services.domain.region import Numbering, region_named
from services.domain.tariff import RoundingRule, Tariff
from services.domain.usage import Outbound, UnratableError, Usage, usage_of
from tests.harness.cel import BEGIN_MS
from tests.harness.tariffs import per_increment, tariff

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
    wait_ms=0,
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
CHINA = ZoneInfo("Asia/Shanghai")
MOBILE, FIXED = "+8613800138000", "+8675512345678"


def at(text: str, zone: ZoneInfo = CHINA) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def usage(begin: int, milliseconds: int, caller: str | None = MOBILE, **more: Any) -> Usage:
    times: dict[str, Any] = {"answered": begin, "agent_answered": None, "ended": begin + milliseconds}
    return Usage(caller=caller, caller_e164=caller, **(times | more))


def charge(milliseconds: int, by: Tariff, begin: int = BEGIN_MS, home: Home | None = None, **more: Any) -> Charge:
    return Rater(by, 2).rate(usage(begin, milliseconds, **more), home or Home())


def pieces(found: Charge) -> list[tuple[str, int, str]]:
    return [(segment.rule, segment.quantity, segment.amount) for segment in found.segments]


def leg(*rules: dict[str, Any], **more: Any) -> Tariff:
    """A tariff whose inbound leg has more than rules."""
    fields = tariff(*rules).model_dump(exclude_none=True)
    fields["prices"][0]["inbound"] |= more
    return Tariff.model_validate(fields)


STANDARD = {"rule": "standard", "steps": [{"rate": "0.12"}]}


@pytest.mark.parametrize(
    ("milliseconds", "rate", "per", "increment", "seconds", "quantity", "amount"),
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
    milliseconds: int, rate: str, per: int, increment: int, seconds: int, quantity: int, amount: str
) -> None:
    found = charge(milliseconds, per_increment(rate, per, increment))
    [segment] = found.segments
    assert (segment.seconds, segment.quantity, segment.amount) == (seconds, quantity, amount)
    assert found.total == amount


def test_a_segment_explains_itself() -> None:
    [segment] = charge(61_000, per_increment("0.1", 60, 6)).segments
    assert (segment.from_, segment.to) == (BEGIN_MS, BEGIN_MS + 61_000)
    assert (segment.leg, segment.rule, segment.tariff) == ("inbound", "standard", "standard@2")
    assert (segment.rate, segment.per, segment.increment, segment.connect) == ("0.10", 60, 6, "0.00")


@pytest.mark.parametrize("bill_from", ["platform", "agent"])
def test_nothing_is_billed_before_the_tariff_starts_to(bill_from: Any) -> None:
    found = charge(60_000, per_increment("1", bill_from=bill_from), answered=None)
    assert (found.total, found.segments) == ("0.00", ())


def test_bill_from_agent_leaves_out_menu_and_ringing() -> None:
    found = charge(70_000, per_increment("1", bill_from="agent"), agent_answered=BEGIN_MS + 50_000)
    [segment] = found.segments
    assert (segment.from_, segment.seconds, segment.amount) == (BEGIN_MS + 50_000, 20, "1.00")


@pytest.mark.parametrize(
    ("milliseconds", "reason"),
    [
        (-5000, "it ended 5000 ms before the platform answered"),
        (40 * 24 * 3600 * 1000, "it ended 960 hours after the platform answered: more than a week is a mistake"),
    ],
)
def test_times_that_cannot_be_are_no_price(milliseconds: int, reason: str) -> None:
    with pytest.raises(UnratableError, match=reason):
        charge(milliseconds, per_increment("1"))
    with pytest.raises(UnratableError, match=reason):
        usage_of(replace(CALL, ended=BEGIN_MS + milliseconds))


THREE_PLUS_ONE = {
    "rule": "local",
    "steps": [{"rate": "0.22", "per": 180, "increment": 180}, {"from": 180, "rate": "0.11"}],
}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, [("local", 1, "0.22")]),
        (180, [("local", 1, "0.22")]),
        (181, [("local", 1, "0.22"), ("local", 1, "0.11")]),
        (301, [("local", 1, "0.22"), ("local", 3, "0.33")]),  # 121 s beyond the third minute: 3 begun
    ],
)
def test_first_three_minutes_then_each(seconds: int, expected: list[tuple[str, int, str]]) -> None:
    assert pieces(charge(seconds * 1000, tariff(THREE_PLUS_ONE))) == expected


def test_an_increment_that_straddles_a_step_belongs_to_the_first() -> None:
    steps = [{"rate": "0.10"}, {"from": 90, "rate": "0.01"}]
    # minutes begin at 0, 60 (before 90) and 120 (after)
    assert pieces(charge(150_000, tariff({"rule": "a", "steps": steps}))) == [("a", 2, "0.20"), ("a", 1, "0.01")]


NIGHT = {"rule": "night", "when": {"hours": ["22:00-06:00"]}, "steps": [{"rate": "0.06"}]}
HOLIDAY = {"rule": "holiday", "when": {"day": ["holiday"]}, "steps": [{"rate": "0.08"}]}
WEEKEND = {"rule": "weekend", "when": {"day": ["weekend"]}, "steps": [{"rate": "0.10"}]}


@pytest.mark.parametrize(
    ("begin", "milliseconds", "expected"),
    [
        # minutes begin at 21:58:30, :59:30 (it straddles 22:00 and is the day's), 22:00:30 and :01:30 (the night's)
        ("2026-03-02T21:58:30", 210_000, [("standard", 2, "0.24"), ("night", 2, "0.12")]),
        # begins 1 ms before 22:00: the first minute is the day's
        ("2026-03-02T21:59:59.999", 60_001, [("standard", 1, "0.12"), ("night", 1, "0.06")]),
        ("2026-03-02T22:00:00", 60_000, [("night", 1, "0.06")]),
        ("2026-03-02T23:59:30", 61_000, [("night", 2, "0.12")]),  # over midnight, the same rule: one piece
        ("2026-03-03T05:59:30", 61_000, [("night", 1, "0.06"), ("standard", 1, "0.12")]),
        ("2026-04-30T12:00:00", 30_000, [("standard", 1, "0.12")]),
        # Saturday 9 May 2026 is worked in exchange
        ("2026-05-09T12:00:00", 30_000, [("standard", 1, "0.12")]),
        ("2026-05-16T12:00:00", 30_000, [("weekend", 1, "0.10")]),
        ("2026-10-03T12:00:00", 30_000, [("holiday", 1, "0.08")]),  # a Saturday, and a holiday
    ],
)
def test_time_decides_where_an_increment_begins(
    begin: str, milliseconds: int, expected: list[tuple[str, int, str]]
) -> None:
    by = tariff(HOLIDAY, WEEKEND, NIGHT, STANDARD)
    assert pieces(charge(milliseconds, by, at(begin))) == expected


def test_a_call_straddles_a_holidays_begin_and_a_moved_working_days() -> None:
    by = tariff(HOLIDAY, WEEKEND, STANDARD)
    # Thursday 30 April: minutes begin 23:58:30, 23:59:30; Friday 1 May: 00:00:30
    assert pieces(charge(121_000, by, at("2026-04-30T23:58:30"))) == [("standard", 2, "0.24"), ("holiday", 1, "0.08")]
    # Friday 8 May to Saturday 9 May, which is worked: no change at midnight
    assert pieces(charge(121_000, by, at("2026-05-08T23:58:30"))) == [("standard", 3, "0.36")]
    # Saturday 9 May to Sunday 10 May
    assert pieces(charge(121_000, by, at("2026-05-09T23:58:30"))) == [("standard", 2, "0.24"), ("weekend", 1, "0.10")]


def test_a_year_without_published_holidays_goes_by_the_weekday_and_says_so() -> None:
    by = tariff(HOLIDAY, WEEKEND, STANDARD)
    found = charge(30_000, by, at("2031-10-01T12:00"))  # a Wednesday
    assert (found.segments[0].rule, found.notes) == (
        "standard",
        ("the holidays of 2031 are not known: its days went by the weekday",),
    )
    assert not charge(60_000, by, at("2026-12-31T23:59")).notes, "it ends where 2027 begins"
    own = Calendar(kind="calendar", id="own", holidays=[date(2031, 10, 1)], working_days=[])
    found = Rater(by, 2, calendar=own).rate(usage(at("2031-10-01T12:00"), 1), Home())
    assert (found.segments[0].rule, found.notes) == ("holiday", ())


def test_hours_are_the_hotlines() -> None:
    by, begin = tariff(NIGHT, STANDARD), at("2026-03-02T23:00")
    assert charge(1, by, begin).segments[0].rule == "night"
    assert charge(1, by, begin, Home(ZoneInfo("Europe/London"))).segments[0].rule == "standard"


def test_hours_where_clocks_are_put_back() -> None:
    """Berlin, 25 October 2026: 02:00 to 02:59 comes twice."""
    berlin = Home(ZoneInfo("Europe/Berlin"))
    early = {
        "rule": "early",
        "when": {"hours": ["02:00-02:30"]},
        "steps": [{"rate": "1", "increment": 600, "per": 600}],
    }
    by = tariff(early, {"rule": "else", "steps": [{"rate": "2", "increment": 600, "per": 600}]})
    begin = round(datetime(2026, 10, 24, 23, 50, tzinfo=UTC).timestamp() * 1000)  # 01:50 by the wall
    assert pieces(charge(110 * 60_000, by, begin, berlin)) == [
        ("else", 1, "2.00"), ("early", 3, "3.00"), ("else", 3, "6.00"), ("early", 3, "3.00"), ("else", 1, "2.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caller", "rule"),
    [(MOBILE, "mobile"), (FIXED, "fixed"), ("+85298765432", "abroad"), (None, "withheld"), ("10086", "else")],
)
def test_the_callers_type_decides(caller: str | None, rule: str) -> None:
    types = {"mobile": "mobile", "fixed": "fixed", "abroad": "international", "withheld": "withheld"}
    rules = [{"rule": name, "when": {"type": [kind]}, "steps": [{"rate": "1"}]} for name, kind in types.items()]
    by = Rater(tariff(*rules, STANDARD | {"rule": "else"}), 2)
    e164 = caller if caller and caller.startswith("+") else None
    one = Usage(caller=caller, caller_e164=e164, answered=0, agent_answered=None, ended=1)
    assert by.rate(one, Home()).segments[0].rule == rule


@pytest.mark.parametrize(
    ("caller", "rule", "region"),
    [
        ("+8675512345678", "home", "广东深圳"),
        ("+862012345678", "province", "广东广州"),
        ("+8657112345678", "city", "浙江杭州"),
        ("+8657412345678", "else", "浙江宁波"),
        ("+8613800138000", "else", "北京"),
        ("+8619912345678", "unknown", None),  # a new segment, which no place is known of
        ("+85298765432", "unknown", None),
        ("+8617012345678", "city", "浙江杭州"),  # by the own numbering plan
    ],
)
def test_the_callers_place_decides(caller: str, rule: str, region: str | None) -> None:
    places = {"home": ["home_city"], "province": ["广东"], "city": ["浙江杭州"], "unknown": ["unknown"]}
    rules = [{"rule": name, "when": {"region": of}, "steps": [{"rate": "1"}]} for name, of in places.items()]
    own = Numbering.model_validate({"kind": "numbering", "id": "own", "prefixes": {"+86170": {"region": "浙江杭州"}}})
    by = Rater(tariff(*rules, STANDARD | {"rule": "else"}), 2, numbering=own)
    found = by.rate(usage(0, 1, caller), Home(city=region_named("广东深圳")))
    assert (found.segments[0].rule, found.caller_region) == (rule, region)


def test_a_connection_has_a_fee_once() -> None:
    by = tariff(NIGHT | {"connect": "0.5"}, STANDARD | {"connect": "0.01"})
    found = charge(61_000, by, at("2026-03-02T21:59:30"))
    assert [(one.connect, one.amount) for one in found.segments] == [("0.01", "0.13"), ("0.00", "0.06")]


@pytest.mark.parametrize(
    ("milliseconds", "total", "adjustment"),
    [
        (10_000, "0.00", None),  # no longer than the free seconds
        (10_001, "0.30", ("minimum", "0.18")),  # one minute: 0.12, and 0.18 to the least
        (370_000, "0.72", None),  # 360 s: six minutes
        (610_000, "1.00", ("maximum", "-0.20")),  # ten: 1.20
    ],
)
def test_free_seconds_minimum_and_maximum(milliseconds: int, total: str, adjustment: tuple[str, str] | None) -> None:
    found = charge(milliseconds, leg(STANDARD, free_seconds=10, minimum="0.30", maximum="1.00"))
    assert found.total == total
    assert [(one.reason, one.amount) for one in found.adjustments] == ([] if adjustment is None else [adjustment])


def test_what_is_free_owes_no_minimum() -> None:
    free = {"rule": "free", "when": {"type": ["mobile"]}, "steps": [{"rate": "0"}]}
    assert charge(61_000, leg(free, STANDARD, minimum="0.30")).total == "0.00"
    assert charge(61_000, leg(free | {"connect": "0.01"}, STANDARD, minimum="0.30")).total == "0.30"
    # a quarter of a cent is rounded to nothing, and is owed all the same
    cheap = leg({"rule": "a", "steps": [{"rate": "0.0025"}]}, minimum="0.30")
    assert charge(1, cheap.model_copy(update={"rounding": RoundingRule(digits=2)})).total == "0.30"


def test_increments_of_one_price_are_one_segment_though_another_rule_came_and_went() -> None:
    """Two of 90 s, from 11:59:30 and 12:01:00; the minute from 12:00 has a rule of its own."""
    noon = {"rule": "noon", "when": {"hours": ["12:00-12:01"]}, "steps": [{"rate": "9"}]}
    by = tariff(noon, {"rule": "all", "steps": [{"rate": "0.005", "per": 90, "increment": 90}]}, rounding={"digits": 2})
    [segment] = charge(180_000, by, at("2026-03-02T11:59:30")).segments
    assert (segment.rule, segment.quantity, segment.seconds, segment.amount) == ("all", 2, 180, "0.01")


@pytest.mark.parametrize(
    ("rounding", "total", "adjustments"),
    [
        ({"digits": 2}, "0.02", []),  # each of two halves rounded up by itself
        ({"digits": 2, "each": "call"}, "0.01", ["0.00"]),
        ({"digits": 2, "mode": "up"}, "0.02", []),
        ({"digits": 2, "mode": "down"}, "0.00", []),
        ({"digits": 2, "mode": "half_even"}, "0.00", []),
        ({"digits": 1, "mode": "up", "each": "call"}, "0.10", ["0.09"]),
    ],
)
def test_rounding_as_the_tariff_says(rounding: dict[str, Any], total: str, adjustments: list[str]) -> None:
    halves = [{"rate": "0.005"}, {"from": 60, "rate": "0.005", "increment": 30, "per": 30}]
    found = charge(61_000, tariff({"rule": "a", "steps": halves}, rounding=rounding))
    assert found.total == total
    assert [one.amount for one in found.adjustments] == [amount for amount in adjustments if amount != "0.00"]


def test_prices_hold_from_their_day_on() -> None:
    fields = per_increment("0.12").model_dump(exclude_none=True)
    raised = per_increment("0.15").model_dump(exclude_none=True)["prices"][0]
    fields["prices"][0]["valid_from"] = "2026-01-01"
    by = Tariff.model_validate(fields | {"prices": [*fields["prices"], raised | {"valid_from": "2026-04-01"}]})
    assert charge(1, by, at("2026-03-31T23:59:59.999")).total == "0.12"
    assert charge(1, by, at("2026-04-01T00:00")).total == "0.15"
    with pytest.raises(UnratableError, match="tariff 'standard' has no prices for 2025-12-31"):
        charge(1, by, at("2025-12-31T23:59:59"))


def test_legs_over_the_trunk_and_the_callers_share() -> None:
    fields = per_increment("0.12").model_dump(exclude_none=True)
    outbound = [{"rule": "mobile", "when": {"type": ["mobile"]}, "steps": [{"rate": "0.2"}]}, STANDARD]
    share = [{"rule": "landline", "when": {"type": ["fixed"]}, "steps": THREE_PLUS_ONE["steps"]}, STANDARD]
    fields["prices"][0] |= {"outbound": {"rules": outbound}, "caller_share": {"rules": share}}
    legs = (Outbound("wang", "13900139000", BEGIN_MS + 20_000, BEGIN_MS + 90_000),)
    found = charge(240_000, Tariff.model_validate(fields), caller=FIXED, outbound=legs)
    # in: 240 s, four minutes of 0.12; out: 70 s, two of 0.20; the caller: 0.22 and one minute of 0.11
    assert [(one.leg, one.agent, one.rule, one.amount) for one in found.segments] == [
        ("inbound", None, "standard", "0.48"),
        ("outbound", "wang", "mobile", "0.40"),
    ]
    assert found.total == "0.88"
    assert found.caller_share is not None
    assert (found.caller_share.collected_by, found.caller_share.total) == ("caller_operator", "0.33")


def test_only_what_was_picked_up_over_a_trunk_is_a_leg_of_its_own() -> None:
    def attempt(agent: str, dial: str, answered: int | None, ended: int | None) -> Attempt:
        return Attempt(agent=agent, dial=dial, started=0, answered=answered, ended=ended, result="answered", cause=None)

    rung = (
        attempt("li", "1001", BEGIN_MS, BEGIN_MS + 5),
        attempt("wang", "13900139000@carrier", None, BEGIN_MS + 5),
        attempt("zhao", "13900139001@carrier", BEGIN_MS + 6, BEGIN_MS + 9),
        attempt("qian", "13900139002@carrier", BEGIN_MS + 7, None),
    )
    hop = Hop(node="n", kind="group", at=0, group="g", attempts=rung)
    assert usage_of(replace(CALL, hops=(hop,), ended=BEGIN_MS + 10)).outbound == (
        Outbound("zhao", "13900139001", BEGIN_MS + 6, BEGIN_MS + 9),
        Outbound("qian", "13900139002", BEGIN_MS + 7, BEGIN_MS + 10),
    )


def test_text_messages_that_were_sent_and_recorded_talks_are_uses_of_extra_services() -> None:
    said: list[TextOutcome | None] = ["accepted", "no_mobile", "withheld", None, "accepted"]
    hops = tuple(Hop(node="n", kind="x", at=0, group=None, attempts=(), text_message=one) for one in said)
    assert usage_of(CALL).uses == {}
    assert usage_of(replace(CALL, hops=hops)).uses == {"sms": 2}
    both_sides = replace(CALL, recordings=("a-caller.wav", "a-agent.wav"), notices=1)
    assert usage_of(both_sides).uses == {"sms": 1, "recording": 1}
