"""What is wrong with a document: a sentence that says where, what, and what was expected."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    file: str
    line: int
    """Counted from 1; 0 of a document that stands in no file."""
    key: str
    """Path to the value: ``flow.nodes.welcome.keys.1``; empty when the whole document is meant."""
    value: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        what = f"{self.key}: " if self.key else ""
        return f"{where}{what}{self.value}: {self.expected}" if self.value else f"{where}{what}{self.expected}"


SECRET = {"password", "secret", "codes"}
"""Keys whose values, and whose lists' values, are not shown."""


def shown(value: object, path: Sequence[str | int] = ()) -> str:
    """What fits a line; nothing of lists, mappings and secrets."""
    if isinstance(value, dict | list) or SECRET.intersection(path[-2:]):
        return ""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  # what fits a line
