"""Reads the CEL files of a folder from a checkpoint on, one after the other, as they grow and are rotated."""

import logging
from dataclasses import dataclass
from pathlib import Path

from services.billing.files import CelFile, is_live, oldest_first, open_as
from services.domain.cel import CelRow, Splitter, Torn
from services.store.checkpoints import Checkpoint

PIECE = 1024 * 1024
"""Bytes read at once: what billing holds in memory, the open calls apart."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Piece:
    file: str
    """Fingerprint of the file that the rows stand in."""
    rows: list[CelRow | Torn]


class Tail:
    def __init__(self, folder: Path, start: Checkpoint | None) -> None:
        self._folder = folder
        self._start = start
        self._file: CelFile | None = None
        self._position = 0
        self._splitter = Splitter()

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the first byte stands that has not been handed out; None when nothing has been read."""
        if self._file is None or not self._file.fingerprint:
            return self._start
        return Checkpoint(self._file.fingerprint, self._splitter.offset)

    @property
    def quiet_ms(self) -> int:
        """After ``read`` had nothing: for how long nobody has written anything."""
        return 0 if self._file is None else self._file.quiet_ms

    def read(self) -> Piece | None:
        """The next rows; None when there are none yet. OSError when a file cannot be read."""
        file = self._file or self._find_start()
        if file is None:
            return None
        if file.truncated(self._position):
            return self._begin_again(file)
        return self._next(file) or self._turn(file)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _next(self, file: CelFile) -> Piece | None:
        if not file.fingerprint:
            return None
        data = file.read(self._position, PIECE)
        self._position += len(data)
        return Piece(file.fingerprint, self._splitter.feed(data)) if data else None

    def _turn(self, file: CelFile) -> Piece | None:
        """Goes on to the file that was begun after this one, if there is one."""
        successor = None if is_live(self._folder, file) else self._successor(file)
        if successor is None:
            return None
        # Asterisk writes row by row: now that the next file has one, nothing will be added to this one. But something
        # may have been since it was last read.
        if piece := self._next(file):
            successor.close()
            return piece
        rest = self._rest(file)
        file.close()
        self._open(successor, 0)
        return rest

    def _successor(self, file: CelFile) -> CelFile | None:
        found = oldest_first(self._folder)
        identities = [identity for _, identity in found]
        # A file that has gone was the oldest: all that are left came after it.
        newer = found[identities.index(file.identity) + 1 :] if file.identity in identities else found
        return next(filter(None, (open_as(path, identity) for path, identity in newer)), None)

    def _begin_again(self, file: CelFile) -> Piece:
        log.error("a CEL file was truncated at or before byte %d: rows may be lost; rotate by renaming", self._position)
        rest = self._rest(file)
        file.forget()
        self._open(file, 0)
        return rest

    def _rest(self, file: CelFile) -> Piece:
        torn = self._splitter.finish()
        return Piece(file.fingerprint, [] if torn is None else [torn])

    def _find_start(self) -> CelFile | None:
        start = self._start
        files = [file for path, identity in oldest_first(self._folder) if (file := open_as(path, identity))]
        if not files:
            return None
        chosen = next((file for file in files if start and file.fingerprint == start.file), None)
        for file in files:
            if file is not (chosen or files[0]):
                file.close()
        if start and chosen is None:
            log.error("the CEL file billing was at is gone: calls in it may be lost; begins with the oldest there is")
        self._open(chosen or files[0], start.offset if start and chosen else 0)
        return self._file

    def _open(self, file: CelFile, offset: int) -> None:
        self._file = file
        self._position = offset
        self._splitter = Splitter(offset)
