from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import BoundNumber, Id
from services.domain.nodes.base import NodeModel, Prompt


class VoicemailNode(NodeModel):
    """The prompt, a tone, and what the caller says is recorded: to #, a silence, or the end of ``max_seconds``."""

    WAYS = ("next",)
    PROMPTS = ("prompt",)
    WAITS = True

    kind: Literal["voicemail"]
    prompt: Prompt
    barge_in: bool = True
    """Whether a key cuts a prompt short."""
    group: Id
    """Whom it is for."""
    max_seconds: Annotated[int, Field(ge=5, le=600)] = 120
    text_to: Annotated[tuple[BoundNumber, ...], Field(max_length=10)] = ()
    """Numbers that are told of it by text message."""
    next: Id | None = None
    """None: the call is over."""

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "group", "group", self.group
