"""What holds of every charge, by tariffs, zones, calendars, packages and calls of chance; first of all, that a second
rater (tests/harness/naive.py) comes to the same."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain import account
from services.domain.calendar import Calendar
from services.domain.charge import Charge
from services.domain.numbers import to_e164
from services.domain.package import Package
from services.domain.packages import Terms, subscribe
from services.domain.rating import Home, Rater
from services.domain.region import region_named
from services.domain.tariff import Tariff
from services.domain.usage import Outbound, UnratableError, Usage
from tests.harness import naive
from tests.harness.naive import Allowance, Call, Fields, NoPriceError, Other

NUMBERS: dict[str | None, Other] = {
    "13800138000": Other("mobile", frozenset({"北京"})),
    "075512345678": Other("fixed", frozenset({"广东", "广东深圳"})),
    "02012345678": Other("fixed", frozenset({"广东", "广东广州"})),
    "02987654321": Other("fixed", frozenset({"陕西", "陕西西安", "陕西咸阳"})),
    "19912345678": Other("mobile"),
    "+85298765432": Other("international"),
    "10086": Other("unknown"),
    None: Other("withheld"),
}
"""What is publicly known of them: 020 is Guangzhou's area code, 0755 Shenzhen's, 029 that of Xi'an and Xianyang."""
HOLIDAYS = [date(2026, 1, 1), date(2026, 3, 29), date(2026, 3, 31), date(2026, 10, 26)]
WORKED = [date(2026, 3, 28), date(2026, 10, 25)]


def kind_of(day: date) -> str:
    if day in HOLIDAYS:
        return "holiday"
    return "weekend" if day.isoweekday() > 5 and day not in WORKED else "working_day"


# Clocks change by an hour (Berlin 29 March and 25 October, New York 8 March), by half an hour (Lord Howe 5 April), at
# midnight (Cairo 24 April and 30 October); Kathmandu is 5:45 from Greenwich.
NIGHTS = [
    ("Asia/Shanghai", "2026-03-28"), ("Asia/Shanghai", "2026-12-31"), ("Asia/Kathmandu", "2026-03-31"),
    ("Europe/Berlin", "2026-03-28"), ("Europe/Berlin", "2026-10-24"), ("America/New_York", "2026-03-07"),
    ("Australia/Lord_Howe", "2026-04-04"), ("Africa/Cairo", "2026-04-23"), ("Africa/Cairo", "2026-10-29"),
]  # fmt: skip


def evening(zone: str, day: str) -> int:
    """22:00 of the day, in milliseconds."""
    return round(datetime.fromisoformat(f"{day}T22:00").replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


# Most boundaries lie on full minutes, and what goes wrong, goes wrong about them: here minutes after 22:00.
BOUNDARIES = st.sampled_from([0, 119, 120, 121, 180, 240, 270, 8 * 60])
ABOUT = st.builds(
    lambda minute, off: minute * 60_000 + off,
    st.integers(0, 8 * 60) | st.builds(lambda boundary, before: boundary - before, BOUNDARIES, st.integers(0, 4)),
    st.sampled_from([0, -30_000, -1, 1, 999, -59_001, 17_250]),
)
LENGTHS = st.one_of(
    st.sampled_from([0, 1, 5_000, 5_001, 59_999, 60_000, 60_001, 180_000, 180_001]), st.integers(1, 1_200_000)
)
MONEY = st.one_of(st.sampled_from(["0", "0.12", "0.22", "0.005", "0.000001"]), st.decimals(0, 2, places=6).map(str))
INCREMENTS = st.sampled_from([1, 6, 7, 60, 90, 180])
HOURS = st.sampled_from(["08:00-18:00", "22:00-06:00", "00:00-24:00", "02:00-02:30", "23:59-00:01", "00:00-01:00"])
PLACES = st.sampled_from(["home_city", "unknown", "广东", "广东广州", "陕西咸阳", "北京"])
TYPES = st.sampled_from(["mobile", "fixed", "international", "withheld", "unknown"])
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "hours": st.lists(HOURS, min_size=1, max_size=2),
        "day": st.lists(st.sampled_from(["working_day", "weekend", "holiday"]), min_size=1, max_size=2),
        "type": st.lists(TYPES, min_size=1, max_size=3),
        "region": st.lists(PLACES, min_size=1, max_size=2),
    },
).filter(bool)


@st.composite
def steps(draw: st.DrawFn) -> list[Fields]:
    begins = [0, *sorted(draw(st.sets(st.sampled_from([45, 60, 180, 200]), max_size=2)))]
    return [
        {"from": begin, "rate": draw(MONEY), "per": draw(INCREMENTS), "increment": draw(INCREMENTS)} for begin in begins
    ]


@st.composite
def legs(draw: st.DrawFn) -> Fields:
    whens = [*draw(st.lists(WHENS, max_size=3)), None]
    rules = [
        {"rule": f"r{index}", "connect": draw(st.sampled_from(["0", "0", "0.05"])), "steps": draw(steps())}
        | ({} if when is None else {"when": when})
        for index, when in enumerate(whens)
    ]
    more = st.fixed_dictionaries(
        {},
        optional={
            "free_seconds": st.sampled_from([5, 60]),
            "minimum": st.just("0.30"),
            "maximum": st.sampled_from(["0.30", "1.00"]),
        },
    )
    return draw(more) | {"rules": rules}


PRICES = st.fixed_dictionaries({"inbound": legs()}, optional={"outbound": legs(), "caller_share": legs()})
ROUNDING = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(["half_up", "half_even", "up", "down"]),
        "digits": st.sampled_from([2, 3, 6]),
        "each": st.sampled_from(["segment", "call"]),
    }
)


@st.composite
def tariffs(draw: st.DrawFn) -> Fields:
    """As a document says it."""
    first = draw(PRICES) | draw(st.sampled_from([{}, {"valid_from": "2026-03-29"}]))
    later = draw(st.lists(PRICES.map(lambda prices: prices | {"valid_from": "2026-03-30"}), max_size=1))
    heading = {"kind": "tariff", "id": "t", "name": "t", "bill_from": draw(st.sampled_from(["platform", "agent"]))}
    return heading | {"rounding": draw(ROUNDING), "prices": [first, *later]}


CallOfChance = tuple[str | None, Call, list[tuple[str, int, int]]]


@st.composite
def calls(draw: st.DrawFn) -> CallOfChance:
    """The caller's number, the call, and the numbers that were dialled."""
    zone, day = draw(st.sampled_from(NIGHTS))
    answered = evening(zone, day) + draw(ABOUT)
    ended = answered + draw(LENGTHS)
    caller = draw(st.sampled_from(list(NUMBERS)))
    agent = draw(st.one_of(st.none(), st.integers(answered, ended)))
    dialled = []
    for number in draw(st.lists(st.sampled_from([number for number in NUMBERS if number]), max_size=2)):
        begin = draw(st.integers(answered, ended))
        dialled.append((number, begin, draw(st.integers(begin, ended))))
    outbound = [(NUMBERS[number], begin, end) for number, begin, end in dialled]
    home = draw(st.sampled_from([None, "广东深圳", "陕西西安"]))
    return caller, Call(zone, home, NUMBERS[caller], answered, agent, ended, outbound), dialled


INCLUDED = st.fixed_dictionaries(
    {"minutes": st.integers(1, 20)},
    optional={
        "leg": st.lists(st.sampled_from(["inbound", "outbound"]), min_size=1, max_size=1),
        "type": st.lists(TYPES, min_size=1, max_size=2),
        "region": st.lists(PLACES, min_size=1, max_size=2),
    },
)


def usage(caller: str | None, call: Call, dialled: list[tuple[str, int, int]]) -> Usage:
    return Usage(
        caller=caller,
        caller_e164=None if caller is None else to_e164(caller),
        answered=call.answered,
        agent_answered=call.agent_answered,
        ended=call.ended,
        outbound=tuple(Outbound("wang", number, answered, ended) for number, answered, ended in dialled),
    )


def rated(tariff: Fields, of_chance: CallOfChance, included: list[Fields]) -> Charge:
    calendar = Calendar(kind="calendar", id="own", base="weekdays", holidays=HOLIDAYS, working_days=WORKED)
    rater = Rater(Tariff.model_validate(tariff), 1, calendar=calendar, places=True)
    package = {"kind": "package", "id": "p", "name": "p", "cycle": {}, "fee": "0", "included": included}
    day = date(2026, 1, 1)
    balance, _ = subscribe(Terms(Package.model_validate(package), 1), day)
    home = of_chance[1].home
    place = Home(ZoneInfo(of_chance[1].zone), None if home is None else region_named(home))
    return account.call([balance], rater, usage(*of_chance), place, day).charge


@settings(max_examples=100)
@given(tariffs(), calls(), st.lists(INCLUDED, max_size=3))
def test_two_raters_agree(tariff: Fields, of_chance: CallOfChance, included: list[Fields]) -> None:
    allowances = [Allowance(one["minutes"] * 60, one) for one in included]
    try:
        bill = naive.bill(tariff, of_chance[1], kind_of, allowances)
    except NoPriceError:
        with pytest.raises(UnratableError, match="has no prices for"):
            rated(tariff, of_chance, included)
        return
    charge = rated(tariff, of_chance, included)
    assert [(one.leg, one.rule, one.quantity) for one in charge.segments] == [
        (piece.leg, piece.rule, piece.quantity) for piece in bill.pieces
    ]
    assert sum(part.seconds for one in charge.segments for part in one.drawn) == bill.covered
    assert Decimal(charge.total) == bill.total
    share = charge.caller_share
    assert (None if share is None else Decimal(share.total)) == bill.share
    if tariff["rounding"]["each"] == "segment":
        assert [Decimal(one.amount) for one in charge.segments] == bill.amounts


def priced(tariff: Fields, of_chance: CallOfChance) -> Charge:
    """By prices that hold on every day."""
    always = {key: value for key, value in tariff["prices"][0].items() if key != "valid_from"}
    return rated(tariff | {"prices": [always]}, of_chance, [])


@settings(max_examples=50)
@given(tariffs(), calls())
def test_pieces_add_up_to_the_whole_and_leave_no_gap(tariff: Fields, of_chance: CallOfChance) -> None:
    charge = priced(tariff, of_chance)
    amounts = [one.amount for one in charge.segments] + [one.amount for one in charge.adjustments]
    assert sum(map(Decimal, amounts), Decimal(0)) == Decimal(charge.total)
    inbound = [segment for segment in charge.segments if segment.leg == "inbound"]
    edges = [segment.from_ for segment in inbound] + [of_chance[1].ended]
    assert [segment.to for segment in inbound] == edges[1:]


@settings(max_examples=50)
@given(tariffs(), calls(), LENGTHS)
def test_more_time_never_costs_less_and_nothing_less_than_nothing(
    tariff: Fields, of_chance: CallOfChance, more: int
) -> None:
    caller, call, dialled = of_chance
    longer = caller, replace(call, ended=call.ended + more), dialled
    short, long = (Decimal(priced(tariff, one).total) for one in (of_chance, longer))
    assert 0 <= short <= long


@settings(max_examples=50)
@given(tariffs(), calls(), INCREMENTS, st.integers(0, 400))
def test_a_call_that_is_split_costs_the_same_but_for_rounding(
    tariff: Fields, of_chance: CallOfChance, increment: int, count: int
) -> None:
    """Where one increment ends and the next begins; prices that only the time decides, without fees and bounds."""
    rules = [
        rule | {"connect": "0", "steps": [rule["steps"][0] | {"increment": increment}]}
        for rule in tariff["prices"][0]["inbound"]["rules"]
    ]
    timely = tariff | {"bill_from": "platform", "prices": [{"inbound": {"rules": rules}}]}
    caller, call, _ = of_chance
    call = replace(call, agent_answered=None, outbound=())
    assert call.answered is not None
    cut = min(call.answered + count * increment * 1000, call.ended)
    whole = Decimal(priced(timely, (caller, call, [])).total)
    halves = [replace(call, ended=cut), replace(call, answered=cut)]
    parts = [Decimal(priced(timely, (caller, half, [])).total) for half in halves]
    exact = all(Fraction(step["rate"]) * 10**6 * increment % step["per"] == 0 for [step] in (r["steps"] for r in rules))
    exact = exact and tariff["rounding"]["digits"] == 6
    assert abs(sum(parts) - whole) <= (0 if exact else Decimal(10) ** -tariff["rounding"]["digits"])


@settings(max_examples=50)
@given(steps(), st.integers(0, 24 * 60 - 2), calls())
def test_a_boundary_that_changes_no_price_changes_nothing(
    price: list[Fields], minute: int, of_chance: CallOfChance
) -> None:
    first, second = (f"{at // 60:02d}:{at % 60:02d}" for at in (minute, minute + 1))
    heading: Fields = {"kind": "tariff", "id": "t", "name": "t", "bill_from": "platform"}
    heading |= {"rounding": {"each": "call", "digits": 4}}
    cut = {"rule": "cut", "when": {"hours": [f"{first}-{second}"]}, "steps": price}
    whole = {"rule": "all", "steps": price}
    one, two = (heading | {"prices": [{"inbound": {"rules": rules}}]} for rules in ([whole], [cut, whole]))
    assert priced(one, of_chance).total == priced(two, of_chance).total


@settings(max_examples=50)
@given(tariffs(), calls(), st.sampled_from([1, 20, 3600]))
def test_free_seconds_are_free(tariff: Fields, of_chance: CallOfChance, seconds: int) -> None:
    """As if the call had begun so much later."""
    leg = {key: value for key, value in tariff["prices"][0]["inbound"].items() if key != "free_seconds"}
    caller, call, _ = of_chance
    begin = call.answered or 0
    free, paid = (
        tariff | {"bill_from": "platform", "prices": [{"inbound": leg | more}]}
        for more in ({"free_seconds": seconds}, {})
    )
    call = replace(call, agent_answered=None, outbound=())
    later = replace(call, answered=min(begin + seconds * 1000, call.ended))
    assert priced(free, (caller, call, [])).total == priced(paid, (caller, later, [])).total
