"""Sounds of documents: what is wrong with them, and how they are made."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services import uploads
from services.configuration.refusal import Refused
from services.domain import mailbox
from services.domain.documents import Document, Group
from services.domain.model import Model
from services.domain.nodes.base import SoundFile
from services.domain.problem import Problem
from services.domain.prompts import MANDARIN, Sound, file_name, sounds_of, voices_of
from services.domain.reading import Located
from services.programs import SoundError
from services.prompts import Sounds, is_prepared
from services.speech import Engine

AT_ONCE = 4

Finding = Awaitable[Problem | None]
Progress = Callable[[Iterable[Finding], str, int], Iterable[Finding]]
"""Shows how far it is: what is found one after the other, what that is, how many there are."""


def silent(findings: Iterable[Finding], what: str, count: int) -> Iterable[Finding]:
    del what, count
    return findings


async def problems(
    located: list[Located], folder: Path, engine: Callable[[], Engine], progress: Progress = silent
) -> list[Problem]:
    """What can be found without making a sound: files that are none, voices that there are not.

    ``folder``: of prepared sounds; ``engine``: what speaks, if anything is to be asked of it.
    """
    files = [wanted for item in located for wanted in _wanted(item) if isinstance(wanted.sound.said, SoundFile)]
    voices = [(item, key, voice) for item in located for key, voice in voices_of(item.document)]
    works = [_file_problem(one, folder) for one in {one.place: one for one in files}.values()]
    if voices:
        speaks = engine()
        works += [_voice_problem(*one, speaks) for one in voices]
    return await _found(works, "checking sounds", progress)


async def prepare(located: list[Located], sounds: Sounds, progress: Progress = silent) -> list[Document]:
    """Makes all sounds, and gives the documents as they are to be stored. Refuses them all for any that fails.

    Raises SoundError for what no document says.
    """
    ready = [replace(item, document=await asyncio.to_thread(digested, item)) for item in located]
    wanted = {one.sound.name: one for item in ready for one in _wanted(item)}
    if failed := await _found([_failure(one, sounds) for one in wanted.values()], "sounds", progress):
        raise Refused("nothing was applied:", *sorted(failed))
    await sounds.beep()
    for text in mailbox.pieces():
        await sounds.spoken(text, MANDARIN)
    return [item.document for item in ready]


def digested(item: Located) -> Document:
    """The document as it is stored: each recording that is there is named by its content as well."""
    document: Document = item.document if item.source is None else _with_digests(item.document, Path(item.file).parent)
    return document


async def put_music(documents: Collection[Document], sounds: Sounds) -> None:
    """From now on callers who wait hear their groups' own music; its sounds have been made."""
    for document in documents:
        if isinstance(document, Group) and document.music and document.music.sha256:
            await sounds.play(document.id, sounds.path(file_name(document.music.sha256)))


async def music_of(located: list[tuple[Path, Document]], sounds: Sounds) -> dict[str, Path]:
    """Prepares the music of groups that have some of their own; by group."""
    return {
        document.id: await sounds.music(document.id, path.parent / document.music.file)
        for path, document in located
        if isinstance(document, Group) and document.music
    }


@dataclass(frozen=True)
class _Wanted:
    """A sound, and the document that wants it."""

    item: Located
    sound: Sound

    @property
    def place(self) -> tuple[str, str]:
        return self.item.place(self.sound.key), str(self.file)

    @property
    def file(self) -> Path | None:
        """None of a text, and of a document that stands in no file: only what was prepared can be had."""
        if self.item.source is None or not isinstance(self.sound.said, SoundFile):
            return None
        return Path(self.item.file).parent / self.sound.said.file

    def problem(self, why: object) -> Problem:
        key, said = self.sound.key, self.sound.said
        if isinstance(said, SoundFile):
            return self.item.problem(f"{key}.file", said.file, str(why))
        return self.item.problem(key, said, str(why))


def _wanted(item: Located) -> Iterator[_Wanted]:
    return (_Wanted(item, sound) for sound in sounds_of(item.document))


async def _found(works: Iterable[Finding], what: str, progress: Progress) -> list[Problem]:
    """A few at a time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(work: Finding) -> Problem | None:
        async with places:
            return await work

    tasks = [asyncio.create_task(one(work)) for work in works]
    done = (await task for task in progress(asyncio.as_completed(tasks), what, len(tasks)))
    try:
        return [problem async for problem in done if problem]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _failure(wanted: _Wanted, sounds: Sounds) -> Problem | None:
    said, file = wanted.sound.said, wanted.file
    try:
        if not isinstance(said, SoundFile):
            await sounds.spoken(said, wanted.sound.voice)
        elif file is not None:
            await sounds.recorded(file)
        elif not await asyncio.to_thread(sounds.path(wanted.sound.name).exists):
            return wanted.problem("this recording is not here any more; bring it again")
    except SoundError as error:
        return wanted.problem(error)
    return None


async def _file_problem(wanted: _Wanted, sounds: Path) -> Problem | None:
    file = wanted.file
    if file is None:
        ready = await asyncio.to_thread((sounds / f"{wanted.sound.name}.wav").exists)
        return None if ready else wanted.problem("this recording is not here any more; bring it again")
    if not await asyncio.to_thread(file.is_file):
        return wanted.problem("there is no such file")
    try:
        if await asyncio.to_thread(is_prepared, file, sounds):
            return None
        why = await uploads.fault(file)
    except (OSError, SoundError) as error:
        why = f"cannot be checked: {error}"
    return wanted.problem(why) if why else None


async def _voice_problem(item: Located, key: str, voice: str, speaks: Engine) -> Problem | None:
    try:
        why = await speaks.why_not(voice)
    except SoundError:  # the engine is not on this machine: it will be asked on the one that applies
        return None
    return item.problem(key, voice, why) if why else None


def _with_digests(value: Any, folder: Path) -> Any:
    """The same, each recording named by its content as well."""
    if isinstance(value, SoundFile):
        path = folder / value.file
        return value.model_copy(update={"sha256": uploads.sha256(path)}) if path.is_file() else value
    if isinstance(value, Model):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
        changed = {name: new for name, one in inner.items() if (new := _with_digests(one, folder)) is not one}
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        new = {key: _with_digests(one, folder) for key, one in value.items()}
        return new if any(new[key] is not value[key] for key in value) else value
    if isinstance(value, list | tuple):
        items = [_with_digests(one, folder) for one in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
