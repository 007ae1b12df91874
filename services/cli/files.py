"""Documents in files, as commands are given them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.cli import sounds
from services.cli.listfiles import with_files
from services.cli.terminal import Refused
from services.domain.check import check as check_documents
from services.domain.documents import Document
from services.domain.reading import Located, Reading, read

Files = Annotated[list[Path], typer.Argument(exists=True, help="Documents (YAML), or folders of them.")]


def documents_in(files: list[Path]) -> list[tuple[Path, Document]]:
    """As ``located_in``, with the files they stand in."""
    return [(Path(item.file), item.document) for item in located_in(files)]


def located_in(files: list[Path]) -> list[Located]:
    """All documents; refuses all when anything is wrong with any."""
    readings = []
    for path in _yaml_files(files):
        try:
            readings.append(read(str(path), path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path}: {error}") from error
    reading = with_files(Reading.of_all(readings))
    problems = [*reading.problems, *check_documents(reading), *sounds.problems(reading.located)]
    if problems:
        raise Refused(*sorted(problems))
    return reading.located


def _yaml_files(files: list[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path
