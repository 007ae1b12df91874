"""Times as milliseconds since 1970, and as RFC 3339 in UTC with milliseconds, which is how they are written in JSON."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=4096)
def to_rfc3339(at: int) -> str:
    """Kept, because a record has most of its times several times."""
    seconds, milliseconds = divmod(at, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


def from_rfc3339(at: object) -> object:
    """Milliseconds of a time text; anything else is left to pydantic to refuse."""
    if not isinstance(at, str):
        return at
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


Instant = Annotated[
    int,
    BeforeValidator(from_rfc3339),
    PlainSerializer(to_rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Duration = Annotated[int, Field(ge=0)]
