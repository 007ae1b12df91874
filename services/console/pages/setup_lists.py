"""A list's entries: looked through, added, taken away, brought and taken as CSV."""

from typing import Annotated

from aiohttp import web
from aiohttp.web_request import FileField
from pydantic import BaseModel, Field

from services.console import access, drafting
from services.console.api import lists
from services.console.api.lists import Change, Searched
from services.console.context import At, Page, Redirect
from services.console.pages.setup import HOME, page
from services.console.problems import Malformed
from services.console.route import Routes
from services.domain.rights import Right

pages = Routes("setup")
ENTRIES = HOME + "/list/{id}/entries"


class Edit(BaseModel):
    add: Annotated[str, Field(max_length=200_000)] = ""
    """Entries, one a line."""
    reason: Annotated[str | None, Field(max_length=40)] = None
    remove: Annotated[list[str], Field(max_length=1000)] = []
    mark: Annotated[str, Field(max_length=64)] = ""


@pages.page(ENTRIES, Right.SEE_SETUP)
async def entries(at: At, id: str, query: Searched) -> Page:  # noqa: A002 - the documents' own word
    found = await lists.find(at, id, query)
    desk = await drafting.desk(at)
    return page(at, "setup/entries.html", desk, found=found, query=query, document=desk.own("list", id))


@pages.form(ENTRIES, Right.CHANGE_SETUP)
async def change(at: At, id: str, body: Edit) -> Redirect:  # noqa: A002
    more = [line.strip() for line in body.add.splitlines() if line.strip()]
    await lists.change(at, id, Change(add=more, reason=body.reason, remove=body.remove, mark=body.mark))
    return Redirect(f"/accounts/{at.account}/setup/list/{id}/entries")


@pages.form(ENTRIES + "/csv", Right.CHANGE_SETUP, most=lists.LARGEST + 100_000)
async def bring(at: At, id: str) -> Redirect:  # noqa: A002
    fields = await access.form(at.request)
    file, instead = fields.get("file"), fields.get("instead") == "true"
    if not isinstance(file, FileField):
        raise Malformed("Choose a file first.")
    await lists.brought(at, id, file.file.read(lists.LARGEST), str(fields.get("mark", "")), instead=instead)
    return Redirect(f"/accounts/{at.account}/setup/list/{id}/entries")


@pages.page(ENTRIES + "/csv", Right.SEE_SETUP)
async def take(at: At, id: str) -> web.Response:  # noqa: A002
    return await lists.take(at, id)
