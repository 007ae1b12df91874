"""The folder of what was recorded, on the disk of one Asterisk."""

import time
from pathlib import Path

DAY_SECONDS = 24 * 3600


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
