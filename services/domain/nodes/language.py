from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import Language, NodeModel


class LanguageNode(NodeModel):
    """From here on the caller is spoken to in this language."""

    WAYS = ("next",)

    kind: Literal["language"]
    language: Language
    next: Id
