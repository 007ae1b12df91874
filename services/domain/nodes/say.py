from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Prompt


class Say(NodeModel):
    WAYS = ("next",)
    PROMPTS = ("prompt",)

    kind: Literal["say"]
    prompt: Prompt
    next: Id
