from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.domain.model import Id, Model
from services.domain.nodes.base import Keys, Prompt, Ringing


class Announcements(Model):
    """What a caller is told while it waits, between music."""

    first_seconds: Annotated[int, Field(ge=0, le=600)] = 5
    every_seconds: Annotated[int, Field(ge=10, le=600)] = 30
    """From the begin of one to the begin of the next."""
    position: bool = True
    wait: bool = True
    """The waiting time, while it can be told and lately came true."""
    hint: Prompt | None = None
    """Said last: which keys may be pressed."""


class Queue(Ringing):
    """The caller waits for a member of a group, who is reserved before it rings; each trigger may lead elsewhere."""

    WAYS = ("keys", "waited", "predicted", "full", "nobody_on_duty", "nobody_ready", "after", "otherwise")

    kind: Literal["queue"]
    group: Id
    answer: bool = True
    """False: who was not answered waits unanswered, until an agent picks up."""
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    """Callers of a higher priority go first."""
    announcements: Announcements | None = None
    keys: Keys = Field(default_factory=dict)
    """Where a key leads that is pressed while waiting; other keys do nothing."""
    keeps_place: bool = False
    """A call that comes from another queue brings its age along."""
    max_wait_seconds: Annotated[int, Field(ge=1, le=7200)] = 600
    predicted_wait_seconds: Annotated[int, Field(ge=30, le=7200)] | None = None
    waited: Id | None = None
    """Where the call goes after ``max_wait_seconds``."""
    predicted: Id | None = None
    """Where it goes when at its entering the middle of its expected wait is beyond ``predicted_wait_seconds``."""
    full: Id | None = None
    """Where it goes when as many wait as the group has room for."""
    nobody_on_duty: Id | None = None
    nobody_ready: Id | None = None
    otherwise: Id
    """Where it goes when a trigger has no way of its own. A call waits for who is on duty but not ready."""

    @model_validator(mode="after")
    def _predicts(self) -> "Queue":
        if self.predicted is not None and self.predicted_wait_seconds is None:
            raise ValueError("'predicted' needs 'predicted_wait_seconds'")
        if self.keys and not self.answer:
            raise ValueError("'keys' need a queue that answers: before that no carrier brings any")
        return self

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        if self.announcements is not None and self.announcements.hint is not None:
            yield "announcements.hint", self.announcements.hint

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "group", "group", self.group
