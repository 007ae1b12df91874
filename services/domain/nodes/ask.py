import json
from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Prompt, Value, VariableName
from services.domain.webhook import Webhook

JsonKey = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,100}$")]

LONGEST = 16 * 1024
"""Bytes of an answer."""

_VALUE = TypeAdapter(Value)


class Ask(Webhook, NodeModel):
    """Asks the company's own system and keeps what it says; the caller hears music meanwhile."""

    WAYS = ("next", "failed")
    PROMPTS = ("prompt",)

    kind: Literal["ask"]
    method: Literal["GET", "POST"] = "POST"
    keep: Annotated[dict[VariableName, JsonKey], Field(max_length=20)] = Field(default_factory=dict)
    """What of the answer is kept, by the name that it is kept under."""
    prompt: Prompt | None = None
    """Played while it is asked, before the music."""
    timeout: Annotated[int, Field(ge=1, le=10)] = 5
    """Seconds of each try."""
    tries: Annotated[int, Field(ge=1, le=3)] = 2
    next: Id
    failed: Id
    """Where the call goes when there was no answer, or none that can be kept."""

    def keeps(self) -> Iterator[str]:
        yield from self.keep

    def kept(self, body: bytes) -> dict[str, str]:
        """What is kept of an answer: a JSON object. What it does not have is empty. Raises ValueError."""
        if len(body) > LONGEST:
            raise ValueError("too long")
        try:
            said = json.loads(body)
        except RecursionError:
            raise ValueError("too deep") from None
        if not isinstance(said, dict):
            raise ValueError("no JSON object")  # noqa: TRY004 - what a company says, not who calls
        return {name: _text(said.get(key)) for name, key in self.keep.items()}


def _text(value: Any) -> str:
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).lower()
        case str() | int():
            text = str(value)
        case float() if isfinite(value):
            text = repr(value)
        case _:
            raise ValueError("neither text, nor number, nor truth")
    try:
        text.encode()
        return _VALUE.validate_python(text)
    except ValidationError:
        raise ValueError("a text too long, or with signs that may not be kept") from None
