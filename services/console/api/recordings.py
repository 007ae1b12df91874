"""Recordings of calls: played, downloaded, drawn. Whoever hears one stands in the audit."""

import asyncio
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict

from services import recordings
from services.archive.queries import Whole
from services.console.api.calls import whole
from services.console.context import At
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.console.texts import local
from services.domain.instant import Instant
from services.domain.loudness import peaks
from services.domain.record import Record
from services.domain.rights import Right
from services.store import keys
from services.store import recordings as kept

routes = Routes("calls")

SOUND = "audio/wav"
HEARING_SECONDS = 3600
"""In which whoever began to hear a recording may move about in it."""
PEAKS = 1000
_LATER_PART = re.compile(r"bytes=[1-9][0-9]*-[0-9]*")
_UNFIT = re.compile(r"[^A-Za-z0-9.+-]+")

Of = Literal["talk", "voicemail"]
State = Literal["there", "elsewhere", "deleted"]


class Recording(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int
    """Which of the call's it is, from 0."""
    of: Of
    side: Literal["both", "caller", "agent"]
    state: State
    """``elsewhere``: it lies on another pbx's disk, ``deleted``: its days are over, or it was never written."""
    pbx: str
    kept_until: Instant | None


class Drawn(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    ms: int
    peaks: list[float]
    """The loudest of each of at most 1000 pieces of the same length, from 0 to 1."""


class Played(BaseModel):
    download: bool = False


@routes.get("/api/v1/accounts/{account}/calls/{call}/recordings", Right.SEE_CALLS)
async def of_call(at: At, call: str) -> list[Recording]:
    """What was recorded of a call, and whether it is still there."""
    return await states(at, (await whole(at, call)).record)


async def states(at: At, record: Record) -> list[Recording]:
    named = files(record)
    untils = await kept.kept_until(at.redis, record.pbx, [file for _, file in named])
    found = await asyncio.to_thread(lambda: [recordings.find(at.settings.recordings_dir, file) for _, file in named])
    return [
        Recording(
            number=number,
            of=of,
            side=_side(file),
            state="there" if path else "elsewhere" if record.pbx != at.settings.pbx else "deleted",
            pbx=record.pbx,
            kept_until=until,
        )
        for number, ((of, file), until, path) in enumerate(zip(named, untils, found, strict=True))
    ]


def files(record: Record) -> list[tuple[Of, str]]:
    """Paths below the recordings folder: of talks, then of voicemails."""
    left = [hop.voicemail.file for hop in record.hops if hop.voicemail]
    return [*(("talk", file) for file in record.recordings), *(("voicemail", file) for file in left)]


def _side(file: str) -> Literal["both", "caller", "agent"]:
    stem = Path(file).stem
    return "caller" if stem.endswith("-caller") else "agent" if stem.endswith("-agent") else "both"


@routes.get("/api/v1/accounts/{account}/calls/{call}/recordings/{number}", Right.HEAR_RECORDINGS, media=SOUND)
async def play(at: At, call: str, number: str, query: Played) -> web.FileResponse:
    """The sound, in parts if that is asked for (``Range``)."""
    found = await whole(at, call)
    file, path = await _file(at, found, number)
    await _keep(at, found, file, download=query.download)
    called = f"{found.record.hotline}-{local(found.record.started):%Y%m%d-%H%M%S}-{found.record.caller or 'withheld'}"
    name = f"{_UNFIT.sub('_', called)}-{int(number) + 1}.wav"
    how = "attachment" if query.download else "inline"
    headers = {hdrs.CONTENT_TYPE: SOUND, hdrs.CONTENT_DISPOSITION: f'{how}; filename="{name}"'}
    return web.FileResponse(path, headers=headers)


@routes.get("/api/v1/accounts/{account}/calls/{call}/recordings/{number}/drawn", Right.HEAR_RECORDINGS)
async def draw(at: At, call: str, number: str) -> Drawn:
    """How loud it is along its time."""
    _, path = await _file(at, await whole(at, call), number)
    try:
        return await asyncio.to_thread(_drawn, path)
    except (wave.Error, EOFError) as error:
        raise Refused("The recording cannot be read as a sound.") from error


async def _file(at: At, found: Whole, number: str) -> tuple[str, Path]:
    """Raises Unknown and Refused. Only what the record names is ever looked for."""
    named = files(found.record)
    if not (number.isdecimal() and number.isascii() and len(number) < 5 and int(number) < len(named)):  # noqa: PLR2004
        raise Unknown("The call has no recording %(number)s.", number=number)
    _, file = named[int(number)]
    if path := await asyncio.to_thread(recordings.find, at.settings.recordings_dir, file):
        return file, path
    if found.record.pbx != at.settings.pbx:
        raise Refused("The recording lies on %(pbx)s: ask the console that runs there.", pbx=found.record.pbx)
    raise Unknown("The recording has been deleted: the days it is kept for are over.")


async def _keep(at: At, found: Whole, file: str, *, download: bool) -> None:
    """In the audit: each hearing from the begin, and what is heard without having been begun of late."""
    begins = not _LATER_PART.fullmatch(at.request.headers.get(hdrs.RANGE, ""))
    hearing = keys.hearing(at.identity.login, file)
    new = await at.redis.set(hearing, "", ex=HEARING_SECONDS, nx=True)
    if begins or new:
        call = found.record.call_id
        async with at.act("download_recording" if download else "hear_recording", found.record.agent or call, call):
            pass


def _drawn(path: Path) -> Drawn:
    """Blocks for as long as the disk does. wave.Error, EOFError."""
    with wave.open(str(path), "rb") as sound:
        if (sound.getsampwidth(), sound.getnchannels()) != (2, 1):
            raise wave.Error("expected 16 bits of one channel")
        frames, rate = sound.getnframes(), sound.getframerate()
        each = max(1, -(-frames // PEAKS))
        return Drawn(ms=frames * 1000 // max(1, rate), peaks=list(peaks(_pieces(sound, each))))


def _pieces(sound: wave.Wave_read, each: int) -> Iterator[bytes]:
    while piece := sound.readframes(each):
        yield piece
