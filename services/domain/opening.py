"""Opening hours: on which days, and at which hours of them, by the clock at the hotline."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field

from services.domain import clock
from services.domain.calendar import CHINA, Calendar, DayKind, day
from services.domain.clock import DAY_MINUTES
from services.domain.model import Model
from services.domain.tariff import Hours

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Opening(Model):
    """Open on these days at these hours.

    ``working_day``, ``weekend`` and ``holiday`` are the calendar's, moved working days included; ``mon`` … ``sun`` are
    that weekday whatever the calendar says of it, holidays apart.
    """

    days: Annotated[list[DayKind | Weekday], Field(min_length=1)]
    hours: Annotated[list[Hours], Field(min_length=1, max_length=24)]


class SpecialDay(Model):
    """A day with hours of its own; none: closed."""

    date: date
    hours: Annotated[list[Hours], Field(max_length=24, default_factory=list)]


class OpeningHours(Model):
    open: Annotated[list[Opening], Field(min_length=1, max_length=50)]
    special: Annotated[list[SpecialDay], Field(max_length=1000, default_factory=list)]
    """Instead of what would hold on these days."""


def is_open(hours: OpeningHours, at: int, zone: ZoneInfo, calendar: Calendar = CHINA) -> bool:
    """``at``: milliseconds since 1970. Hours over midnight are those of the day on which they begin."""
    now = clock.moment(at, zone)
    today = _pieces(hours_of(hours, now.day, calendar))
    yesterday = _pieces(hours_of(hours, now.day - timedelta(days=1), calendar))
    return any(begin <= now.minute < end for begin, end in today) or any(
        begin <= now.minute + DAY_MINUTES < end for begin, end in yesterday
    )


def hours_of(hours: OpeningHours, at: date, calendar: Calendar = CHINA) -> Sequence[str]:
    for special in hours.special:
        if special.date == at:
            return special.hours
    kind = day(at, calendar).kind
    names = {kind} if kind == "holiday" else {kind, WEEKDAYS[at.weekday()]}
    return [text for row in hours.open if names.intersection(row.days) for text in row.hours]


def _pieces(hours: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Minutes from the day's begin; over midnight beyond DAY_MINUTES."""
    for text in hours:
        begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
        yield begin, end if begin < end else end + DAY_MINUTES


def problems(hours: OpeningHours, zone: ZoneInfo) -> Iterator[tuple[str, object, str]]:
    """Key, value and what was expected of all hours that overlap, and of special days' times that there are not."""
    yield from _overlaps(hours)
    seen: dict[date, int] = {}
    for index, special in enumerate(hours.special):
        if (first := seen.setdefault(special.date, index)) != index:
            yield f"special.{index}.date", str(special.date), f"is special already: special.{first}"
        today = _keyed(f"special.{index}.hours", special.hours)
        for one, other in _crossing(today, []):
            yield one.key, one.text, f"overlaps with {other.text}"
        for piece in today:
            for minute in (piece.begin, piece.end):
                if _skipped(special.date, minute, zone):
                    at = f"{minute // 60 % 24:02}:{minute % 60:02}"
                    yield piece.key, piece.text, f"there is no {at} then in {zone.key}: clocks are put forward"


@dataclass(frozen=True, order=True, slots=True)
class _Piece:
    begin: int
    end: int
    key: str
    text: str


def _overlaps(hours: OpeningHours) -> Iterator[tuple[str, object, str]]:
    """Of days of the same name; and of their nights with what follows on the next day."""
    found: dict[tuple[_Piece, _Piece], list[str]] = defaultdict(list)
    followed: list[tuple[str, str]] = list(zip(WEEKDAYS, (*WEEKDAYS[1:], WEEKDAYS[0]), strict=True))
    for name, following in (*followed, *((kind, kind) for kind in get_args(DayKind))):
        for pair in _crossing(_on(hours, name), _on(hours, following)):
            found[pair].append(name)
    for (one, other), names in found.items():
        yield one.key, one.text, f"overlaps with {other.text} on {', '.join(names)}"


def _on(hours: OpeningHours, name: str) -> list[_Piece]:
    rows = enumerate(hours.open)
    return [piece for at, row in rows if name in row.days for piece in _keyed(f"open.{at}.hours", row.hours)]


def _keyed(key: str, hours: Sequence[str]) -> list[_Piece]:
    pieces = enumerate(zip(_pieces(hours), hours, strict=True))
    return [_Piece(begin, end, f"{key}.{index}", text) for index, ((begin, end), text) in pieces]


def _crossing(today: list[_Piece], tomorrow: list[_Piece]) -> Iterator[tuple[_Piece, _Piece]]:
    """Which piece of either day begins before one of today has ended."""
    longest: _Piece | None = None
    for piece in sorted(today):
        if longest and piece.begin < longest.end:
            yield piece, longest
        longest = max(longest or piece, piece, key=lambda one: one.end)
    for piece in tomorrow:
        if longest and piece.begin + DAY_MINUTES < longest.end:
            yield piece, longest


def _skipped(day: date, minute: int, zone: ZoneInfo) -> bool:
    """Whether the wall clock never shows it: it is put forward over it."""
    at = (datetime.combine(day, time()) + timedelta(minutes=minute)).replace(tzinfo=zone)
    return at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None)
