"""The command line: ``hotline …``. Exit codes: 0 done, 1 refused or found wrong, 2 misused."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.progress import track

from dialplan.render import SharedSounds
from dialplan.render import render as render_files
from services.cli import (
    accounts,
    agents,
    callbacks,
    compare,
    outbox,
    rate,
    records,
    rerate,
    serve,
    statement,
    supervision,
    voicemails,
)
from services.cli.doctor import doctor
from services.cli.terminal import Refused, err, out
from services.domain import mailbox
from services.domain.check import check as check_documents
from services.domain.documents import Account, Agent, Document, Group, Hotline
from services.domain.features import sentences
from services.domain.nodes.base import SoundFile
from services.domain.pbx import Pbx
from services.domain.prompts import MANDARIN
from services.domain.reading import Located, Problem, Reading, read
from services.prompts import Espeak, SoundError, Sounds
from services.settings import Settings
from services.store import agents as store_agents
from services.store import documents as store
from services.store import queues as store_queues
from services.store.distribution import Distribution
from services.store.due import now

APOLOGY = "对不起，系统暂时无法接通您的电话，请稍后再拨。"
CONFIRM = "有一个来电，请按1接听。"

main = typer.Typer(name="hotline", no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
asterisk = typer.Typer(no_args_is_help=True, help="What Asterisk loads.")
main.add_typer(asterisk, name="asterisk")
main.add_typer(serve.app, name="serve")
main.add_typer(accounts.app, name="account")
main.add_typer(agents.app, name="agent")
main.command()(doctor)
main.add_typer(records.app, name="records")
main.add_typer(callbacks.app, name="callback")
main.command()(records.tail)
main.add_typer(outbox.app, name="notify")
main.add_typer(voicemails.app, name="voicemail")
main.add_typer(supervision.calls, name="call")
main.command()(supervision.supervise)

Files = Annotated[list[Path], typer.Argument(exists=True, help="Documents (YAML), or folders of them.")]


@main.command()
def check(files: Files) -> None:
    """Check documents and say everything that is wrong with them.

    Example: hotline check examples/shop
    """
    count = len(_documents(files))
    out.print(f"{count} documents, nothing wrong")


@main.command()
def apply(files: Files) -> None:
    """Check documents, prepare their sounds, and make them what callers meet from the next call on.

    Example: hotline apply examples/shop
    """
    located = _documents(files)
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
            if isinstance(document, Group):
                await sounds.prepare_announcement(document, path.parent)
        await _own_music(sounds, located)
        async with Redis.from_url(settings.redis_url) as redis:
            for document, version in await store.apply(redis, [document for _, document in located]):
                out.print(f"{document.kind:<8} {document.id:<20} version {version}")
            await _put(redis, [document for _, document in located])

    try:
        asyncio.run(work())
    except (SoundError, RedisError) as error:
        raise Refused(f"nothing was applied: {error}") from error


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


async def _put(redis: Redis, found: list[Document]) -> None:
    """Makes agents and groups known to the distribution of calls."""
    at = now()
    for document in found:
        if isinstance(document, Agent):
            await store_agents.put(Distribution(redis, document.account), document, at)
    for document in found:
        if isinstance(document, Group):
            await store_queues.put(Distribution(redis, document.account), document, at)


@main.command("rate")
def rate_calls(  # noqa: PLR0913
    files: Files,
    *,
    calls: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Calls as JSON lines: docs/tariffs.md.")
    ] = None,
    cel: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="Asterisk's call events, several times from the oldest file on."
        ),
    ] = None,
    tariff: Annotated[str | None, typer.Option(help="By this one, instead of that of the hotline's account.")] = None,
    package: Annotated[
        list[str] | None, typer.Option(help="With this one since the first call, instead of the account's.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Settle packages up to this day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what calls cost by tariffs and packages, and why; nothing is written anywhere.

    Example: hotline rate examples/demo --calls calls.jsonl --tariff per-minute

    Example: hotline rate examples/demo --cel hotline.csv.1 --cel hotline.csv
    """
    if (calls is None) == (not cel):
        raise typer.BadParameter("one of --calls and --cel is needed, and not both")
    documents = [document for _, document in _documents(files)]
    settled = None if until is None else until.date()
    cases = rate.of_cel(cel or []) if calls is None else rate.of_lines(calls)
    rate.rate(documents, cases, tariff=tariff, packages=package or [], until=settled, as_json=as_json)


@main.command("compare")
def compare_packages(  # noqa: PLR0913
    account: str,
    *,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, in China's time.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day no longer in the period.")],
    package: Annotated[list[Path], typer.Option(exists=True, help="Documents (YAML) with the packages on offer.")],
    calls: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON lines, instead of the stream; asks Redis nothing."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what an account's own calls of a period would have cost with each package on offer.

    Example: hotline compare shop --since 2026-01-01 --until 2026-07-01 --package offers/
    """
    offers = [document for _, document in _documents(package)]
    compare.compare(account, offers, since.date(), until.date(), calls, as_json=as_json)


@main.command("statement")
def show_statement(
    account: str,
    *,
    cycle: Annotated[str, typer.Option(help="A month, 2026-10, or a day of a package's cycle, 2026-10-15; in China.")],
    package: Annotated[str | None, typer.Option(help="Whose cycle, where packages have several.")] = None,
    form: Annotated[statement.Form, typer.Option("--format")] = statement.Form.HTML,
    language: Annotated[statement.Language, typer.Option(help="Of HTML.")] = statement.Language.ZH,
) -> None:
    """Print what an account owes for a month or a cycle: each call, sums, what its packages cost, and its balance.

    Example: hotline statement shop --cycle 2026-10 --language en > shop-2026-10.html

    Example: hotline statement shop --cycle 2026-10-15 --package three-years --format csv
    """
    statement.show(account, cycle, package, form, language)


@main.command("rerate")
def rerate_calls(
    *,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the first calls' ends, in China.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day no longer in the period.")],
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    apply_: Annotated[bool, typer.Option("--apply", help="Write corrections.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Price calls again by the documents as they are now; say what changes, and write corrections if told to.

    Example: hotline rerate --since 2026-10-01 --until 2026-11-01 --account shop --apply
    """
    begin, end = (int(day.replace(tzinfo=records.CHINA).timestamp()) * 1000 for day in (since, until))
    rerate.rerate(begin, end, account, apply=apply_, as_json=as_json)


@asterisk.command()
def render(
    files: Files,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder of the configuration files.")],
) -> None:
    """Write the configuration files of one Asterisk host; exactly one pbx document must be among the documents.

    Example: hotline asterisk render pbx.yaml examples/shop --out /etc/asterisk
    """
    located = _documents(files)
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


def _documents(files: list[Path]) -> list[tuple[Path, Document]]:
    """All documents with the files they stand in; refuses all when anything is wrong with any."""
    readings = []
    for path in _yaml_files(files):
        try:
            readings.append(read(str(path), path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path}: {error}") from error
    reading = Reading.of_all(readings)
    missing = [problem for item in reading.located for problem in _missing_files(item)]
    problems = [*reading.problems, *check_documents(reading), *missing]
    if problems:
        raise Refused(*sorted(problems))
    return [(Path(item.file), item.document) for item in reading.located]


def _yaml_files(files: list[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path


def _missing_files(item: Located) -> Iterator[Problem]:
    for key, sound in _files_of(item.document):
        if not (Path(item.file).parent / sound.file).is_file():
            yield item.problem(f"{key}.file", sound.file, "there is no such file")


def _files_of(document: Document) -> Iterator[tuple[str, SoundFile]]:
    if isinstance(document, Hotline):
        for name, node in document.flow.nodes.items():
            for key, prompt in node.prompts():
                if isinstance(prompt, SoundFile):
                    yield f"flow.nodes.{name}.{key}", prompt
    if isinstance(document, Group) and document.music:
        yield "music", document.music
    if isinstance(document, Group) and document.recording and isinstance(document.recording.announce, SoundFile):
        yield "recording.announce", document.recording.announce
