"""What all commands print to, and how they refuse."""

from collections.abc import Iterable
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import track

T = TypeVar("T")

# Without emoji: rich would make 💯 of the place ``calls.jsonl:100:``.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(highlight=False, soft_wrap=True, emoji=False, stderr=True)


class Refused(typer.Exit):
    """Something was wrong with what the user gave; it has been said on stderr."""

    def __init__(self, *sentences: object) -> None:
        for sentence in sentences:
            err.print(str(sentence), markup=False)
        super().__init__(1)


def telling(progress_of: Iterable[T], what: str, count: int) -> Iterable[T]:
    """Shows how far it is."""
    return track(progress_of, what, count, console=err, disable=not err.is_terminal)


def differ(lines: Iterable[str]) -> None:
    """Prints what is otherwise, in colours."""
    for line in lines:
        out.print(line, markup=False, style={"+": "green", "-": "red"}.get(line[:1], ""), soft_wrap=True)
