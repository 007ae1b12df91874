"""``hotline check``: loads nothing that only other commands need."""

from typing import Annotated

import typer

from services.cli.files import Files, documents_in, reading_of, refuse_change
from services.cli.terminal import out
from services.domain.check import Standing


def check(
    files: Files,
    stored: Annotated[  # noqa: FBT002 - typer's way to say a flag
        bool, typer.Option("--stored", help="Together with what stands in Redis, as apply would put them there.")
    ] = False,
) -> None:
    """Check documents and say everything that is wrong with them.

    Example: hotline check examples/shop
    """
    if stored:
        reading = reading_of(files)
        refuse_change(reading, _standing())
        count = len(reading.located)
    else:
        count = len(documents_in(files))
    out.print(f"{count} documents, nothing wrong")


def _standing() -> Standing:
    from services.cli import session  # noqa: PLC0415 - Redis' client takes half a second
    from services.store import documents  # noqa: PLC0415

    return session.run(documents.standing)
