"""What filters are given as, in the API and in addresses of pages: times, sums of money, a place in a list."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from services.archive.queries import After
from services.domain import money
from services.domain.callbacks import DAY
from services.domain.rating import CHINA_TIME

_WRITTEN = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
_LONGEST = 100


def _at(text: Any) -> tuple[int, bool]:
    """Milliseconds since 1970, and whether it is a whole day. What names no time zone is China's time."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError(f"{str(text)[:40]!r}: expected a date, 2026-03-02, or a time, 2026-03-02T10:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CHINA_TIME)
    return int(moment.timestamp() * 1000), len(str(text)) <= len(date.min.isoformat())


def _from(text: Any) -> int:
    return _at(text)[0]


def _until(text: Any) -> int:
    at, whole_day = _at(text)
    return at + DAY if whole_day else at


From = Annotated[int, BeforeValidator(_from), WithJsonSchema(_WRITTEN)]
"""Milliseconds since 1970."""
Until = Annotated[int, BeforeValidator(_until), WithJsonSchema(_WRITTEN)]
"""The first millisecond that is not in it any more; a day is in it as a whole."""

Sum = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=money.DIGITS)]
"""Of money."""

Text = Annotated[str, StringConstraints(max_length=_LONGEST, pattern=r"^[^\x00]*$", strip_whitespace=True)]


Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}\.[0-9]{1,18}$")]
"""Where the page before ended."""


def after_of(cursor: str | None) -> After | None:
    if cursor is None:
        return None
    started, _, number = cursor.partition(".")
    return After(int(started), int(number))


def cursor(after: After | None) -> str | None:
    return None if after is None else f"{after.started}.{after.id}"
