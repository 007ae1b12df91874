"""What the console refuses, and why: one sentence for people, one stable id for programs (docs/api.md)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, ValidationError


class Where(BaseModel):
    """One thing that is wrong with what was sent."""

    at: Annotated[str, Field(description="Which part: `query.limit`, `body.members.0.agent`.")]
    expected: str


class ProblemBody(BaseModel):
    """RFC 9457, as ``application/problem+json``."""

    type: Annotated[str, Field(description="Where the id is explained.")]
    title: str
    status: int
    id: Annotated[str, Field(description="Stable: the same in every release.")]
    detail: str
    where: list[Where] = []


class Problem(Exception):  # noqa: N818 - whoever asked is told
    """Raised by any handler. ``said``: a sentence of the catalogues, with ``%(name)s`` where ``values`` belong."""

    id: ClassVar[str]
    status: ClassVar[HTTPStatus]

    def __init__(self, said: str, where: Sequence[Where] = (), **values: object) -> None:
        self.said, self.values = said, values
        self.detail = said % values if values else said
        self.where = list(where)
        super().__init__(self.detail)

    def body(self) -> ProblemBody:
        return ProblemBody(
            type=f"/docs/problems#{self.id}",
            title=self.status.phrase,
            status=self.status,
            id=self.id,
            detail=self.detail,
            where=self.where,
        )


class Invalid(Problem):
    """Something that was sent is not as expected; ``where`` says what."""

    id, status = "invalid", HTTPStatus.UNPROCESSABLE_ENTITY

    @classmethod
    def of(cls, part: str, error: ValidationError) -> "Invalid":
        where = [
            Where(at=".".join([part, *map(str, one["loc"])]), expected=one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        return cls("; ".join(f"{one.at}: {one.expected}" for one in where[:5]), where)


class Malformed(Problem):
    """What was sent could not be read at all."""

    id, status = "malformed", HTTPStatus.BAD_REQUEST


class Unknown(Problem):
    """There is no such thing, or it is another account's."""

    id, status = "unknown", HTTPStatus.NOT_FOUND


class WrongMethod(Problem):
    """The address knows other methods; ``Allow`` names them."""

    id, status = "wrong_method", HTTPStatus.METHOD_NOT_ALLOWED


class NotLoggedIn(Problem):
    """Neither a session nor a token that holds."""

    id, status = "not_logged_in", HTTPStatus.UNAUTHORIZED


class Forbidden(Problem):
    """Whoever asks has no right to it."""

    id, status = "forbidden", HTTPStatus.FORBIDDEN


class Forged(Problem):
    """A change that did not come from one of the console's own pages."""

    id, status = "forged", HTTPStatus.FORBIDDEN


class Refused(Problem):
    """It cannot be done as things are; the detail says why."""

    id, status = "refused", HTTPStatus.CONFLICT


class Changed(Problem):
    """Somebody else changed it meanwhile: nothing was overwritten."""

    id, status = "changed", HTTPStatus.CONFLICT


class TooLarge(Problem):
    id, status = "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class TooMany(Problem):
    """Too often in too short a time."""

    id, status = "too_many", HTTPStatus.TOO_MANY_REQUESTS


class Away(Problem):
    """A part of the system does not answer. Calls go on without it."""

    id, status = "away", HTTPStatus.SERVICE_UNAVAILABLE


class Failed(Problem):
    """A fault of ours; the log says more."""

    id, status = "failed", HTTPStatus.INTERNAL_SERVER_ERROR
