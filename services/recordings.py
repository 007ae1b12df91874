"""The folder of what was recorded, on the disk of one Asterisk."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

DAY_SECONDS = 24 * 3600

log = logging.getLogger(__name__)


def expire(folder: Path, days: int) -> list[Path]:
    """Deletes the files in this folder, not below it, that are older, and gives them. OSError.

    Blocks for as long as the disk does.
    """
    oldest = time.time() - days * DAY_SECONDS
    return [path for path in folder.glob("*") if path.is_file() and _expired(path, oldest)]


def _expired(path: Path, oldest: float) -> bool:
    try:
        if path.stat().st_mtime >= oldest:
            return False
        path.unlink()
    except FileNotFoundError:  # somebody deleted it
        return False
    return True


def delete(folder: Path, names: Sequence[str]) -> None:
    """Deletes these files below the folder, as far as they are there. OSError; blocks as ``expire`` does."""
    for name in names:
        path = folder / name
        if path.resolve().is_relative_to(folder.resolve()):
            path.unlink(missing_ok=True)
        else:
            log.error("%r is not below %s", name, folder)


def find(folder: Path, name: str) -> Path | None:
    """The file of this name below the folder; None when there is none. OSError; blocks as ``expire`` does."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        log.error("%r is not below %s", name, folder)
        return None
    return path if path.is_file() else None
