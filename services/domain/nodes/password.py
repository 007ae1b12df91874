from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Prompt

Code = Annotated[str, StringConstraints(pattern=r"^\d{4,16}$")]


class Password(NodeModel):
    """Who keys in one of the codes goes on; records and logs never have what was keyed in."""

    WAYS = ("next", "otherwise")
    PROMPTS = ("prompt", "invalid")
    WAITS = True

    kind: Literal["password"]
    prompt: Prompt
    codes: Annotated[list[Code], Field(min_length=1, max_length=100, repr=False)]
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    invalid: Prompt | None = None
    barge_in: bool = True
    """Whether a key cuts a prompt short."""
    next: Id
    otherwise: Id
