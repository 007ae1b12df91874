"""An account's set-up: what there is of it, what one has changed, its versions."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field

from services.console import access, drafting
from services.console.api import documents, prompts
from services.console.api.documents import Rollback, Why
from services.console.context import At, Page, Redirect
from services.console.forms import labels
from services.console.forms.fresh import NEW
from services.console.problems import Problem
from services.console.route import Routes
from services.domain.documents import Document
from services.domain.rights import Right
from services.store import versions

pages = Routes()

HOME = "/accounts/{account}/setup"
SHOWN = ("hotline", "group", "agent", "list", "calendar", "numbering")


class Named(BaseModel):
    kind: Annotated[str, Field(max_length=20)] = ""
    id: Annotated[str, Field(max_length=40)] = ""


class Which(BaseModel):
    number: Annotated[str, Field(max_length=6)] = ""


class To(BaseModel):
    to: Annotated[int, Field(ge=1, le=1_000_000)]
    why: Annotated[str, Field(max_length=200)] = ""


def page(at: At, template: str, desk: drafting.Desk, status: int = 200, **values: Any) -> Page:
    """With what every page of the set-up shows."""
    common = {
        "desk": desk,
        "home": f"/accounts/{at.account}/setup",
        "may_change": at.may(Right.CHANGE_SETUP),
        "platform": drafting.platform(at),
        "labels": labels,
    }
    return Page(template, status, **common, **values)


@pages.page(HOME, Right.SEE_SETUP)
async def overview(at: At) -> Page:
    desk = await drafting.desk(at)
    found = {kind: desk.of_kind(kind) for kind in SHOWN}
    groups: dict[str, list[Document]] = {}
    for group in found["group"]:
        for member in getattr(group, "members", []):
            groups.setdefault(member, []).append(group)
    return page(at, "setup/overview.html", desk, found=found, groups=groups, new=NEW)


@pages.page(HOME + "/draft", Right.SEE_SETUP)
async def review(at: At) -> Page:
    return await _review(at)


@pages.form(HOME + "/draft", Right.CHANGE_SETUP)
async def apply(at: At, body: Why) -> Page | Redirect:
    try:
        await documents.apply(at, body)
    except Problem as problem:
        return await _review(at, problem)
    return Redirect(f"/accounts/{at.account}/setup")


@pages.form(HOME + "/draft/discard", Right.CHANGE_SETUP)
async def discard(at: At) -> Redirect:
    await documents.discard(at)
    return Redirect(f"/accounts/{at.account}/setup")


@pages.form(HOME + "/draft/drop", Right.CHANGE_SETUP)
async def drop(at: At, body: Named) -> Redirect:
    await documents.drop(at, body.kind, body.id)
    return Redirect(f"/accounts/{at.account}/setup/draft")


@pages.form(HOME + "/draft/keep", Right.CHANGE_SETUP)
async def keep(at: At, body: Named) -> Redirect:
    await documents.keep(at, body.kind, body.id)
    return Redirect(f"/accounts/{at.account}/setup/draft")


async def _review(at: At, problem: Problem | None = None) -> Page:
    desk = await drafting.desk(at)
    found = await drafting.problems(desk, desk.changed)
    changed = []
    for document in desk.changed:
        title = (document.kind, document.id)
        theirs = desk.stands.documents.get(title)
        changed.append({
            "document": document,
            "lines": documents.lines_between(theirs, document, ("", "")),
            "moved": title in desk.moved,
            "theirs": await _since(at, desk, title) if title in desk.moved else [],
        })  # fmt: skip
    status = 200 if problem is None else int(problem.status)
    return page(at, "setup/draft.html", desk, status, changed=changed, problems=found, problem=problem)


async def _since(at: At, desk: drafting.Desk, title: tuple[str, str]) -> list[str]:
    """What others have changed of it since it came into the draft."""
    base = desk.draft.documents[title].version if desk.draft else 0
    before = await versions.document(at.redis, *title, base) if base else None
    return list(documents.lines_between(before, desk.stands.documents.get(title), ("", "")))


@pages.page(HOME + "/{kind}/{id}/versions", Right.SEE_SETUP)
async def history(at: At, kind: str, id: str, query: Which) -> Page:  # noqa: A002 - the documents' own word
    found = await documents.history(at, kind, id)
    number = query.number or str(found[0].number)
    lines = await documents.difference(at, kind, id, number)
    desk = await drafting.desk(at)
    return page(at, "setup/versions.html", desk, kind=kind, id=id, versions=found, number=number, lines=lines)


@pages.form(HOME + "/{kind}/{id}/rollback", Right.CHANGE_SETUP)
async def roll_back(at: At, kind: str, id: str, body: To) -> Redirect:  # noqa: A002
    await documents.roll_back(at, kind, id, Rollback(to=body.to, why=body.why))  # type: ignore[arg-type]
    return Redirect(f"/accounts/{at.account}/setup/{kind}/{id}/versions")


@pages.form(HOME + "/{kind}/{id}/delete", Right.CHANGE_SETUP)
async def delete(at: At, kind: str, id: str) -> Redirect:  # noqa: A002
    await documents.delete(at, kind, id)
    return Redirect(f"/accounts/{at.account}/setup")


@pages.page(HOME + "/prompts", Right.SEE_SETUP)
async def all_prompts(at: At) -> Page:
    desk = await drafting.desk(at)
    every, brought = await prompts.every(at), await prompts.recordings(at)
    return page(at, "setup/prompts.html", desk, prompts=every, brought=brought, heard=None)


@pages.form(HOME + "/prompts", Right.CHANGE_SETUP, most=prompts.LARGEST)
async def bring(at: At) -> Redirect:
    """A recording, into the company's own."""
    fields = await access.form(at.request)
    await prompts.bring(at, fields.get("file"))
    return Redirect(f"/accounts/{at.account}/setup/prompts")


@pages.form(HOME + "/prompts/hear", Right.SEE_SETUP)
async def hear(at: At) -> Page:
    """The text of the field that asks, spoken. Which field: ``@hear`` is its name."""
    fields = await access.form(at.request)
    name = str(fields.get("@hear", "text"))
    sent = {"text": str(fields.get(name, ""))[: prompts.LONGEST].strip() or "…", "voice": fields.get("@voice") or "cmn"}
    heard = await prompts.speak(at, prompts.Text.model_validate(sent))
    return Page("setup/heard.html", sound=heard.sound)


@pages.page(HOME + "/sounds/{folder}/{name}", Right.SEE_SETUP)
async def sound(at: At, folder: str, name: str) -> web.FileResponse:
    found = await prompts.sound(at, folder, name)
    return web.FileResponse(found, headers={"Content-Type": "audio/wav", "X-Content-Type-Options": "nosniff"})
