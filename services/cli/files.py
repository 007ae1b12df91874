"""Documents in files, as commands are given them."""

import asyncio
import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.cli.listfiles import with_files
from services.cli.terminal import Refused, telling
from services.configuration import refusal, sounds
from services.domain.check import Standing, check
from services.domain.documents import Document, Ref
from services.domain.problem import Problem
from services.domain.reading import Reading, read
from services.domain.source import LARGEST, text_of
from services.settings import Settings, SettingsError
from services.speech import Engine, engine_of

Files = Annotated[list[Path], typer.Argument(exists=True, help="Documents (YAML), or folders of them.")]


def documents_in(files: list[Path]) -> list[tuple[Path, Document]]:
    """All documents with the files they stand in; refuses all when anything is wrong with any."""
    reading = reading_with_sounds(files)
    refuse([*reading.problems, *check(reading)])
    return [(Path(item.file), item.document) for item in reading.located]


def refuse_change(reading: Reading, standing: Standing, gone: Collection[Ref] = ()) -> None:
    """Ends the command when anything is wrong with what is to be put in the place of what stands."""
    with told():
        refusal.refuse_change(reading, standing, gone)


def refuse(problems: Collection[Problem]) -> None:
    with told():
        refusal.refuse(problems)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Whatever of documents is refused ends the command with its sentences."""
    try:
        yield
    except refusal.Refused as refused:
        raise Refused(*refused.sentences) from refused


def reading_with_sounds(files: list[Path]) -> Reading:
    """As ``reading_of``, and what is wrong with the sounds that they name."""
    reading = reading_of(files)
    settings = Settings()
    found = sounds.problems(reading.located, settings.sounds_dir, lambda: engine(settings), telling)
    reading.problems += asyncio.run(found)
    return reading


def engine(settings: Settings) -> Engine:
    try:
        return engine_of(settings)
    except SettingsError as error:
        raise Refused(error) from error


def reading_of(files: list[Path]) -> Reading:
    """All documents, and what is wrong with each by itself."""
    readings = []
    for path in _yaml_files(files):
        try:
            readings.append(_read(path))
        except OSError as error:
            raise Refused(f"{path}: {error}") from error
    return with_files(Reading.of_all(readings))


def _read(path: Path) -> Reading:
    """Raises OSError."""
    if path.stat().st_size > LARGEST:
        return Reading(problems=[Problem(str(path), 1, "", "", f"larger than {LARGEST} bytes, which no document is")])
    text, problems = text_of(str(path), path.read_bytes())
    return Reading(problems=problems) if problems else read(str(path), text)


def _yaml_files(files: list[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path
