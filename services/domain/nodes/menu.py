from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import Id
from services.domain.nodes.asking import Asking
from services.domain.nodes.base import Keys


class Menu(Asking):
    """The caller chooses by a key."""

    WAYS = ("keys", "otherwise")

    kind: Literal["menu"]
    keys: Annotated[Keys, Field(min_length=1)]
    otherwise: Id
