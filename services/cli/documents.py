"""``hotline document …`` and ``hotline export``: documents as they stand, and as they once stood."""

import asyncio
import difflib
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from ruamel.yaml import YAML

from services.cli import session
from services.cli.terminal import Refused, out
from services.domain import listfile
from services.domain.documents import Account, Document
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.record import to_rfc3339
from services.store import documents, staff, versions
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
        document = await _document(redis, kind, name, version)
        out.print(_yaml(document), markup=False, end="", soft_wrap=True)
        if isinstance(document, NumberList):
            typer.echo(f"# {_csv_name(document)}\n{listfile.written(document)}", nl=False)

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
            out.print(f"{one.number:>4}  {told}".rstrip(), markup=False)

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
        before, after = [await _document(redis, kind, name, number) for number in (since, to)]
        texts = (_yaml(before).splitlines(), _yaml(after).splitlines())
        lines = difflib.unified_diff(*texts, f"version {since}", f"version {to}", lineterm="")
        for line in chain(lines, _entries_changed(before, after)):
            style = {"+": "green", "-": "red"}.get(line[:1], "")
            out.print(line, markup=False, style=style, soft_wrap=True)

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
        earlier = await _document(redis, kind, name, to)
        await _check_references(redis, earlier, to)
        edit = Edit(actor, now(), why or f"as version {to}")
        changed = await documents.apply(redis, [earlier], edit)
        await staff.put(redis, [earlier])
        for document, version in changed:
            out.print(f"{document.kind} {document.id} version {version}", markup=False)
        if not changed:
            out.print(f"{kind} {name} is as version {to} already", markup=False)

    session.run(work)


def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Made if there is none; files in it are replaced.")],
    account: Annotated[str | None, typer.Option(help="Only this account's documents, and the account.")] = None,
) -> None:
    """Write all documents as YAML, a file each; applied again they change nothing.

    A list's entries stand in a CSV file beside it. Sound files are not among them.

    Example: hotline export backup/ --account shop
    """

    async def work(redis: Redis) -> list[Document]:
        return [one async for one in versions.everything(redis) if account in {None, _owner(one)}]

    try:
        found = session.run(work)
    except ValidationError as error:
        raise Refused(f"a document was written by another release: {error.errors()[0]['msg']}") from error
    for document in found:
        path = folder / document.kind / f"{document.id}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_yaml(document), encoding="utf-8")
        if isinstance(document, NumberList):
            (path.parent / _csv_name(document)).write_text(listfile.written(document), encoding="utf-8")
    out.print(f"{len(found)} documents in {folder}", markup=False)
    for sound in sorted({f"{one.kind} {one.id}: {sound.file}" for one in found for sound in _sounds(one)}):
        out.print(f"not among them: {sound}", markup=False)


async def _document(redis: Redis, kind: str, name: str, number: int | None) -> Document:
    try:
        found = await versions.document(redis, kind, name, number)
    except ValidationError as error:
        raise Refused(f"{kind} {name!r} was written by another release: {error.errors()[0]['msg']}") from error
    if found is None:
        raise Refused(f"there is no {kind} {name!r}" + (f" version {number}" if number else ""))
    return found


async def _check_references(redis: Redis, document: Document, number: int) -> None:
    named = list(document.references())
    there = await asyncio.gather(*(versions.document(redis, kind, name) for _, kind, name in named))
    missing = [
        f"{key}: there is no {kind} {name!r}" for (key, kind, name), one in zip(named, there, strict=True) if not one
    ]
    if missing:
        raise Refused(*(f"version {number} cannot hold again: {sentence}" for sentence in missing))


def _owner(document: Document) -> str | None:
    return document.id if isinstance(document, Account) else getattr(document, "account", None)


def _yaml(document: Document) -> str:
    yaml, text = YAML(), StringIO()
    yaml.default_flow_style = False
    yaml.width = 120
    fields = document.model_dump(mode="json", exclude_defaults=True)
    if isinstance(document, NumberList):
        fields = {**fields, "file": _csv_name(document)}
        fields.pop("entries", None)
    yaml.dump({"kind": document.kind, **fields}, text)
    return text.getvalue()


def _csv_name(document: NumberList) -> str:
    return f"{document.id}.csv"


def _entries_changed(before: Document, after: Document) -> Iterator[str]:
    """Of a list, whose order says nothing."""
    if isinstance(before, NumberList) and isinstance(after, NumberList):
        old, new = [set(listfile.written(one).splitlines()) for one in (before, after)]
        yield from (f"-{line}" for line in sorted(old - new))
        yield from (f"+{line}" for line in sorted(new - old))


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
