"""Entries of black- and whitelists: found, added, taken away, brought and taken as CSV."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, cast

from aiohttp import web
from pydantic import BaseModel, Field

from services.console import drafting
from services.console.context import At
from services.console.problems import Invalid, Where
from services.console.route import Routes
from services.domain import listfile
from services.domain.flat import harmless
from services.domain.lists import AN_ENTRY, NumberList, entry_of
from services.domain.rights import Right

routes = Routes("setup")
BASE = "/api/v1/accounts/{account}/lists/{id}"
LARGEST = 8_000_000
"""Bytes of a CSV file: 200,000 entries have room in it."""


class Searched(BaseModel):
    find: Annotated[str, Field(max_length=40, description="A part of entries.")] = ""
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Entry(BaseModel):
    entry: str
    reason: str | None


class Entries(BaseModel):
    entries: list[Entry]
    found: int
    every: Annotated[int, Field(description="Entries of the list.")]
    mark: Annotated[str, Field(description="Sent back with a change: what was seen.")]


class Change(BaseModel):
    add: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10_000)] = []
    reason: Annotated[str | None, Field(max_length=40, description="Of those that are added.")] = None
    remove: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10_000)] = []
    mark: Annotated[str, Field(max_length=64)] = ""


class Csv(BaseModel):
    csv: Annotated[str, Field(max_length=LARGEST, description="An entry a line, and its reason: docs/documents.md.")]
    instead: Annotated[bool, Field(description="Of all that are there.")] = False
    mark: Annotated[str, Field(max_length=64)] = ""


@routes.get(BASE, Right.SEE_SETUP)
async def find(at: At, id: str, query: Searched) -> Entries:  # noqa: A002 - the documents' own word
    """Entries of a list, as one's draft has it."""
    found = await own(at, id)
    wanted = query.find.strip()
    fitting = [Entry(entry=one, reason=reason) for one, reason in found.entries.items() if wanted in one]
    page = fitting[query.offset : query.offset + query.limit]
    return Entries(entries=page, found=len(fitting), every=len(found.entries), mark=drafting.mark(found))


@routes.post(BASE, Right.CHANGE_SETUP)
async def change(at: At, id: str, body: Change) -> Entries:  # noqa: A002
    """Add and take away entries, in one's draft."""
    found = await own(at, id)
    wrong = [
        Where(at=f"body.add.{index}", expected=AN_ENTRY) for index, one in enumerate(body.add) if not entry_of(one)
    ]
    if body.reason is not None and body.reason not in found.reasons:
        wrong.append(Where(at="body.reason", expected=f"one of: {', '.join(found.reasons)}"))
    if wrong:
        raise Invalid("%(count)d entries are none; the first: %(first)s", wrong, count=len(wrong), first=_first(body))
    gone = {entry_of(one) or one for one in body.remove}
    left = {entry: reason for entry, reason in found.entries.items() if entry not in gone}
    more = {cast("str", entry_of(one)): body.reason for one in body.add}
    await _put(at, found, {**left, **more}, body.mark)
    return await find(at, id, Searched())


@routes.put(BASE + "/csv", Right.CHANGE_SETUP, most=LARGEST + 2_000_000)
async def bring(at: At, id: str, body: Csv) -> Entries:  # noqa: A002
    """Bring entries as CSV, in one's draft."""
    await brought(at, id, body.csv.encode(), body.mark, instead=body.instead)
    return await find(at, id, Searched())


@routes.get(BASE + "/csv", Right.SEE_SETUP, media="text/csv")
async def take(at: At, id: str) -> web.Response:  # noqa: A002
    """All entries as CSV, which ``bring`` takes."""
    found = await own(at, id)
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.csv"'}
    text = "".join(f"{_cell(entry)},{reason or ''}\r\n" for entry, reason in found.entries.items())
    return web.Response(text=f"entry,reason\r\n{text}", content_type="text/csv", charset="utf-8", headers=headers)


async def brought(at: At, id_: str, data: bytes, mark: str, *, instead: bool) -> None:
    """Raises Invalid with a place for each line that is wrong."""
    found = await own(at, id_)
    base = found.model_copy(update={"entries": {}}) if instead else found
    listed = await asyncio.to_thread(listfile.read, data, base)
    if listed.mistakes:
        mistakes = list(listfile.first_of(listed.mistakes))
        where = [Where(at=f"line {one.line} {one.value}".strip(), expected=one.expected) for one in mistakes]
        raise Invalid(
            "The file was not taken: line %(line)d: %(why)s", where, line=mistakes[0].line, why=where[0].expected
        )
    await _put(at, found, {**base.entries, **listed.entries}, mark)


async def own(at: At, name: str) -> NumberList:
    return cast("NumberList", (await drafting.desk(at)).own("list", name))


async def _put(at: At, found: NumberList, entries: Mapping[str, str | None], mark: str) -> None:
    new = found.model_copy(update={"entries": {}}).with_entries(entries)
    taken = await asyncio.to_thread(drafting.taken, drafting.whole(new), found)  # 200,000 take a while
    await drafting.put(at, taken, mark or drafting.mark(found), found)


def _first(body: Change) -> str:
    return next((one for one in body.add if not entry_of(one)), body.reason or "")


def _cell(entry: str) -> str:
    """No formula of any spreadsheet; ``bring`` takes it back."""
    return harmless(entry) or ""
