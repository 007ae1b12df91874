"""What every kind of node is made of: prompts, and ways to other nodes."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, StringConstraints, Tag

from services.domain.model import Id, Model, keys_as_text

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Keys = Annotated[dict[Key, Id], BeforeValidator(keys_as_text)]
"""Where keys lead."""


class SoundFile(Model):
    file: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Path of a sound, relative to the document that names it."""


SpokenText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Prompt = Annotated[
    Annotated[SpokenText, Tag("text")] | Annotated[SoundFile, Tag("file")],
    Discriminator(lambda prompt: "text" if isinstance(prompt, str) else "file"),
]
"""Text to be spoken, or ``{file: …}``."""


class Branch(Model):
    next: Id


class NodeModel(Model):
    """A kind of node says which of its fields are ways and prompts; each may be one, several by key, or a list."""

    WAYS: ClassVar[tuple[str, ...]] = ()
    PROMPTS: ClassVar[tuple[str, ...]] = ()

    def nexts(self) -> Iterator[tuple[str, str]]:
        """Where the call may go from here, by the key that says so: ``otherwise``, ``keys.1``, ``branches.0.next``."""
        for name in self.WAYS:
            for key, way in _each(name, getattr(self, name)):
                yield (f"{key}.next", way.next) if isinstance(way, Branch) else (key, way)

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        for name in self.PROMPTS:
            yield from _each(name, getattr(self, name))

    def references(self) -> Iterator[tuple[str, str, str]]:
        """Documents that it names: key, kind, id."""
        yield from ()


def _each(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{name}.{key}", one) for key, one in value.items())
    elif isinstance(value, tuple | list):
        yield from ((f"{name}.{index}", one) for index, one in enumerate(value))
    elif value is not None:
        yield name, value
