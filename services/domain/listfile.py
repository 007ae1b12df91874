"""The CSV file beside a list's document: an entry a line, and its reason if it has one of its own."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from services.domain.lists import AN_ENTRY, MOST_ENTRIES, NumberList, entry_of

MOST_SHOWN = 50
"""Of the lines that are wrong; of the others it is said how many there are."""
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Mistake:
    line: int
    """Counted from 1."""
    value: str
    """Empty when the whole line, or more, is meant."""
    expected: str


@dataclass(slots=True)
class Listed:
    """What a file says beside its document. With mistakes it is of no use."""

    document: NumberList
    entries: dict[str, str | None] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    _lines: dict[str, int] = field(default_factory=dict)
    """Where each entry stands."""

    def take(self, row: list[str], line: int) -> None:
        entry, reason = entry_of(row[0]), row[1].strip() or None if len(row) > 1 else None
        if entry is None:
            self.wrong(line, row[0], AN_ENTRY)
        elif any(row[2:]):
            self.wrong(line, ",".join(row), "expected an entry, or an entry, a comma and its reason")
        elif reason is not None and reason not in self.document.reasons:
            known = ", ".join(self.document.reasons) or "none, as the document has no 'reasons'"
            self.wrong(line, reason, f"there is no such reason; expected one of: {known}")
        elif (other := self._before(entry, reason)) is not None:
            self.wrong(line, row[0], f"stands {other}, here with {_named(reason)}")
        else:
            self.entries[entry] = reason
            self._lines.setdefault(entry, line)

    def wrong(self, line: int, value: str, expected: str) -> None:
        shown = repr(value) if value else ""
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        self.mistakes.append(Mistake(line, shown, expected))

    def _before(self, entry: str, reason: str | None) -> str | None:
        """Where the entry stands with another reason."""
        for entries, where in (
            (self.entries, f"on line {self._lines.get(entry)}"),
            (self.document.entries, "in the document"),
        ):
            if entry in entries and entries[entry] != reason:
                return f"{where} already, with {_named(entries[entry])}"
        return None


def read(data: bytes, document: NumberList) -> Listed:
    """UTF-8, with or without its mark. An entry may stand twice, but not with two reasons."""
    listed = Listed(document)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        listed.wrong(line, "", "is no UTF-8; in a spreadsheet, save as 'CSV UTF-8'")
        return listed
    rows = csv.reader(StringIO(text, newline=""))
    try:
        for row in rows:
            if any(row) and not (rows.line_num == 1 and _is_header(row)):
                listed.take(row, rows.line_num)
    except csv.Error as error:
        listed.wrong(rows.line_num, "", f"is no CSV: {error}")
    if len(document.entries | listed.entries) > MOST_ENTRIES:
        listed.wrong(rows.line_num, "", f"expected at most {MOST_ENTRIES:,} entries")
    return listed


def _is_header(row: list[str]) -> bool:
    return not any(character.isdigit() for character in row[0])


def first_of(mistakes: list[Mistake]) -> Iterator[Mistake]:
    """As many as somebody reads, and how many there are beside."""
    yield from mistakes[:MOST_SHOWN]
    if beside := mistakes[MOST_SHOWN:]:
        yield Mistake(beside[0].line, "", f"and {len(beside):,} more lines are wrong")


def written(document: NumberList) -> str:
    """What ``read`` makes the document's entries of."""
    return "".join(f"{entry},{reason}\n" if reason else f"{entry}\n" for entry, reason in document.entries.items())


def _named(reason: str | None) -> str:
    return f"reason {reason!r}" if reason else "no reason"
