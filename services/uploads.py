"""Recordings that companies bring: what they really are, and how they become sounds for the telephone."""

import asyncio
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from services.programs import SoundError, run

LARGEST_MB = 50
LONGEST_MINUTES = 10
SHORTEST_SECONDS = 0.05
SILENCE = -60.0
"""dB below full scale that the loudest moment must be above."""
LOUDNESS = -23.0
"""LUFS (EBU R 128), of all recordings: none is louder than the next, or than what espeak-ng speaks."""
PEAK = -1.0
"""dB that no moment is above after that."""

TELEPHONE = ("-ar", "8000", "-ac", "1", "-c:a", "pcm_s16le", "-f", "wav")
EXPECTED = "expected a recording as wav, mp3 or m4a"


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def fault(path: Path) -> str | None:
    """What is wrong with a recording, in words that follow its name. Raises SoundError when nobody can tell."""
    size = (await asyncio.to_thread(path.stat)).st_size
    if size > LARGEST_MB * 1_000_000:
        return f"has {size / 1_000_000:.0f} MB; {LARGEST_MB} MB at most"
    kind = await asyncio.to_thread(_kind, path)
    if kind is None:
        return f"is {'empty' if not size else 'no sound'}; {EXPECTED}"
    if shutil.which("ffprobe") is None:
        raise SoundError("ffmpeg is not installed")
    try:
        return _unfit(await _probe(path, kind)) or await _silent(path, kind)
    except SoundError as error:
        return f"cannot be read as {kind} ({error}); {EXPECTED}"


async def to_telephone(source: Path, target: Path) -> None:
    """8 kHz mono 16 bit WAV, at its own level. Raises SoundError."""
    kind = await asyncio.to_thread(_kind, source)
    if kind is None:
        raise SoundError(EXPECTED)
    await run(*_ffmpeg(source, kind), *TELEPHONE, "-y", str(target))


async def level(source: Path, target: Path) -> None:
    """Of telephone sound: to LOUDNESS, or as near as PEAK lets it. Raises SoundError."""
    loudness, peak = await _measured(source, "wav")
    # What is shorter than EBU's windows (400 ms) has no loudness: its peak has to do.
    gain = LOUDNESS - loudness if loudness > SILENCE else PEAK - peak
    limit = 10 ** (PEAK / 20)
    filters = f"volume={gain:.2f}dB,alimiter=limit={limit:.4f}:level=false:attack=1:release=20"
    await run(*_ffmpeg(source, "wav"), "-af", filters, *TELEPHONE, "-y", str(target))


def _kind(path: Path) -> str | None:
    """By its first bytes: ffmpeg, left to guess, would also read playlists that name other files."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "mp4"
    is_mp3 = head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)  # noqa: PLR2004
    return "mp3" if is_mp3 else None


def _guarded(path: Path, kind: str) -> tuple[str, ...]:
    """Input options: nothing but this file is opened, as nothing but this kind."""
    return "-protocol_whitelist", "file", "-f", kind, "-i", str(path.absolute())


def _ffmpeg(source: Path, kind: str, says: str = "error") -> tuple[str, ...]:
    return "ffmpeg", "-nostdin", "-hide_banner", "-v", says, *_guarded(source, kind), "-map", "0:a:0", "-vn"


async def _probe(path: Path, kind: str) -> dict[str, Any]:
    entries = "format=duration:stream=codec_type:stream_disposition=attached_pic"
    asked = ("-show_entries", entries, "-of", "json")
    probed: dict[str, Any] = json.loads((await run("ffprobe", "-v", "error", *_guarded(path, kind), *asked)).printed)
    return probed


def _unfit(probed: dict[str, Any]) -> str | None:
    streams = probed.get("streams", [])
    pictures = [one for one in streams if one["codec_type"] == "video" and not one["disposition"]["attached_pic"]]
    seconds = float(probed.get("format", {}).get("duration", 0))
    if pictures:
        return f"is a video; {EXPECTED}"
    if not any(one["codec_type"] == "audio" for one in streams) or seconds < SHORTEST_SECONDS:
        return f"holds no sound; {EXPECTED}"
    if seconds > LONGEST_MINUTES * 60:
        return f"lasts {seconds / 60:.1f} minutes; {LONGEST_MINUTES} at most"
    return None


async def _silent(path: Path, kind: str) -> str | None:
    _, peak = await _measured(path, kind)
    return "is silent from begin to end" if peak < SILENCE else None


async def _measured(path: Path, kind: str) -> tuple[float, float]:
    """Integrated loudness in LUFS, −70 where there is none, and the highest peak in dB below full scale."""
    measure = ("-af", "ebur128=framelog=verbose:peak=sample", "-f", "null", "-")
    said = (await run(*_ffmpeg(path, kind, says="info"), *measure)).said
    loudness, peak = re.findall(r"^ +(?:I|Peak): +(-?[0-9.]+|-inf|nan) ", said, re.MULTILINE)[-2:]
    return float(loudness), float(peak)
