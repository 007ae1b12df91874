from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Prompt


class Say(NodeModel):
    WAYS = ("next",)
    PROMPTS = ("prompt",)

    kind: Literal["say"]
    prompt: Prompt
    barge_in: bool = True
    """Whether a key cuts a prompt short."""
    answer: bool = True
    """False: who was not answered hears it unanswered."""
    next: Id
