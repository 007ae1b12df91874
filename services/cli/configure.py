"""``hotline check``, ``hotline apply`` and ``hotline asterisk``: documents, and what is made of them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.progress import track

from dialplan.render import SharedSounds
from dialplan.render import render as render_files
from services.cli.files import Files, documents_in
from services.cli.session import Actor
from services.cli.terminal import Refused, err, out
from services.domain import mailbox
from services.domain.documents import Account, Agent, Document, Group, Hotline
from services.domain.features import sentences
from services.domain.lists import NumberList
from services.domain.pbx import Pbx
from services.domain.prompts import MANDARIN
from services.prompts import Espeak, SoundError, Sounds
from services.settings import Settings
from services.store import documents as store
from services.store import staff
from services.store.due import now
from services.store.versions import Edit

APOLOGY = "对不起，系统暂时无法接通您的电话，请稍后再拨。"
CONFIRM = "有一个来电，请按1接听。"

asterisk = typer.Typer(no_args_is_help=True, help="What Asterisk loads.")


def check(files: Files) -> None:
    """Check documents and say everything that is wrong with them.

    Example: hotline check examples/shop
    """
    count = len(documents_in(files))
    out.print(f"{count} documents, nothing wrong")


def apply(
    files: Files, actor: Actor, why: Annotated[str, typer.Option(help="For the documents' history.")] = ""
) -> None:
    """Check documents, prepare their sounds, and make them what callers meet from the next call on.

    Example: hotline apply examples/shop
    """
    located = documents_in(files)
    settings = Settings()

    async def work() -> None:
        sounds = Sounds(settings.sounds_dir, Espeak())
        hotlines = [(path, document) for path, document in located if isinstance(document, Hotline)]
        for path, hotline in track(hotlines, description="sounds", console=err, disable=not err.is_terminal):
            await sounds.prepare(hotline, path.parent)
        await sounds.beep()
        for text in _told_to_agents([document for _, document in located]):
            await sounds.spoken(text, MANDARIN)
        for _, document in located:
            if isinstance(document, Account):
                await sounds.spoken(document.refusal, MANDARIN)
        for path, document in located:
            await _told_to_callers(sounds, document, path.parent)
        await _own_music(sounds, located)
        everything, edit = [document for _, document in located], Edit(actor, now(), why)
        async with Redis.from_url(settings.redis_url) as redis:
            for document, version in await store.apply(redis, everything, edit):
                out.print(f"{document.kind:<8} {document.id:<20} version {version}")
            await staff.put(redis, everything)

    try:
        asyncio.run(work())
    except (SoundError, RedisError) as error:
        raise Refused(f"nothing was applied: {error}") from error


async def _told_to_callers(sounds: Sounds, document: Document, folder: Path) -> None:
    """Prepares what callers hear by the group that they come to, or the list that they are on."""
    if isinstance(document, Group):
        await sounds.prepare_announcement(document, folder)
    elif isinstance(document, NumberList):
        await sounds.prepare_reasons(document, folder)


def _told_to_agents(found: list[Document]) -> Iterator[str]:
    yield from mailbox.pieces()
    for document in found:
        if isinstance(document, Account):
            yield from sentences(document.pause_reasons)


async def _own_music(sounds: Sounds, located: list[tuple[Path, Document]]) -> dict[str, Path]:
    """Prepares the music of groups that have some of their own; by group."""
    return {
        document.id: await sounds.music(document.id, path.parent / document.music.file)
        for path, document in located
        if isinstance(document, Group) and document.music
    }


@asterisk.command()
def render(
    files: Files,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder of the configuration files.")],
) -> None:
    """Write the configuration files of one Asterisk host; exactly one pbx document must be among the documents.

    Example: hotline asterisk render pbx.yaml examples/shop --out /etc/asterisk
    """
    located = documents_in(files)
    found = [document for _, document in located]
    hosts = [document for document in found if isinstance(document, Pbx)]
    if len(hosts) != 1:
        raise Refused(f"{len(hosts)} pbx documents among {len(found)}; expected exactly one")
    [host] = hosts
    sounds = Sounds(Path(host.folders.sounds), Espeak())

    async def prepare() -> tuple[SharedSounds, dict[str, Path]]:
        apology, confirm = [await sounds.spoken(text, MANDARIN) for text in (APOLOGY, CONFIRM)]
        shared = SharedSounds(apology, confirm, await sounds.beep(), (await sounds.hold_music()).parent)
        return shared, await _own_music(sounds, located)

    try:
        agents = [document for document in found if isinstance(document, Agent)]
        groups = [document for document in found if isinstance(document, Group)]
        shared, own_music = asyncio.run(prepare())
        render_files(host, agents, groups, out_dir, shared, own_music=own_music)
    except (OSError, SoundError) as error:
        raise Refused(error) from error
