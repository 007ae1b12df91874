"""What callers hear: where it stands, how a text sounds, and recordings that a company brings."""

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from aiohttp import web
from aiohttp.web_request import FileField
from pydantic import BaseModel, Field

from services import uploads
from services.console import drafting
from services.console.api.documents import sounds
from services.console.context import At
from services.console.problems import Away, Malformed, Refused, Unknown
from services.console.route import Routes
from services.domain.documents import Document, Group, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import Prompt, SoundFile
from services.domain.prompts import MUSIC, file_name, prompts_of
from services.domain.rights import Right
from services.domain.spoken import split
from services.impromptu import FOLDER, Impromptu
from services.programs import SoundError
from services.store import brought
from services.store.brought import Brought
from services.store.due import now

routes = Routes("setup")
BASE = "/api/v1/accounts/{account}/prompts"
LARGEST = uploads.LARGEST_MB * 1_000_000 + 1_000_000
"""Bytes of a form with a recording in it."""
LONGEST = 1000
SECONDS = 20.0
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-f]{32}")
_SPEAKERS: WeakKeyDictionary[web.Application, Impromptu] = WeakKeyDictionary()


class Said(BaseModel):
    """One prompt in one language."""

    document: str
    key: Annotated[str, Field(description="`flow.nodes.welcome.prompt.zh`")]
    text: Annotated[str, Field(description="Empty: it is a recording.")]
    file: str
    sha256: str
    voice: str


class Recording(BaseModel):
    sha256: str
    name: str
    by: str
    at: int
    used: Annotated[list[str], Field(description="Where, by document and key.")]


class Text(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]
    voice: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+-]{2,40}$")] = "cmn"


class Heard(BaseModel):
    sound: Annotated[str, Field(description="Path of a WAV file below the account's address.")]


@routes.get(BASE, Right.SEE_SETUP)
async def every(at: At) -> list[Said]:
    """All that callers of the account may hear, as one's draft has it."""
    desk = await drafting.desk(at)
    return [
        one
        for kind in ("hotline", "group", "list", "account")
        for document in desk.of_kind(kind)
        for one in said(document)
    ]


@routes.get(BASE + "/recordings", Right.SEE_SETUP)
async def recordings(at: At) -> list[Recording]:
    """Recordings that the company has brought, and where they are heard."""
    used: dict[str, list[str]] = {}
    for one in await every(at):
        if one.sha256:
            used.setdefault(one.sha256, []).append(f"{one.document} {one.key}")
    return [
        Recording(sha256=one.sha256, name=one.name, by=one.by, at=one.at, used=used.get(one.sha256, []))
        for one in await brought.every(at.redis, at.account)
    ]


@routes.post(BASE + "/speak", Right.SEE_SETUP)
async def speak(at: At, body: Text) -> Heard:
    """Speak a text as callers would hear it; names in braces are left out."""
    try:
        parts = [part for part in split(body.text) if isinstance(part, str)]
    except ValueError as error:
        raise Refused("This cannot be spoken: %(why)s", why=str(error)) from None
    name = await _speaker(at).sound("，".join(parts), body.voice)
    if name is None:
        raise Refused("This cannot be spoken with voice %(voice)s.", voice=body.voice)
    return Heard(sound=f"/accounts/{at.account}/setup/sounds/{name}")


async def bring(at: At, field: Any) -> Brought:
    """A recording of a form. Raises Refused, Malformed and Away."""
    if not isinstance(field, FileField):
        raise Malformed("Choose a file first.")
    handle, path = tempfile.mkstemp(prefix="brought-")
    try:
        await asyncio.to_thread(_keep, field, handle)
        why = await uploads.fault(Path(path))
        if why is not None:
            raise Refused("%(file)s %(why)s.", file=_shown(field.filename), why=why)
        await sounds(at).recorded(Path(path))
        sha256 = await asyncio.to_thread(uploads.sha256, Path(path))
    except SoundError as error:
        raise Away("Recordings cannot be taken now: %(why)s", why=str(error)) from None
    finally:
        await asyncio.to_thread(Path(path).unlink)
    one = Brought(sha256, _shown(field.filename), at.identity.login, now())
    async with at.act("recording_bring", one.name):
        await brought.add(at.redis, at.account, one)
    return one


async def sound(at: At, folder: str, name: str) -> Path:
    """A prepared sound: spoken to be tried, or a recording of the account's own. Raises Unknown."""
    known = folder == FOLDER and _NAME.fullmatch(name) is not None
    if folder == "files" and _SHA256.fullmatch(name):
        own = {one.sha256 for one in await brought.every(at.redis, at.account)}
        known = name in own or any(one.sha256 == name for one in await every(at))
    path = at.settings.sounds_dir / (f"{file_name(name)}.wav" if folder == "files" else f"{folder}/{name}.wav")
    if not known or not await asyncio.to_thread(path.is_file):
        raise Unknown("There is no such sound.")
    return path


def said(document: Document) -> Iterator[Said]:
    if isinstance(document, Hotline):
        for key, prompt in prompts_of(document):
            yield from _said(document, key, prompt, document.voices)
    elif isinstance(document, Group):
        if document.recording and document.recording.announce:
            yield from _said(
                document, "recording.announce", document.recording.announce, {"": document.recording.voice}
            )
        if document.music:
            yield from _said(document, MUSIC, document.music, {"": ""})
    elif isinstance(document, NumberList):
        for name, reason in document.reasons.items():
            yield from _said(document, f"reasons.{name}", reason, {"": document.voice})


def _said(document: Document, key: str, prompt: Prompt, voices: Any) -> Iterator[Said]:
    each = prompt.items() if isinstance(prompt, dict) else [("", prompt)]
    for language, one in each:
        file = one if isinstance(one, SoundFile) else None
        yield Said(
            document=f"{document.kind} {document.id}",
            key=f"{key}.{language}" if language else key,
            text="" if isinstance(one, SoundFile) else one,
            file=file.file if file else "",
            sha256=(file.sha256 or "") if file else "",
            voice=voices.get(language) or next(iter(voices.values())),
        )


def _speaker(at: At) -> Impromptu:
    """One for the application: few speak at the same time."""
    app = at.request.app
    if app not in _SPEAKERS:
        _SPEAKERS[app] = Impromptu(sounds(at), SECONDS, LONGEST)
    return _SPEAKERS[app]


def _keep(field: FileField, handle: int) -> None:
    with os.fdopen(handle, "wb") as file:
        while piece := field.file.read(1 << 20):
            file.write(piece)


def _shown(name: str) -> str:
    """What the browser calls the file, as text of one line and never as a path."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(sign for sign in last if sign.isprintable())[:100] or "recording"
