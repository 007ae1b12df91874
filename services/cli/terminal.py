"""What all commands print to, and how they refuse."""

import typer
from rich.console import Console

# Without emoji: rich would make 💯 of the place ``calls.jsonl:100:``.
out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(highlight=False, soft_wrap=True, emoji=False, stderr=True)


class Refused(typer.Exit):
    """Something was wrong with what the user gave; it has been said on stderr."""

    def __init__(self, *sentences: object) -> None:
        for sentence in sentences:
            err.print(str(sentence), markup=False)
        super().__init__(1)
