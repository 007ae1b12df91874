"""Whatever calls come in whatever order: nothing is drawn that was not bought, and nothing goes lost."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.domain import book, money
from services.domain.book import Book, Reckoning, Step, from_json, to_json
from services.domain.charge import Charge
from services.domain.correction import covered_again, total
from services.domain.documents import Subscription
from services.domain.rating import Home, Rater
from tests.harness.tariffs import per_increment
from tests.unit.domain.test_packages import terms
from tests.unit.domain.test_rating import usage

DAY = date(2026, 3, 2)
EXTRAS = {"sms": {"price": "0.1", "per": "use", "included": 3}}
TERMS = terms(included=[{"minutes": 7}], cycle={"anchor": "renewal_day"}, alerts=[50], minimum="3", extras=EXTRAS)
AGREED = [(Subscription(package="p", since=DAY), TERMS)]
SHELF = {TERMS.name: TERMS}
RATER, DEAR = Rater(per_increment("0.12"), 1), Rater(per_increment("0.20"), 2)
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


@given(CALLS, st.randoms())
def test_the_order_of_calls_does_not_change_what_they_cost_once_corrected(seconds: list[int], random: object) -> None:
    shuffled = list(seconds)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert corrected(seconds) == corrected(shuffled)


def corrected(seconds: list[int]) -> tuple[int, list[tuple[int, ...]]]:
    """All of them are found to cost 0.20 a minute."""
    now, steps = entered(seconds)
    for lasted, step in zip(seconds, steps, strict=True):
        assert step.charge is not None
        new = DEAR.charge(covered_again(DEAR.price(usage(0, lasted * 1000), Home()), step.charge))
        now = book.correct(now, SHELF, AGREED, total(new) - total(step.charge), DAY, DAY).book
    return now.balance, [kept.left for kept in now.packages]


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


class Life:
    """Whatever happens to an account, and what must hold of its book after it."""

    def __init__(self) -> None:
        self.day = DAY
        self.book = Book()
        self.reckoning = Reckoning()
        self.granted = self.forfeited = self.drawn = 0
        self.calls: list[tuple[int, date, Charge, Charge]] = []
        """Seconds, day, what the record says, what it costs by now."""

    def took(self, step: Step) -> None:
        for line in step.lines:
            self.reckoning.add(line)
            self.granted += line.seconds if line.kind == "fee" else 0
            self.forfeited -= line.seconds if line.kind == "forfeit" else 0
        self.book = from_json(to_json(step.book))

    def call(self, seconds: int, late_days: int) -> None:
        """One that is rated late is of the day on which it is."""
        ended = max(DAY, self.day - timedelta(late_days))
        uses = {"sms": seconds % 3, "recording": seconds % 2}
        step = book.call(self.book, SHELF, AGREED, RATER, usage(0, seconds * 1000, uses=uses), Home(), self.day)
        assert step.charge is not None
        self.took(step)
        self.reckoning.add_call(step.book.number, step.charge)
        self.drawn += drawn(step.charge)
        self.calls.append((seconds, ended, step.charge, step.charge))

    def correct(self, which: int, rater: Rater) -> None:
        if self.calls:
            seconds, ended, record, before = self.calls.pop(which % len(self.calls))
            after = rater.charge(covered_again(rater.price(usage(0, seconds * 1000), Home()), record))
            amount = total(after) - total(before)
            step = book.correct(self.book, SHELF, AGREED, amount, ended, self.day)
            self.took(step)
            self.reckoning.add_correction(step.book.number, amount)
            self.calls.append((seconds, ended, record, after))

    def live(self, what: str, number: int) -> None:
        match what:
            case "call":
                self.call(number, 0)
            case "late":
                self.call(number, number)
            case "cheaper":
                self.correct(number, Rater(per_increment("0.05", 60, 6), 2))
            case "dearer":
                self.correct(number, Rater(per_increment("0.30", 60, 180), 3))
            case "top_up":
                self.took(book.top_up(self.book, number * 10_000, self.day, ""))
            case "renew":
                self.took(book.renew(self.book, SHELF, AGREED, "p", self.day))
            case "days":
                self.day += timedelta(number % 40)
                self.took(book.settle(self.book, SHELF, AGREED, self.day))


HAPPENINGS = st.sampled_from(["call", "late", "cheaper", "dearer", "top_up", "renew", "days"])


@given(st.lists(st.tuples(HAPPENINGS, st.integers(0, 400)), max_size=15))
def test_whatever_happens_a_book_adds_up_and_no_minute_goes_lost(happenings: list[tuple[str, int]]) -> None:
    life = Life()
    for what, number in happenings:
        life.live(what, number)
    assert life.reckoning.drift(life.book) == []
    assert life.drawn + sum(sum(kept.left) for kept in life.book.packages) + life.forfeited == life.granted


def test_a_correction_counts_towards_the_minimum_of_its_calls_month_only_while_that_goes_on() -> None:
    now, _ = entered([420, 600])  # seven minutes are included, ten cost 1.20
    later = date(2026, 4, 2)  # 1.80 lack to 3.00 in March, and so it stays
    for day, used, booked in ((DAY, 1_700_000, []), (later, 0, [("minimum", -1_800_000), ("fee", -10_000_000)])):
        step = book.correct(now, SHELF, AGREED, 500_000, DAY, day)
        assert [(line.kind, line.amount) for line in step.lines] == booked
        assert step.book.packages[0].usage == used
        assert step.book.balance == now.balance - 500_000 + sum(amount for _, amount in booked)
        assert step.book.month_cost == 1_700_000, "what is left of a cap"
    earlier = book.correct(now, SHELF, AGREED, 500_000, date(2026, 2, 28), DAY)
    assert earlier.book.month_cost == 1_200_000
    cheaper = book.correct(now, SHELF, AGREED, -9_000_000, DAY, DAY)
    assert cheaper.book.packages[0].usage == 0


def test_minutes_that_were_drawn_cover_a_call_again() -> None:
    """180 s of 190 were covered, three minutes; the fourth was paid: 0.12."""
    _, [_, step] = entered([240, 190])
    charge = step.charge
    assert charge is not None
    assert (charge.total, drawn(charge)) == ("0.12", 180)
    for by, cost_now, covered in (
        (per_increment("0.20"), "0.20", 180),
        (per_increment("0.20", 60, 6), "0.04", 180),  # 32 increments of 6 s, 30 covered: 2 x 6 s x 0.20 / 60 s
        (per_increment("0.30", 180, 180), "0.30", 180),  # two increments of 180 s, one covered
        (per_increment("0.30", 120, 120), "0.00", 240),  # two of 120 s: the second is reached into
    ):
        rater = Rater(by, 2)
        after = rater.charge(covered_again(rater.price(usage(0, 190_000), Home()), charge))
        assert (after.total, drawn(after)) == (cost_now, covered)


def test_days_without_anything_due_leave_a_book_as_it_is() -> None:
    now, _ = entered([60])
    assert book.settle(now, SHELF, AGREED, date(2026, 3, 20)) == Step(now)
