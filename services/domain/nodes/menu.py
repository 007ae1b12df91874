from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import Id
from services.domain.nodes.base import Keys, NodeModel, Prompt


class Menu(NodeModel):
    """Plays the prompt and waits for a key; after ``tries`` wrong or missing keys the call goes ``otherwise``."""

    WAYS = ("keys", "otherwise")
    PROMPTS = ("prompt", "invalid")
    WAITS = True

    kind: Literal["menu"]
    prompt: Prompt
    keys: Annotated[Keys, Field(min_length=1)]
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    """Seconds to wait for a key after the prompt."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    invalid: Prompt | None = None
    """Played after a key that leads nowhere."""
    barge_in: bool = True
    """Whether a key cuts a prompt short."""
    otherwise: Id
