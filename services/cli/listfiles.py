"""The CSV files beside lists' documents."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from services.domain import listfile
from services.domain.lists import NumberList
from services.domain.problem import Problem
from services.domain.reading import Located, Reading

LARGEST = 20_000_000
"""Bytes."""


def with_files(reading: Reading) -> Reading:
    """Lists get the entries of their files; whatever is wrong with those is among the problems."""
    found = [_with_file(item) for item in reading.located]
    problems = [problem for _, problems in found for problem in problems]
    return Reading([item for item, _ in found], reading.problems + problems, reading.broken)


def _with_file(item: Located) -> tuple[Located, list[Problem]]:
    document = item.document
    if not isinstance(document, NumberList):
        return item, []
    listed = listfile.Listed(document)
    if document.file is not None:
        path = Path(item.file).parent / document.file
        try:
            if path.stat().st_size > LARGEST:
                return item, [item.problem("file", document.file, f"is larger than {LARGEST:,} bytes")]
            listed = listfile.read(path.read_bytes(), document)
        except OSError as error:
            return item, [item.problem("file", document.file, f"cannot be read: {error.strerror}")]
        if listed.mistakes:
            return item, list(_problems(path, listed.mistakes))
    return replace(item, document=document.with_entries(listed.entries)), []


def _problems(path: Path, mistakes: list[listfile.Mistake]) -> Iterator[Problem]:
    for one in listfile.first_of(mistakes):
        yield Problem(str(path), one.line, "", one.value, one.expected)
