from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from services.domain.model import Id, keys_as_text
from services.domain.nodes.asking import Asking
from services.domain.nodes.base import Ringing

MenuKey = Annotated[str, StringConstraints(pattern=r"^([0-9*#]|[0-9*]{2,6})$")]


class Extensions(Ringing):
    """Who dials the extension of an agent or a group of the account is connected with it."""

    WAYS = ("after", "otherwise")


class Menu(Asking):
    """The caller chooses by a key, by several, or dials an extension."""

    WAYS = ("keys", "otherwise")

    kind: Literal["menu"]
    keys: Annotated[dict[MenuKey, Id], BeforeValidator(keys_as_text), Field(min_length=1)]
    extensions: Extensions | None = None
    pause: Annotated[int, Field(ge=1, le=10)] = 3
    """Seconds to wait for a further key where more may follow."""
    otherwise: Id

    def nexts(self) -> Iterator[tuple[str, str]]:
        yield from super().nexts()
        if self.extensions is not None:
            yield from ((f"extensions.{key}", name) for key, name in self.extensions.nexts())

    def ends(self) -> bool:
        return self.extensions is not None and self.extensions.ends()

    @property
    def ringing(self) -> Ringing | None:
        return self.extensions


def goes_on(keys: str, choices: Collection[str]) -> bool:
    """Whether these may be the begin of what the caller wants: of a choice, or of a wrong one that is as long."""
    if keys in choices:
        return any(choice != keys and choice.startswith(keys) for choice in choices)
    return len(keys) < max(map(len, choices))
