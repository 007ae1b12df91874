"""What waits for an agent to do: callbacks and voicemails of its groups."""

import asyncio
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel

from services.console.context import At
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.console.seat import Seat, seat
from services.domain.documents import Group
from services.domain.rights import Right
from services.domain.voicemail import Voicemail
from services.store import callbacks, documents, voicemails
from services.store.callbacks import Callback, State
from services.store.due import now
from services.store.queues import Pulled

routes = Routes("desk")
PATH = "/api/v1/accounts/{account}/desk"

MOST = 100
"""Of each are given: who waits longest first."""

NOT_NOW = {
    Pulled.UNKNOWN: "The callback is over.",
    Pulled.RINGING: "A phone rings for this callback already.",
    Pulled.TALKING: "Somebody talks to this customer already.",
    Pulled.NO_MEMBER: "The callback is another group's.",
    Pulled.OFF_DUTY: "Log in, or end your pause, before you call back.",
}


class PendingCallback(BaseModel):
    callback: str
    state: State
    group: str
    group_name: str
    number: str
    asked: int
    due: int
    expires: int
    attempts: int


class NewVoicemail(BaseModel):
    voicemail: str
    group: str
    group_name: str
    number: str
    """Empty: withheld."""
    at: int
    ms: int


class Todo(BaseModel):
    callbacks: list[PendingCallback]
    voicemails: list[NewVoicemail]


@routes.get(f"{PATH}/todo", Right.DESK)
async def todo(at: At) -> Todo:
    """Callbacks and unheard voicemails of the agent's groups."""
    own = await seat(at)
    names = await _names(at, own)
    pending = [one async for one in callbacks.pending(own.distribution) if one.group in names]
    unheard = [one for group in names for one in await voicemails.unheard(at.redis, at.account, group)]
    unheard.sort(key=lambda one: one.at)
    return Todo(
        callbacks=[_callback(one, names[one.group]) for one in pending[:MOST]],
        voicemails=[_voicemail(one, names[one.group]) for one in unheard[:MOST]],
    )


@routes.post(f"{PATH}/callbacks/{{callback}}/call", Right.DESK)
async def call(at: At, callback: str) -> None:
    """Call this customer back next: the agent's own phone rings first."""
    own = await seat(at)
    await _callback_of(own, callback)
    async with at.act("call_back", own.agent.id, callback):
        came = await callbacks.want(own.distribution, callback, own.agent.id, now())
        if came is not Pulled.PULLED:
            raise Refused(NOT_NOW[came])


@routes.post(f"{PATH}/callbacks/{{callback}}/cancel", Right.DESK)
async def cancel(at: At, callback: str) -> None:
    """Nobody is to call this customer back. One whose phone rings already is not hung up on."""
    own = await seat(at)
    await _callback_of(own, callback)
    async with at.act("cancel_callback", own.agent.id, callback):
        if not await callbacks.cancel(own.distribution, callback, "by_hand", now()):
            raise Refused(NOT_NOW[Pulled.UNKNOWN])


@routes.get(f"{PATH}/voicemails/{{voicemail}}/sound", Right.DESK, media="audio/wav")
async def sound(at: At, voicemail: str) -> web.FileResponse:
    """The voicemail itself."""
    own = await seat(at)
    found = await _voicemail_of(own, voicemail)
    path = await asyncio.to_thread(_file, at.settings.recordings_dir, found)
    async with at.act("hear_voicemail", own.agent.id, found.call):
        if path is None:
            raise Unknown("The recording is not on this machine, or was deleted.")
    return web.FileResponse(path, headers={"Content-Type": "audio/wav"})


@routes.post(f"{PATH}/voicemails/{{voicemail}}/heard", Right.DESK)
async def heard(at: At, voicemail: str) -> None:
    """It is new to nobody any more."""
    own = await seat(at)
    found = await _voicemail_of(own, voicemail)
    async with at.act("voicemail_heard", own.agent.id, found.call):
        await voicemails.heard(at.redis, at.account, voicemail, own.agent.id, now())


async def _names(at: At, own: Seat) -> dict[str, str]:
    """Of the agent's groups."""
    groups = await own.groups()
    found = await documents.get_many(at.redis, Group, groups)
    return {name: one.document.name if one else name for name, one in zip(groups, found, strict=True)}


async def _callback_of(own: Seat, name: str) -> Callback:
    found = await callbacks.get(own.distribution, name)
    if found is None or found.group not in await own.groups():
        raise Unknown("There is no callback %(callback)s for your groups.", callback=name)
    return found


async def _voicemail_of(own: Seat, name: str) -> Voicemail:
    found = await voicemails.get(own.distribution.redis, own.distribution.account, name)
    if found is None or found.group not in await own.groups():
        raise Unknown("There is no voicemail %(voicemail)s for your groups.", voicemail=name)
    return found


def _file(folder: Path, found: Voicemail) -> Path | None:
    path = (folder / found.file).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def _callback(one: Callback, group: str) -> PendingCallback:
    return PendingCallback(
        callback=one.id,
        state=one.state,
        group=one.group,
        group_name=group,
        number=one.number,
        asked=one.asked,
        due=one.due,
        expires=one.expires,
        attempts=one.attempts,
    )


def _voicemail(one: Voicemail, group: str) -> NewVoicemail:
    return NewVoicemail(
        voicemail=one.id, group=one.group, group_name=group, number=one.caller or "", at=one.at, ms=one.ms
    )
