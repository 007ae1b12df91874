"""Whatever calls come in whatever order: nothing is drawn that was not bought, and nothing goes lost."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.domain import book, money
from services.domain.book import Book, Reckoning, Step, from_json, to_json
from services.domain.documents import Subscription
from services.domain.rating import Home, Rater
from services.domain.record import Charge
from tests.harness.tariffs import per_increment
from tests.unit.domain.test_packages import terms
from tests.unit.domain.test_rating import usage

DAY = date(2026, 3, 2)
TERMS = terms(included=[{"minutes": 7}], cycle={"anchor": "renewal_day"}, alerts=[50])
AGREED = [(Subscription(package="p", since=DAY), TERMS)]
SHELF = {TERMS.name: TERMS}
RATER = Rater(per_increment("0.12"), 1)
CALLS = st.lists(st.integers(0, 400), max_size=12)


def entered(seconds: list[int], days: list[date] | None = None) -> tuple[Book, list[Step]]:
    now, steps = Book(), []
    for number, lasted in enumerate(seconds):
        day = days[number] if days else DAY
        steps.append(book.call(now, SHELF, AGREED, RATER, usage(0, lasted * 1000), Home(), day))
        now = from_json(to_json(steps[-1].book))
    return now, steps


def drawn(charge: Charge | None) -> int:
    return sum(part.seconds for segment in charge.segments for part in segment.drawn) if charge else 0


def cost(steps: list[Step]) -> int:
    return sum(money.micros(Decimal(step.charge.total)) for step in steps if step.charge)


def reckoned(steps: list[Step]) -> Reckoning:
    reckoning = Reckoning()
    for step in steps:
        for line in step.lines:
            reckoning.add(line)
        if step.charge:
            reckoning.add_call(step.book.number, step.charge)
    return reckoning


@given(CALLS, st.randoms())
def test_the_order_of_calls_does_not_change_what_they_take(seconds: list[int], random: object) -> None:
    shuffled = list(seconds)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    (one, one_steps), (other, other_steps) = entered(seconds), entered(shuffled)
    assert (one.balance, cost(one_steps)) == (other.balance, cost(other_steps))
    assert [kept.left for kept in one.packages] == [kept.left for kept in other.packages]


@given(CALLS)
def test_minutes_drawn_plus_left_are_what_was_bought(seconds: list[int]) -> None:
    now, steps = entered([*seconds, 0])
    assert sum(drawn(step.charge) for step in steps) + sum(now.packages[0].left) == 7 * 60


@given(st.lists(st.tuples(st.integers(0, 400), st.dates(DAY, date(2026, 7, 1))), max_size=12))
def test_a_book_is_what_its_steps_add_up_to(calls: list[tuple[int, date]]) -> None:
    now, steps = entered([lasted for lasted, _ in calls], [day for _, day in calls])
    settled = book.settle(now, SHELF, AGREED, date(2026, 9, 1))
    topped_up = book.top_up(settled.book, 5_000_000, DAY, "")
    renewed = book.renew(topped_up.book, SHELF, AGREED, "p", date(2026, 9, 9))
    assert reckoned([*steps, settled, topped_up, renewed]).drift(renewed.book) == []
    assert reckoned([*steps, settled, renewed]).drift(renewed.book) != []


def test_days_without_anything_due_leave_a_book_as_it_is() -> None:
    now, _ = entered([60])
    assert book.settle(now, SHELF, AGREED, date(2026, 3, 20)) == Step(now)
