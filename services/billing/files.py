"""The files that Asterisk's call events stand in: the live one, and those it was renamed to before."""

import hashlib
import os
import re
import time
from pathlib import Path

from services.domain.cel import RECORD_LIMIT

LIVE = "hotline.csv"
_NAME = re.compile(r"hotline\.csv(?:\.(\d{1,9}))?")

Identity = tuple[int, int]
"""Device and inode: who a file is as long as somebody has it open."""


class CelFile:
    """An open file; it stays this file under whatever name it is moved to."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.identity = _identity(os.fstat(self._fd))
        self._head = b""

    @property
    def fingerprint(self) -> str:
        """What tells this file from every other, also after a restart, under another name; empty before a first line.

        A row has its time to the microsecond and its channel, so no two files begin with the same.
        """
        self._head = self._head or self._first_line()
        return hashlib.sha256(self._head).hexdigest()[:32] if self._head else ""

    @property
    def quiet_ms(self) -> int:
        """Time since somebody last wrote to it."""
        return max(0, time.time_ns() - os.fstat(self._fd).st_mtime_ns) // 1_000_000

    def read(self, offset: int, size: int) -> bytes:
        return os.pread(self._fd, size, offset)

    def truncated(self, offset: int) -> bool:
        """Whether it no longer is the file that was read up to ``offset``."""
        return os.fstat(self._fd).st_size < offset or self.read(0, len(self._head)) != self._head

    def forget(self) -> None:
        """It was truncated: what it begins with is to be found out anew."""
        self._head = b""

    def close(self) -> None:
        os.close(self._fd)

    def _first_line(self) -> bytes:
        begin = self.read(0, RECORD_LIMIT)
        line, newline, _ = begin.partition(b"\n")
        return line if newline or len(begin) == RECORD_LIMIT else b""


def is_live(folder: Path, file: CelFile) -> bool:
    try:
        return _identity((folder / LIVE).stat()) == file.identity
    except FileNotFoundError:
        return False


def oldest_first(folder: Path) -> list[tuple[Path, Identity]]:
    """The live file last. Empty while files are just being renamed, which would mix them up."""
    found = _listing(folder)
    return found if found == _listing(folder) else []


def open_as(path: Path, identity: Identity) -> CelFile | None:
    """None when the file was renamed since, or has not even one complete line."""
    try:
        file = CelFile(path)
    except FileNotFoundError:
        return None
    if file.identity == identity and file.fingerprint:
        return file
    file.close()
    return None


def _listing(folder: Path) -> list[tuple[Path, Identity]]:
    try:
        numbered = [
            (int(match[1] or -1), Path(entry.path), _identity(entry.stat()))
            for entry in os.scandir(folder)
            if (match := _NAME.fullmatch(entry.name))
        ]
    except FileNotFoundError:
        return []
    return [(path, identity) for _, path, identity in sorted(numbered, reverse=True)]


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
