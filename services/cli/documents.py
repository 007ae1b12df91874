"""``hotline document …`` and ``hotline export``: documents as they stand, and as they once stood."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli import session
from services.cli.files import engine, reading_of, refuse
from services.cli.terminal import Refused, differ, out
from services.configuration import changes, sounds
from services.configuration.changes import Changes, document_at
from services.domain import listfile
from services.domain.documents import Document, Ref, owner_of, ref
from services.domain.instant import to_rfc3339
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.reading import Reading, read
from services.domain.writing import csv_name, differences, revised, text_of
from services.prompts import Sounds
from services.settings import Settings
from services.store import versions
from services.store.due import now
from services.store.versions import Edit

app = typer.Typer(no_args_is_help=True, help="Documents as they stand, and their earlier versions.")

KINDS = sorted(get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Document)[0]))
Kind = Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")]
Name = Annotated[str, typer.Argument(help="Its id; of a hotline its number.")]
Number = Annotated[int | None, typer.Option("--version", min=1, help="Left out: the newest.")]


@app.command()
def show(kind: Kind, name: Name, version: Number = None) -> None:
    """Print a document as YAML.

    Example: hotline document show hotline 4001234567 --version 3
    """

    async def work(redis: Redis) -> None:
        document = await document_at(redis, kind, name, version)
        out.print(text_of(document), markup=False, end="", soft_wrap=True)
        if isinstance(document, NumberList):
            typer.echo(f"# {csv_name(document)}\n{listfile.written(document)}", nl=False)

    session.run(work)


@app.command()
def history(kind: Kind, name: Name) -> None:
    """List a document's versions: when each was made, by whom, and why.

    Example: hotline document history hotline 4001234567
    """

    async def work(redis: Redis) -> None:
        found = await versions.history(redis, kind, name)
        if not found:
            raise Refused(f"there is no {kind} {name!r}")
        for one in found:
            told = f"{to_rfc3339(one.edit.at)}  {one.edit.by}  {one.edit.why}" if one.edit else "-"
            out.print(f"{one.number:>4}  {told}{'  (deleted)' * one.deleted}".rstrip(), markup=False)

    session.run(work)


@app.command()
def diff(
    kind: Kind,
    name: Name,
    old: Annotated[int | None, typer.Option("--from", min=1, help="Left out: the one before.")] = None,
    new: Annotated[int | None, typer.Option("--to", min=1, help="Left out: the newest.")] = None,
) -> None:
    """Show what changed between two versions of a document.

    Example: hotline document diff hotline 4001234567 --from 2
    """

    async def work(redis: Redis) -> None:
        to = new or len(await versions.history(redis, kind, name))
        since = old or max(1, to - 1)
        before, after = [await document_at(redis, kind, name, number) for number in (since, to)]
        differ(differences(before, after, (f"version {since}", f"version {to}")))

    session.run(work)


@app.command()
def rollback(
    kind: Kind,
    name: Name,
    actor: session.Actor,
    to: Annotated[int, typer.Option(min=1, help="The version that is to hold again.")],
    why: Annotated[str, typer.Option(help="For the history.")] = "",
) -> None:
    """Make a document what it was in an earlier version; that becomes a new version.

    Example: hotline document rollback hotline 4001234567 --to 3 --why "menu was wrong"
    """

    async def work(redis: Redis) -> None:
        settings = Settings()
        made = Sounds(settings.sounds_dir, engine(settings))
        changed = await Changes(redis, made).roll_back((kind, name), to, Edit(actor, now(), why))
        for document, version in changed:
            out.print(f"{document.kind} {document.id} version {version}", markup=False)
        if not changed:
            out.print(f"{kind} {name} is as version {to} already", markup=False)

    session.run(work)


@app.command()
def delete(kind: Kind, name: Name, actor: session.Actor, why: Annotated[str, typer.Option()] = "") -> None:
    """Delete a document that no other names; its versions stay, and rollback brings it back.

    Example: hotline document delete group sales --why "closed"
    """

    async def work(redis: Redis) -> None:
        await changes.delete(redis, (kind, name), Edit(actor, now(), why))

    session.run(work)


def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Made if there is none.")],
    account: Annotated[str | None, typer.Option(help="Only this account's documents, and the account.")] = None,
) -> None:
    """Write all documents as YAML, a file each; applied again they change nothing.

    Documents that stand in a file of the folder stay there, comments and all; only what is otherwise is replaced.
    A list's entries stand in a CSV file beside it. Sound files are not among them.

    Example: hotline export backup/ --account shop
    """

    async def work(redis: Redis) -> list[Document]:
        return [one async for one in versions.everything(redis) if account in {None, owner_of(one)}]

    try:
        found = session.run(work)
    except ValidationError as error:
        raise Refused(f"a document was written by another release: {error.errors()[0]['msg']}") from error
    kept = _kept(folder)
    for path, changed in _changed(found, kept).items():
        text = revised(path.read_text("utf-8-sig"), changed)
        path.write_text(text, "utf-8")
        _write_entries(path, text, changed)
    for document in found:
        if ref(document) not in kept:
            path = folder / document.kind / f"{document.id}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text_of(document), "utf-8")
            _write_entries(path, text_of(document), {ref(document): document})
    out.print(f"{len(found)} documents in {folder}", markup=False)
    for sound in sorted({f"{one.kind} {one.id}: {sound.file}" for one in found for sound in _sounds(one)}):
        out.print(f"not among them: {sound}", markup=False)


def _kept(folder: Path) -> dict[Ref, tuple[Path, Document]]:
    """Documents that stand in files of the folder, as they would be stored."""
    reading = reading_of([folder]) if folder.is_dir() else Reading()
    refuse(reading.problems)
    return {item.ref: (Path(item.file), sounds.digested(item)) for item in reading.located}


def _changed(found: list[Document], kept: dict[Ref, tuple[Path, Document]]) -> dict[Path, dict[Ref, Document]]:
    changed: dict[Path, dict[Ref, Document]] = defaultdict(dict)
    for document in found:
        path, before = kept.get(ref(document), (Path(), document))
        if before != document:
            changed[path][ref(document)] = document
    return changed


def _write_entries(path: Path, text: str, documents: Mapping[Ref, Document]) -> None:
    """Beside a file with lists that was written just now."""
    for item in read("", text).located:
        whole, bare = documents.get(item.ref), item.document
        if isinstance(whole, NumberList) and isinstance(bare, NumberList) and bare.file:
            (path.parent / bare.file).write_text(listfile.written(whole), "utf-8")


def _sounds(document: Document) -> Iterator[SoundFile]:
    return (one for one in _values(document) if isinstance(one, SoundFile))


def _values(value: Any) -> Iterator[Any]:
    """Everything within, at whatever depth."""
    yield value
    inner: Iterable[Any] = ()
    if hasattr(value, "model_fields_set"):
        inner = [getattr(value, name) for name in type(value).model_fields]
    elif isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    for one in inner:
        yield from _values(one)
