from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.domain import account, packages
from services.domain.package import Package
from services.domain.packages import Alert, Balance, Posting, Terms, advance, alert, renew, subscribe, use
from services.domain.rating import Home, Rater
from tests.harness.cel import BEGIN_MS
from tests.harness.tariffs import per_increment
from tests.unit.domain.test_rating import leg, usage

DAY = date(2026, 3, 2)
MILLION = 1_000_000


def terms(**fields: Any) -> Terms:
    whole = {"kind": "package", "id": "p", "name": "p", "cycle": {}, "fee": "10"} | fields
    return Terms(Package.model_validate(whole), 4)


def bought(day: date = DAY, **fields: Any) -> Balance:
    return subscribe(terms(**fields), day)[0]


def kinds(postings: list[Posting]) -> list[tuple[str, date, int, int]]:
    return [(one.kind, one.day, one.amount, one.seconds) for one in postings]


def test_each_cycle_has_its_fee_and_its_minutes() -> None:
    balance = bought(included=[{"minutes": 2}])
    now, postings = advance(balance, date(2026, 5, 31))
    assert now is not None
    assert (now.cycle.begin, now.cycle.end, now.left) == (date(2026, 5, 1), date(2026, 6, 1), (120,))
    assert kinds(postings) == [
        ("forfeit", date(2026, 4, 1), 0, 120),
        ("fee", date(2026, 4, 1), 10 * MILLION, 0),
        ("forfeit", date(2026, 5, 1), 0, 120),
        ("fee", date(2026, 5, 1), 10 * MILLION, 0),
    ]


def test_one_that_does_not_renew_itself_ends() -> None:
    balance = bought(cycle={"months": 36, "anchor": "renewal_day", "renews": False})
    assert advance(balance, date(2029, 3, 1)) == (advance(balance, date(2029, 3, 1))[0], [])
    assert advance(balance, date(2029, 3, 2)) == (None, [])


def test_early_renewal_begins_the_cycle_anew() -> None:
    balance = bought(cycle={"months": 36, "anchor": "renewal_day"}, included=[{"minutes": 25_000}])
    now, postings = renew(balance, date(2027, 8, 9))
    assert (now.cycle.begin, now.cycle.end, now.left) == (date(2027, 8, 9), date(2030, 8, 9), (1_500_000,))
    assert [kind for kind, *_ in kinds(postings)] == ["forfeit", "fee"]


def test_a_late_first_month_has_no_minimum_and_a_first_of_month_has() -> None:
    for day, owed in ((date(2026, 3, 2), []), (date(2026, 3, 1), [("minimum", date(2026, 4, 1), 40 * MILLION, 0)])):
        _, postings = advance(bought(day, minimum="40", cycle={"months": 12}), date(2026, 4, 1))
        assert kinds(postings) == owed
    _, postings = advance(bought(minimum="40", cycle={"anchor": "renewal_day"}), date(2026, 4, 2))
    assert kinds(postings)[0] == ("minimum", date(2026, 4, 2), 40 * MILLION, 0)


def test_extra_services_by_use_and_by_cycle() -> None:
    extras = {
        "sms": {"price": "0.1", "per": "use", "included": 3},
        "number": {"price": "5", "per": "cycle", "included": 1},
    }
    balance, postings = subscribe(terms(extras=extras), DAY, {"number": 3})
    assert kinds(postings) == [("fee", DAY, 10 * MILLION, 0), ("extra", DAY, 10 * MILLION, 0)]
    amounts = []
    for _ in range(3):
        balance, posting = use(balance, "sms", 2, DAY)
        amounts.append(posting.amount)
    assert amounts == [0, 100_000, 200_000]  # the third was included, the fourth and on are paid
    assert posting.text == "sms: 2 used, 0 included, 2 x 0.10"


def test_uses_are_taken_first_where_they_are_included_then_paid_where_is_drawn_first() -> None:
    high = bought(id="high", priority=1, extras={"sms": {"price": "0.1", "per": "use", "included": 1}})
    low = bought(id="low", extras={"sms": {"price": "0.3", "per": "use", "included": 2}})
    by = Rater(per_increment("0.12"), 1)
    said = []
    balances: tuple[Balance, ...] = (low, high)
    for count in (2, 4, 1):
        outcome = account.call(balances, by, usage(BEGIN_MS, 0, uses={"sms": count, "recording": 1}), Home(), DAY)
        balances = outcome.balances
        said.append([(one.kind, one.package, one.amount, one.text) for one in outcome.postings])
    assert said == [
        [
            ("extra", "high@4", 0, "sms: 1 used, 1 included, 0 x 0.10"),
            ("extra", "low@4", 0, "sms: 1 used, 1 included, 0 x 0.30"),
        ],
        [
            ("extra", "high@4", 300_000, "sms: 3 used, 0 included, 3 x 0.10"),
            ("extra", "low@4", 0, "sms: 1 used, 1 included, 0 x 0.30"),
        ],
        [("extra", "high@4", 100_000, "sms: 1 used, 0 included, 1 x 0.10")],
    ]
    assert [one.used for one in balances] == [{"sms": 2}, {"sms": 5}]


def test_each_mark_is_told_once_a_cycle() -> None:
    balance = bought(included=[{"minutes": 10}], alerts=[50, 80, 100])
    by = Rater(per_increment("0.12"), 1)
    marks = []
    for minutes in (4, 1, 1, 2, 2, 1):
        outcome = account.call([balance], by, usage(BEGIN_MS, minutes * 60_000), Home(), DAY)
        [balance] = outcome.balances
        marks.append([one.mark for one in outcome.alerts])
    assert marks == [[], [50], [], [80], [100], []]
    renewed, _ = advance(balance, date(2026, 4, 1))
    assert renewed is not None
    assert alert(renewed)[1] == []
    assert alert(packages.Balance(renewed.terms, DAY, renewed.cycle, renewed.month, (0,)))[1][0] == Alert(
        "p@4", 50, renewed.cycle, 0
    )


def test_who_and_which_leg_an_allowance_is_for() -> None:
    balance = bought(
        included=[
            {"minutes": 9, "type": ["fixed"]},
            {"minutes": 9, "region": ["北京"]},
            {"minutes": 9, "leg": ["outbound"]},
        ]
    )
    by = Rater(per_increment("0.12"), 1, places=True)
    for caller, left in (
        ("+8675512345678", (480, 540, 540)),
        ("+8613800138000", (540, 480, 540)),
        (None, (540, 540, 540)),
    ):
        outcome = account.call([balance], by, usage(BEGIN_MS, 1, caller), Home(), DAY)
        assert outcome.balances[0].left == left
        assert outcome.charge.total == ("0.12" if caller is None else "0.00")


def test_no_increment_is_cut() -> None:
    balance = bought(included=[{"minutes": 2}])
    by = Rater(per_increment("0.30", 180, 180), 1)
    outcome = account.call([balance], by, usage(BEGIN_MS, 1), Home(), DAY)
    assert (outcome.charge.total, outcome.balances[0].left) == ("0.30", (120,))


def test_what_is_free_takes_no_minutes() -> None:
    first_free = {"rule": "a", "steps": [{"rate": "0"}, {"from": 60, "rate": "0.12"}]}
    balance = bought(included=[{"minutes": 5}])
    outcome = account.call([balance], Rater(leg(first_free, minimum="0.30"), 1), usage(BEGIN_MS, 180_000), Home(), DAY)
    assert (outcome.charge.total, outcome.balances[0].left) == ("0.00", (180,))


def test_of_two_the_higher_is_drawn_first_then_the_one_that_ends_first() -> None:
    late = bought(id="late", included=[{"minutes": 1}], cycle={"months": 2})
    soon = bought(id="soon", included=[{"minutes": 1}])
    high = bought(id="high", priority=1, included=[{"minutes": 1}], cycle={"months": 3})
    by = Rater(per_increment("0.12"), 1)
    outcome = account.call([late, soon, high], by, usage(BEGIN_MS, 180_000), Home(), DAY)
    assert [part.package for part in outcome.charge.segments[0].drawn] == ["high@4", "soon@4", "late@4"]


def test_a_legs_minimum_is_owed_only_where_something_is_paid_with_money() -> None:
    rule = {"rule": "a", "steps": [{"rate": "0.12"}]}
    for by, paid, covered in (
        (leg(rule, minimum="0.30"), "0.30", "0.00"),
        (leg(rule | {"connect": "0.05"}), "0.17", "0.05"),  # minutes cover no connection fee
    ):
        rater, balance = Rater(by, 1), bought(included=[{"minutes": 1}])
        assert account.call([], rater, usage(BEGIN_MS, 1), Home(), DAY).charge.total == paid
        assert account.call([balance], rater, usage(BEGIN_MS, 1), Home(), DAY).charge.total == covered


CALLS = st.lists(st.integers(1, 900_000), min_size=1, max_size=12)


@given(CALLS, st.integers(1, 40), st.sampled_from([6, 60]))
def test_minutes_drawn_and_minutes_left_are_what_was_bought(calls: list[int], minutes: int, increment: int) -> None:
    balances: tuple[Balance, ...] = (bought(included=[{"minutes": minutes}]),)
    by = Rater(per_increment("0.12", 60, increment), 1)
    drawn = paid = 0
    for milliseconds in calls:
        outcome = account.call(balances, by, usage(BEGIN_MS, milliseconds), Home(), DAY)
        balances = outcome.balances
        [segment] = outcome.charge.segments
        taken = sum(part.seconds for part in segment.drawn)
        drawn += taken
        paid += segment.quantity * increment - taken
        exact = Decimal(segment.quantity * increment - taken) * Decimal("0.12") / 60
        assert Decimal(outcome.charge.total) == exact
    assert drawn + balances[0].left[0] == minutes * 60
    assert paid == 0 or balances[0].left[0] < increment


@given(CALLS, st.integers(1, 40))
def test_the_order_of_calls_changes_no_total(calls: list[int], minutes: int) -> None:
    by = Rater(per_increment("0.12"), 1)

    def together(order: list[int]) -> Decimal:
        balances: tuple[Balance, ...] = (bought(included=[{"minutes": minutes}]),)
        total = Decimal(0)
        for milliseconds in order:
            outcome = account.call(balances, by, usage(BEGIN_MS, milliseconds), Home(), DAY)
            balances = outcome.balances
            total += Decimal(outcome.charge.total)
        return total

    assert together(calls) == together(calls[::-1]) == together(sorted(calls))


@given(st.lists(st.integers(1, 90), min_size=1, max_size=8), st.sampled_from(["first_day", "renewal_day"]))
def test_passing_days_one_by_one_or_at_once_is_the_same(days: list[int], anchor: str) -> None:
    balance: Balance | None = bought(minimum="40", included=[{"minutes": 3}], cycle={"months": 2, "anchor": anchor})
    at_once = advance(
        bought(minimum="40", included=[{"minutes": 3}], cycle={"months": 2, "anchor": anchor}),
        DAY + timedelta(sum(days)),
    )
    day, postings = DAY, []
    for step in days:
        day += timedelta(step)
        assert balance is not None
        balance, posted = advance(balance, day)
        postings += posted
    assert kinds(postings) == kinds(at_once[1])
