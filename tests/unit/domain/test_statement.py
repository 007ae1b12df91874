"""Which cycles packages have had, as the fees on the ledger tell."""

from datetime import date
from typing import Any

from services.domain import book, statement
from services.domain.book import Book, Line
from services.domain.cycle import Span
from services.domain.documents import Subscription
from tests.unit.domain.test_packages import terms

END = date(2026, 1, 31)


def cycles(renewals: list[date], until: date, *again: date, **fields: Any) -> list[tuple[str, Span]]:
    """Of a package had since 31 January, renewed early on some days, and subscribed to again on others."""
    own = terms(**fields)
    shelf, agreed = {own.name: own}, [(Subscription(package="p", since=since), own) for since in (END, *again)]
    now, lines = Book(), list[Line]()
    for day in renewals:
        step = book.renew(now, shelf, agreed, "p", day)
        now, lines = step.book, [*lines, *step.lines]
    step = book.settle(now, shelf, agreed, until)
    return statement.cycles_of([*lines, *step.lines], step.book, shelf)


def days(found: list[tuple[str, Span]]) -> list[tuple[str, str]]:
    assert {package for package, _ in found} == {"p"}
    return [(str(span.begin), str(span.end)) for _, span in found]


def test_each_ends_as_the_next_begins_and_the_last_as_the_book_says() -> None:
    monthly = {"cycle": {"anchor": "renewal_day"}}
    assert days(cycles([], date(2026, 3, 1), **monthly)) == [("2026-01-31", "2026-02-28"), ("2026-02-28", "2026-03-31")]
    early = date(2026, 2, 10)
    assert days(cycles([early], date(2026, 3, 1), **monthly)) == [
        ("2026-01-31", "2026-02-10"),
        ("2026-02-10", "2026-03-10"),
    ]


def test_one_that_has_ended_ends_by_itself() -> None:
    once = {"cycle": {"anchor": "renewal_day", "renews": False}}
    assert days(cycles([], date(2026, 5, 1), **once)) == [("2026-01-31", "2026-02-28")]
    assert days(cycles([date(2026, 2, 10)], date(2026, 5, 1), **once)) == [
        ("2026-01-31", "2026-02-10"),
        ("2026-02-10", "2026-03-10"),
    ]
    assert days(cycles([], date(2026, 5, 1), date(2026, 4, 1), **once)) == [
        ("2026-01-31", "2026-02-28"),
        ("2026-04-01", "2026-05-01"),
    ]
