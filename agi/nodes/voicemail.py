import asyncio
import re
from pathlib import Path
from urllib.parse import urlencode

from agi.call import Call
from agi.channel import CallerGone
from services.domain.nodes.voicemail import VoicemailNode
from services.domain.prompts import BEEP
from services.domain.voicemail import SHORTEST_MS, folder_of
from services.store.due import now

SILENCE_SECONDS = 5

RECORDING, SAYS = "RECORDING", "RECORDING_SAYS"
"""Channel variables: the file that is being recorded, and what ``VOICEMAIL`` will say of it but for its length. The
dialplan marks the event itself when the caller hangs up and no session is there to do it."""

_CALL_ID = re.compile(r"[A-Za-z0-9]+-[0-9]+\.[0-9]+")
HEADER_BYTES, BYTES_A_MS = 44, 16


async def handle(call: Call, name: str, node: VoicemailNode) -> str | None:
    channel = call.channel
    begun = await channel.get_variable(RECORDING)
    if begun:  # by a session that died, while Asterisk went on
        file, is_there = Path(begun), True
    else:
        await channel.answer()
        await call.play(node.prompt, barge_in=node.barge_in)
        await call.hear(str(call.sounds / BEEP.removesuffix(".wav")))
        file = await _new_file(call, name, node)
        is_there = await channel.record(str(file.with_suffix("")), node.max_seconds, SILENCE_SECONDS)
    ms = await asyncio.to_thread(_settle, file)
    kept = str(file.relative_to(call.recordings)) if ms >= SHORTEST_MS else ""
    await channel.mark("VOICEMAIL", node=name, group=node.group, file=kept, ms=str(ms))
    await channel.set_variable(RECORDING, "")
    if not is_there:
        raise CallerGone("the caller hung up at the end of a voicemail")
    if node.next is None:
        await channel.mark("END", reason="hangup")
    return node.next


async def _new_file(call: Call, name: str, node: VoicemailNode) -> Path:
    """Nothing in its name comes from the caller."""
    if not _CALL_ID.fullmatch(call.id):
        raise ValueError(f"not a call's id: {call.id!r}")
    file = f"{folder_of(call.hotline.account, node.group)}/{call.id}-{now()}.wav"
    path = call.recordings / file
    await asyncio.to_thread(path.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    await call.channel.set_variable(SAYS, urlencode({"node": name, "group": node.group, "file": file}))
    await call.channel.set_variable(RECORDING, str(path))
    return path


def _settle(file: Path) -> int:
    """The length in milliseconds; nobody but us may read what is kept."""
    size = file.stat().st_size if file.exists() else 0
    ms = max(0, size - HEADER_BYTES) // BYTES_A_MS
    if ms >= SHORTEST_MS:
        file.chmod(0o600)
    else:
        file.unlink(missing_ok=True)
    return ms
