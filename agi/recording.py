"""Has a call's talks recorded when the group that is rung wants it."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

from agi.call import Call
from agi.channel import UnsendableError
from services.domain.documents import Group, Recording
from services.domain.prompts import announcement_name
from services.store import recordings
from services.store.due import now

RUNNING = "RECORDING"
"""Channel variable: ``1`` while the channel is recorded whenever it talks."""

DAY_MS = 24 * 3600 * 1000
CHINA = timedelta(hours=8)
ONLY_WHILE_TALKING = "b"
_CALL_ID = re.compile(r"[A-Za-z0-9.-]+")


async def prepare(call: Call, group: Group | None) -> None:
    """Before anybody is rung, of the group or of none. What an earlier talk of a transferred call has begun goes on."""
    running = await call.channel.get_variable(RUNNING) == "1"
    if group and group.recording and not running:
        await _announce(call, group)
        await _begin(call, group.recording)
    elif running and not (group and group.recording) and not await call.channel.get_variable("BLINDTRANSFER"):
        await call.channel.execute("StopMixMonitor")
        await call.channel.set_variable(RUNNING, "")
        await call.channel.mark("RECORDING")


async def _announce(call: Call, group: Group) -> None:
    if name := announcement_name(group):
        await call.channel.answer()
        await call.hear(str(call.sounds / name))


async def _begin(call: Call, recording: Recording) -> None:
    if not _CALL_ID.fullmatch(call.id):
        raise UnsendableError(f"call id: {call.id!r}")
    stem = f"{call.hotline.account}/{datetime.now(UTC) + CHINA:%Y-%m-%d}/{call.id}"
    ends = ("",) if recording.sides == "mixed" else ("-caller", "-agent")
    files = [f"{stem}{end}.wav" for end in ends]
    until = now() + recording.days * DAY_MS
    await call.room.tell(partial(recordings.keep, call.redis, call.id.partition("-")[0], files, until))
    paths = [str(call.recordings / file) for file in files]
    if recording.sides == "mixed":
        await call.channel.execute("MixMonitor", paths[0], ONLY_WHILE_TALKING)
    else:
        await call.channel.execute("MixMonitor", "", f"{ONLY_WHILE_TALKING}Sr({paths[0]})t({paths[1]})")
    await call.channel.set_variable(RUNNING, "1")
    await call.channel.mark("RECORDING", [("file", file) for file in files])
