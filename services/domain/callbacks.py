"""Callbacks (回拨): on what terms a group calls customers back, and when it may. Times of day are China's."""

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from services.domain.model import Id, Model
from services.domain.numbers import inbound_only

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
CHINA = 8 * 60 * MINUTE
"""China's clock is ahead of UTC by this, and never changed."""
EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


def _outbound(number: str) -> str:
    if inbound_only(number):
        raise ValueError("a 400 or 800 number is for incoming calls only: show another number")
    return number


class Window(Model):
    model_config = ConfigDict(validate_by_alias=True, serialize_by_alias=True)

    days: Annotated[tuple[Day, ...], Field(min_length=1)] = DAYS
    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("'to' must be later than 'from'; a window over midnight is two windows")
        return self


class CallbackTerms(Model):
    show: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{5,20}$"), AfterValidator(_outbound)]
    """The number that the customer sees."""
    trunk: Id
    """What the customer, and bound numbers of the group, are dialled over."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """How often the customer is dialled."""
    interval_seconds: Annotated[int, Field(ge=1, le=24 * 3600)] = 300
    """From one attempt's end to the next."""
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 45
    """How long the customer's phone rings."""
    windows: Annotated[tuple[Window, ...], Field(max_length=50)] = ()
    """When customers may be called; empty: always."""
    keep_hours: Annotated[int, Field(ge=1, le=14 * 24)] = 24
    """A callback that was not to be made within this time is given up."""


def opens(windows: Sequence[Window], now: int) -> int:
    """The first time from ``now`` on at which a window is open, which may be ``now``."""
    if not windows:
        return now
    return min(max(begin, now) for begin, end in _spans(windows, now) if end > now)


def closes(windows: Sequence[Window], now: int) -> int | None:
    """When the window that is open now closes; None: never, or none is open."""
    return max((end for begin, end in _spans(windows, now) if begin <= now < end), default=None)


def _spans(windows: Sequence[Window], now: int) -> list[tuple[int, int]]:
    """Begin and end of each, today and for a week."""
    today = (now + CHINA) // DAY
    return list(chain.from_iterable(_on(windows, day) for day in range(today, today + len(DAYS) + 1)))


def _on(windows: Sequence[Window], day: int) -> list[tuple[int, int]]:
    weekday = DAYS[(day + EPOCH_WEEKDAY) % len(DAYS)]
    midnight = day * DAY - CHINA
    return [(midnight + _ms(one.from_), midnight + _ms(one.to)) for one in windows if weekday in one.days]


def _ms(time: str) -> int:
    hours, minutes = time.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE
