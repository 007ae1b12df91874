"""However calls overlap: together they never spend more than there is, and each is paid as long as anything is left."""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.domain import book, reservation
from services.domain.book import Book
from services.domain.documents import Account, Subscription
from services.domain.rating import Home, Rater
from services.domain.reservation import END_MS, LEAST_MS, Hold, Leg, Means, Ticket, next_look, reserve, total
from services.domain.tariff import Metering, Tariff
from services.domain.usage import Usage
from tests.unit.domain.test_packages import terms

BEGIN = 1_772_445_000_000
"""2 March 2026, 17:50 in China: ten minutes before calls become cheaper."""
DAY = date(2026, 3, 2)
YUAN = 1_000_000
PACKAGE = terms(included=[{"minutes": 2}], cycle={"anchor": "renewal_day"}, fee="0.00")
AGREED = [(Subscription(package="p", since=DAY), PACKAGE)]
SHELF = {PACKAGE.name: PACKAGE}
SLICE_MS = 60_000


def tariff(increments: tuple[int, int], bill_from: str = "platform") -> Tariff:
    dear, cheap = increments
    rules = [
        {"rule": "day", "when": {"hours": ["08:00-18:00"]}, "steps": [{"rate": "0.60", "increment": dear}]},
        {"rule": "else", "steps": [{"rate": "0.12", "increment": cheap}]},
    ]
    outbound = {"rules": [{"rule": "out", "steps": [{"rate": "0.30"}]}]}
    fields: dict[str, Any] = {"kind": "tariff", "id": "t", "name": "t", "bill_from": bill_from}
    return Tariff.model_validate(fields | {"prices": [{"inbound": {"rules": rules}, "outbound": outbound}]})


def owner(**fields: Any) -> Account:
    return Account.model_validate({"kind": "account", "id": "shop", "name": "x", "tariff": "t", **fields})


@dataclass
class Shop:
    """An account whose calls come and go; time is what the test says."""

    rater: Rater
    owner: Account
    book: Book
    packages: bool = True
    now: int = BEGIN
    running: dict[int, tuple[Ticket, int, Hold]] = field(default_factory=dict)

    def means(self, others: Hold) -> Means:
        agreed = AGREED if self.packages else []
        return Means(self.owner, self.book, others, SHELF, agreed, self.rater, Home())

    def others(self, call: int) -> Hold:
        return total(hold for name, (_, _, hold) in self.running.items() if name != call)

    def reserves(self, call: int, ticket: Ticket) -> bool:
        found = reserve(self.means(self.others(call)), ticket, self.now, self.now + SLICE_MS)
        if found is not None:
            self.running[call] = (ticket, *found)
        return found is not None

    def ends(self, call: int, at: int) -> None:
        """What the record says: the call was answered as soon as it was taken."""
        ticket, _, _ = self.running.pop(call)
        ended = replace(ticket, outbound=tuple(replace(leg, ended=leg.ended or at) for leg in ticket.outbound))
        usage = ended.usage(at, at)
        agreed, aside = AGREED if self.packages else [], self.others(call).seconds
        self.book = book.call(self.book, SHELF, agreed, self.rater, usage, Home(), DAY, aside).book
        assert self.book.balance >= self.others(call).money or not self.owner.prepaid
        assert all(left >= 0 for kept in self.book.packages for left in kept.left)

    def passes(self, ms: int) -> None:
        """Whoever is no longer paid for is ended in time; the others are renewed as they have to be."""
        until = self.now + ms
        while due := min(((end, call) for call, (_, end, _) in self.running.items() if end <= until), default=None):
            end, call = due
            self.now = max(self.now, end - END_MS)
            ticket, _, _ = self.running[call]
            if not self.reserves(call, ticket) or self.running[call][1] <= end:
                self.ends(call, end - END_MS)
        self.now = max(self.now, until)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("begins"), st.integers(0, 5)),
        st.tuples(st.just("rings"), st.integers(0, 5)),
        st.tuples(st.just("rang"), st.integers(0, 5)),
        st.tuples(st.just("ends"), st.integers(0, 5)),
        st.tuples(st.just("passes"), st.integers(1, 400_000)),
    ),
    max_size=40,
)


@given(
    STEPS,
    st.integers(0, 3_000_000),
    st.sampled_from([(60, 60), (6, 6), (60, 6), (1, 60), (180, 60)]),
    st.booleans(),
)
def test_calls_never_spend_together_what_there_is_not(
    steps: list[tuple[str, int]],
    money: int,
    increments: tuple[int, int],
    packages: bool,  # noqa: FBT001 - drawn, not chosen
) -> None:
    shop = Shop(Rater(tariff(increments), 1), owner(prepaid=True), Book(balance=money), packages)
    for what, number in steps:
        if what == "passes":
            shop.passes(number)
        elif what == "begins" and number not in shop.running:
            shop.reserves(number, Ticket("13800138000", "+8613800138000", shop.now, talking=shop.now))
        elif number in shop.running:
            ticket, _, _ = shop.running[number]
            if what == "rings":
                shop.reserves(number, ticket.rings((Leg("li", "13900139000", shop.now),), shop.now))
            elif what == "rang":
                shop.reserves(number, ticket.rang(shop.now, picked_up=True))
            elif what == "ends":
                shop.ends(number, shop.now)
    shop.passes(100_000_000)
    assert not shop.running
    assert shop.book.balance >= 0


def prepaid(balance: int, **fields: Any) -> Shop:
    return Shop(Rater(tariff((60, 60), **fields), 1), owner(prepaid=True), Book(balance=balance), packages=False)


CALLER = Ticket("13800138000", "+8613800138000", BEGIN, talking=BEGIN)


def test_a_call_is_reserved_as_far_as_the_money_goes() -> None:
    """0.60 a minute: 1.19 yuan are one minute, and 1.20 are two."""
    for balance, paid in ((0, None), (590_000, None), (600_000, 60_000), (1_190_000, 60_000), (1_200_000, 90_000)):
        found = reserve(prepaid(balance).means(total([])), CALLER, BEGIN, BEGIN + 90_000)
        assert (None if found is None else round(found[0] - BEGIN, -3)) == paid, balance


def test_a_second_call_has_what_the_first_has_left() -> None:
    shop = prepaid(1_000_000)
    assert shop.reserves(1, CALLER)
    assert not shop.reserves(2, CALLER)
    shop.ends(1, BEGIN + 1000)
    assert not shop.reserves(2, CALLER), "0.40 are left"


def test_minutes_are_reserved_like_money() -> None:
    shop = Shop(Rater(tariff((60, 60)), 1), owner(prepaid=True), Book())
    assert [shop.reserves(call, CALLER) for call in (1, 2, 3)] == [True, True, False]
    shop.ends(1, BEGIN + 1000)
    assert [sum(kept.left) for kept in shop.book.packages] == [60]
    assert not shop.reserves(3, CALLER), "the minute that is left is the second call's"
    shop.ends(2, BEGIN + 1000)
    assert shop.book.balance == 0


def test_who_waits_for_an_agent_holds_one_slice_however_long_it_takes() -> None:
    """Billed from the agent on: until one talks only what the next slice would cost is held."""
    shop = prepaid(600_000, bill_from="agent")
    assert shop.reserves(1, replace(CALLER, talking=None))
    shop.now += 300_000
    assert shop.reserves(1, shop.running[1][0])
    assert shop.running[1][2] == Hold(600_000, {})


def test_a_bound_number_that_rings_is_reserved_for_too() -> None:
    shop = prepaid(600_000)
    assert shop.reserves(1, CALLER)
    assert not shop.reserves(1, CALLER.rings((Leg("li", "13900139000", BEGIN),), BEGIN))
    shop.book = replace(shop.book, balance=900_000)
    assert shop.reserves(1, CALLER.rings((Leg("li", "13900139000", BEGIN),), BEGIN))


def test_a_phone_that_nobody_picked_up_costs_nothing() -> None:
    rings = CALLER.rings((Leg("li", "13900139000", BEGIN),), BEGIN)
    assert rings.rang(BEGIN + 20_000, picked_up=False).outbound == ()
    [leg] = rings.rang(BEGIN + 20_000, picked_up=True).outbound
    assert leg.ended == BEGIN + 20_000


def test_a_customer_who_is_called_back_has_not_called() -> None:
    customer = Ticket(None, None, BEGIN, inbound=False, outbound=(Leg("li", "13900139000", BEGIN),))
    assert customer.usage(BEGIN, BEGIN + 1000) == Usage(
        caller=None, caller_e164=None, answered=None, agent_answered=None, ended=BEGIN + 1000,
        outbound=customer.usage(BEGIN, BEGIN + 1000).outbound,
    )  # fmt: skip
    shop = prepaid(300_000)
    assert shop.reserves(1, customer)
    assert shop.running[1][2] == Hold(300_000, {})


def test_a_month_is_capped_in_money_and_in_calls() -> None:
    capped = Shop(Rater(tariff((60, 60)), 1), owner(caps={"cost": "1.20"}), Book(), packages=False)
    assert [capped.reserves(call, CALLER) for call in (1, 2, 3)] == [True, True, False]
    counted = Shop(Rater(tariff((60, 60)), 1), owner(caps={"calls": 2}), Book(), packages=False)
    assert counted.reserves(1, CALLER)
    counted.ends(1, BEGIN + 1000)
    assert [counted.reserves(call, CALLER) for call in (2, 3)] == [True, False]
    counted.book = replace(counted.book, month=date(2026, 2, 1))
    assert counted.reserves(3, CALLER), "that was last month"


def test_nobody_is_watched_who_has_no_limit() -> None:
    assert not reservation.limited(owner())
    assert reservation.limited(owner(prepaid=True))
    assert reservation.limited(owner(caps={"calls": 1}))


def test_a_call_is_looked_at_in_time() -> None:
    until, ended = BEGIN + SLICE_MS, Metering(slice_seconds=60, warning_seconds=20)
    assert next_look(until, ended, BEGIN, spent=False) == (None, until - 30_000)
    assert next_look(until, ended, BEGIN, spent=True) == (None, until - END_MS - 20_000)
    assert next_look(until, ended, until - 20_000, spent=True) == ("warn", until - END_MS)
    assert next_look(until, ended, until - END_MS, spent=True)[0] == "end"
    silent = Metering(warning_seconds=0)
    assert next_look(until, silent, until - END_MS - 1, spent=True) == (None, until - END_MS)
    goes_on, look = next_look(until, Metering(spent="finish"), until, spent=True)
    assert goes_on is None
    assert look > until + 24 * 3600 * 1000
    assert LEAST_MS > END_MS
