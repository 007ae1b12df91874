from typing import Annotated, ClassVar

from pydantic import Field

from services.domain.nodes.base import NodeModel, Prompt


class Asking(NodeModel):
    """Plays the prompt and waits for keys, so often until they are right or ``tries`` are over."""

    PROMPTS: ClassVar[tuple[str, ...]] = ("prompt", "invalid")
    WAITS = True

    prompt: Prompt
    timeout: Annotated[int, Field(ge=1, le=60)] = 5
    """Seconds to wait for a key after the prompt, and for each further one."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    invalid: Prompt | None = None
    """Played after wrong keys."""
    barge_in: bool = True
    """Whether a key cuts a prompt short."""
