"""What the console refuses, and why: one sentence for people, one stable id for programs (docs/api.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field, ValidationError

from services.console.words import label

EXPLAINED = "/docs/problems"
"""The page that says what each id means; docs/api.md has the same."""


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


@dataclass(frozen=True)
class Sentences:
    """Of the core, each with its place, if it has one: a value of a problem's sentence."""

    of: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        return "; ".join(f"{place}: {said}" if place else said for place, said in self.of)


class Problem(Exception):  # noqa: N818 - whoever asked is told
    """Raised by any handler. ``said``: a sentence of the catalogues, with ``%(name)s`` where ``values`` belong."""

    id: ClassVar[str]
    status: ClassVar[HTTPStatus]
    means: ClassVar[str]
    """What is told where the id is explained: the page that ``type`` names."""

    def __init__(self, said: str, where: Sequence[Where] = (), **values: object) -> None:
        self.said, self.values = said, values
        self.detail = said % values if values else said
        self.where = list(where)
        super().__init__(self.detail)

    def body(self) -> ProblemBody:
        return ProblemBody(
            type=f"{EXPLAINED}#{self.id}",
            title=self.status.phrase,
            status=self.status,
            id=self.id,
            detail=self.detail,
            where=self.where,
        )


class Invalid(Problem):
    id, status = "invalid", HTTPStatus.UNPROCESSABLE_ENTITY
    means = label("Something that was sent is not as expected; where says what.")

    @classmethod
    def of(cls, part: str, error: ValidationError) -> "Invalid":
        where = [
            Where(at=".".join([part, *map(str, one["loc"])]), expected=one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        return cls("%(problems)s", where, problems=Sentences([(one.at, one.expected) for one in where[:5]]))


class Malformed(Problem):
    id, status = "malformed", HTTPStatus.BAD_REQUEST
    means = label("What was sent could not be read at all.")


class Unknown(Problem):
    id, status = "unknown", HTTPStatus.NOT_FOUND
    means = label("There is no such thing, or it is another account's.")


class WrongMethod(Problem):
    id, status = "wrong_method", HTTPStatus.METHOD_NOT_ALLOWED
    means = label("The address knows other methods; Allow names them.")


class NotLoggedIn(Problem):
    id, status = "not_logged_in", HTTPStatus.UNAUTHORIZED
    means = label("Neither a session nor a token that holds.")


class Forbidden(Problem):
    id, status = "forbidden", HTTPStatus.FORBIDDEN
    means = label("Whoever asks has no right to it.")


class Forged(Problem):
    id, status = "forged", HTTPStatus.FORBIDDEN
    means = label("A change that did not come from one of the console's own pages.")


class Refused(Problem):
    id, status = "refused", HTTPStatus.CONFLICT
    means = label("It cannot be done as things are; the detail says why.")


class Changed(Problem):
    id, status = "changed", HTTPStatus.CONFLICT
    means = label("Somebody else changed it meanwhile: nothing was overwritten.")


class TooLarge(Problem):
    id, status = "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    means = label("More was sent than the address takes.")


class TooMany(Problem):
    id, status = "too_many", HTTPStatus.TOO_MANY_REQUESTS
    means = label("Too often in too short a time.")


class Away(Problem):
    id, status = "away", HTTPStatus.SERVICE_UNAVAILABLE
    means = label("A part of the system does not answer. Calls go on without it.")


class Failed(Problem):
    id, status = "failed", HTTPStatus.INTERNAL_SERVER_ERROR
    means = label("A fault of ours; the log says more.")


KINDS: Sequence[type[Problem]] = (
    *(Malformed, NotLoggedIn, Forbidden, Forged, Unknown, WrongMethod, Refused, Changed),
    *(TooLarge, Invalid, TooMany, Failed, Away),
)
"""By status."""
