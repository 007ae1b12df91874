"""What every kind of node is made of: prompts, and ways to other nodes."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StringConstraints, Tag

from services.domain.model import Id, Model, keys_as_text
from services.domain.spoken import plain, speakable

Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Keys = Annotated[dict[Key, Id], BeforeValidator(keys_as_text)]
"""Where keys lead."""

VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Value = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\"\\]{0,200}$")]
"""What a call keeps under a name."""


class SoundFile(Model):
    file: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Path of a sound, relative to the document that names it."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Of its content; ``hotline apply`` puts it in, so that a version of a document keeps its sounds."""


_LANGUAGE = r"^[a-z]{2,3}$"
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE)]
SpokenText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000), AfterValidator(speakable)
]


def _form(prompt: Any) -> str:
    if isinstance(prompt, dict):
        return "languages" if any(re.match(_LANGUAGE, str(key)) for key in prompt) else "file"
    return "file" if isinstance(prompt, SoundFile) else "text"


Said = Annotated[
    Annotated[SpokenText, Tag("text")] | Annotated[SoundFile, Tag("file")],
    Discriminator(lambda prompt: "text" if isinstance(prompt, str) else "file"),
]
"""In one language: text to be spoken, or ``{file: …}``."""
InLanguages = Annotated[dict[Language, Said], Field(min_length=1)]
Prompt = Annotated[
    Annotated[SpokenText, Tag("text")] | Annotated[SoundFile, Tag("file")] | Annotated[InLanguages, Tag("languages")],
    Discriminator(_form),
]
"""What is said, or by language: ``{zh: …, en: …}``."""


def _plain(said: Any) -> Any:
    for text in said.values() if isinstance(said, dict) else [said]:
        if isinstance(text, str):
            plain(text)
    return said


PlainSaid = Annotated[Said, AfterValidator(_plain)]
PlainPrompt = Annotated[Prompt, AfterValidator(_plain)]
"""Without variables."""


class Branch(Model):
    next: Id


class NodeModel(Model):
    """A kind of node says which of its fields are ways and prompts.

    Ways may be one, several by key, or a list; prompts one, or a list.
    """

    WAYS: ClassVar[tuple[str, ...]] = ()
    PROMPTS: ClassVar[tuple[str, ...]] = ()
    WAITS: ClassVar[bool] = False
    """Whether it waits for somebody: for the caller to press a key or to speak, or for an agent."""

    def nexts(self) -> Iterator[tuple[str, str]]:
        """Where the call may go from here, by the key that says so: ``otherwise``, ``keys.1``, ``branches.0.next``."""
        for name in self.WAYS:
            for key, way in _each(name, getattr(self, name)):
                yield (f"{key}.next", way.next) if isinstance(way, Branch) else (key, way)

    def ends(self) -> bool:
        """Whether a call may end here by other than the caller's hanging up."""
        return not any(self.nexts())

    def prompts(self) -> Iterator[tuple[str, Prompt]]:
        for name in self.PROMPTS:
            value = getattr(self, name)
            yield from [(name, value)] if isinstance(value, dict) else _each(name, value)

    def keeps(self) -> Iterator[str]:
        """Names of the variables that it gives a value."""
        yield from ()

    def references(self) -> Iterator[tuple[str, str, str]]:
        """Documents that it names: key, kind, id."""
        yield from ()

    def reads(self) -> Iterator[tuple[str, str]]:
        """Such names that it asks for: key, name."""
        yield from ()

    @property
    def ringing(self) -> "Ringing | None":
        """How it brings the caller to somebody it can talk to; None: it does not."""
        return None


class Ringing(NodeModel):
    WAITS = True

    after: Id | None = None
    """Where the call goes when the other side has ended the talk and the caller is still there; left out: it ends."""
    otherwise: Id
    """Where it goes when nobody answers."""

    def ends(self) -> bool:
        return self.after is None

    @property
    def ringing(self) -> "Ringing":
        return self


def _each(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"{name}.{key}", one) for key, one in value.items())
    elif isinstance(value, tuple | list):
        yield from ((f"{name}.{index}", one) for index, one in enumerate(value))
    elif value is not None:
        yield name, value
