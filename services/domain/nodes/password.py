from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from services.domain.model import Id
from services.domain.nodes.asking import Asking

Code = Annotated[str, StringConstraints(pattern=r"^\d{4,16}$")]


class Password(Asking):
    """Who keys in one of the codes goes on; records and logs never have what was keyed in."""

    WAYS = ("next", "otherwise")

    kind: Literal["password"]
    codes: Annotated[list[Code], Field(min_length=1, max_length=100, repr=False)]
    next: Id
    otherwise: Id
