"""Documents in files, as commands are given them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.cli.listfiles import with_files
from services.cli.terminal import Refused
from services.domain.check import check as check_documents
from services.domain.documents import Document, Group, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.reading import Located, Problem, Reading, read

Files = Annotated[list[Path], typer.Argument(exists=True, help="Documents (YAML), or folders of them.")]


def documents_in(files: list[Path]) -> list[tuple[Path, Document]]:
    """All documents with the files they stand in; refuses all when anything is wrong with any."""
    readings = []
    for path in _yaml_files(files):
        try:
            readings.append(read(str(path), path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path}: {error}") from error
    reading = with_files(Reading.of_all(readings))
    missing = [problem for item in reading.located for problem in _missing_files(item)]
    problems = [*reading.problems, *check_documents(reading), *missing]
    if problems:
        raise Refused(*sorted(problems))
    return [(Path(item.file), item.document) for item in reading.located]


def _yaml_files(files: list[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path


def _missing_files(item: Located) -> Iterator[Problem]:
    for key, sound in _files_of(item.document):
        if not (Path(item.file).parent / sound.file).is_file():
            yield item.problem(f"{key}.file", sound.file, "there is no such file")


def _files_of(document: Document) -> Iterator[tuple[str, SoundFile]]:
    if isinstance(document, Hotline):
        for name, node in document.flow.nodes.items():
            for key, prompt in node.prompts():
                if isinstance(prompt, SoundFile):
                    yield f"flow.nodes.{name}.{key}", prompt
    if isinstance(document, Group) and document.music:
        yield "music", document.music
    if isinstance(document, Group) and document.recording and isinstance(document.recording.announce, SoundFile):
        yield "recording.announce", document.recording.announce
    if isinstance(document, NumberList):
        yield from ((f"reasons.{name}", one) for name, one in document.reasons.items() if isinstance(one, SoundFile))
