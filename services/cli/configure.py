"""``hotline apply`` and ``hotline asterisk``: documents, and what is made of them."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer
from redis.exceptions import RedisError

from dialplan.render import SharedSounds
from dialplan.render import render as render_files
from services.cli.files import Files, documents_in, engine, reading_with_sounds, told
from services.cli.session import Actor
from services.cli.terminal import Refused, out, telling
from services.configuration import sounds
from services.configuration.changes import Changes
from services.domain.documents import Agent, Group
from services.domain.model import ID
from services.domain.pbx import Pbx
from services.domain.prompts import MANDARIN
from services.programs import SoundError
from services.prompts import Sounds
from services.settings import Settings
from services.store.connection import connected
from services.store.due import now
from services.store.versions import Edit

APOLOGY = "对不起，系统暂时无法接通您的电话，请稍后再拨。"
CONFIRM = "有一个来电，请按1接听。"

asterisk = typer.Typer(no_args_is_help=True, help="What Asterisk loads.")


def _draft_name(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(ID, name):
        raise typer.BadParameter("a name has lower-case letters, digits, - and _, 40 at most")
    return name


def apply(
    files: Files,
    actor: Actor,
    why: Annotated[str, typer.Option(help="For the documents' history.")] = "",
    draft: Annotated[
        str | None, typer.Option(callback=_draft_name, help="Keep them under this name, and change nothing yet.")
    ] = None,
) -> None:
    """Check documents, prepare their sounds, and make them what callers meet from the next call on.

    What they name may be among them or stand already.

    Example: hotline apply examples/shop
    """
    reading, settings = reading_with_sounds(files), Settings()

    async def work() -> None:
        async with connected(settings.redis_url) as redis:
            changes = Changes(redis, Sounds(settings.sounds_dir, engine(settings)), telling)
            edit = Edit(actor, now(), why)
            if draft is not None:
                everything = await changes.put_aside(draft, reading, edit)
                out.print(f"{len(everything)} documents in draft {draft}")
                return
            for document, version in await changes.apply(reading, edit):
                out.print(f"{document.kind:<8} {document.id:<20} version {version}")

    try:
        with told():
            asyncio.run(work())
    except (SoundError, RedisError) as error:
        raise Refused(f"nothing was applied: {error}") from error


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
    made = Sounds(Path(host.folders.sounds), engine(Settings()))

    async def prepare() -> tuple[SharedSounds, dict[str, Path]]:
        apology, confirm = [await made.spoken(text, MANDARIN) for text in (APOLOGY, CONFIRM)]
        shared = SharedSounds(apology, confirm, await made.beep(), (await made.hold_music()).parent)
        return shared, await sounds.music_of(located, made)

    try:
        agents = [document for document in found if isinstance(document, Agent)]
        groups = [document for document in found if isinstance(document, Group)]
        shared, own_music = asyncio.run(prepare())
        render_files(host, agents, groups, out_dir, shared, own_music=own_music)
    except (OSError, SoundError) as error:
        raise Refused(error) from error
