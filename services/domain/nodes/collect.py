from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.domain.model import Id
from services.domain.nodes.asking import Asking
from services.domain.nodes.base import VariableName


class Collect(Asking):
    """The caller keys in a number, which the call keeps under a name."""

    WAYS = ("next", "otherwise")

    kind: Literal["collect"]
    into: VariableName
    least: Annotated[int, Field(ge=1, le=32)] = 1
    most: Annotated[int, Field(ge=1, le=32)] = 20
    """Digits; after so many the call goes on at once, else after ``#`` or ``timeout`` seconds without a key."""
    next: Id
    otherwise: Id

    @model_validator(mode="after")
    def _fits(self) -> "Collect":
        if self.least > self.most:
            raise ValueError(f"'least' {self.least} is more than 'most' {self.most}")
        return self

    def keeps(self) -> Iterator[str]:
        yield self.into

    def takes(self, keys: str) -> bool:
        return keys.isdigit() and self.least <= len(keys) <= self.most
