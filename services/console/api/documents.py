"""An account's documents: seen, changed in a draft of one's own, put into effect, rolled back, deleted."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, JsonValue

from services.configuration import changes
from services.configuration.changes import Changes
from services.configuration.refusal import Refused as RefusedChange
from services.console import drafting
from services.console.context import At
from services.console.drafting import Desk, Wrong
from services.console.forms.masks import masked_text
from services.console.problems import Away, Forbidden, Refused, Unknown
from services.console.route import Routes
from services.domain.check import Standing
from services.domain.documents import Account, Document, Hotline, Ref, owner_of, ref
from services.domain.problem import Problem
from services.domain.rights import Right
from services.domain.writing import differences
from services.programs import SoundError
from services.prompts import Sounds
from services.settings import SettingsError
from services.speech import engine_of
from services.store import drafts, versions
from services.store.due import now
from services.store.versions import Edit

routes = Routes("setup")
BASE = "/api/v1/accounts/{account}/documents"
DRAFT = "/api/v1/accounts/{account}/draft"
LARGEST = 2_000_000
"""Bytes of a document that is sent."""

Kind = Literal["account", "hotline", "group", "agent", "calendar", "list", "numbering"]


class Found(BaseModel):
    """Something that is wrong, as ``hotline check`` says it."""

    document: str
    key: str
    value: str
    expected: str

    @classmethod
    def of(cls, problem: Problem) -> "Found":
        return cls(document=problem.file, key=problem.key, value=problem.value, expected=problem.expected)


class Line(BaseModel):
    kind: str
    id: str
    name: str
    version: Annotated[int, Field(description="In effect; 0: none is yet.")]
    drafted: Annotated[bool, Field(description="Shown as in the draft of whoever asks.")]


class Shown(Line):
    mark: Annotated[str, Field(description="Sent back with a change: what was seen.")]
    document: Annotated[dict[str, JsonValue], Field(description="docs/documents.md; secrets are masked.")]
    source: Annotated[str, Field(description="YAML, with comments.")]
    problems: list[Found]


class Put(BaseModel):
    """Either ``document`` or ``source``. Masked secrets stay what they are."""

    document: dict[str, JsonValue] | None = None
    source: Annotated[str, Field(max_length=LARGEST)] = ""
    mark: Annotated[str, Field(max_length=64, description="Of what was seen; empty: there was none.")] = ""
    over: Annotated[bool, Field(description="Also over what somebody else has changed.")] = False


class DraftShown(BaseModel):
    documents: list[Line]
    moved: Annotated[list[str], Field(description="Changed by others since they were put into the draft.")]
    problems: list[Found]


class Why(BaseModel):
    why: Annotated[str, Field(max_length=200)] = ""


class Applied(BaseModel):
    kind: str
    id: str
    version: int


class VersionLine(BaseModel):
    number: int
    at: int | None
    by: str
    why: str
    deleted: bool


class Rollback(Why):
    to: Annotated[int, Field(ge=1, le=1_000_000)]


@routes.get(BASE, Right.SEE_SETUP)
async def every(at: At) -> list[Line]:
    """The account's documents, as one's draft has them."""
    desk = await drafting.desk(at)
    found = (one for one in desk.seen.documents.values() if owner_of(one) == at.account)
    return [line(desk, one) for one in sorted(found, key=ref)]


@routes.get(BASE + "/{kind}/{id}", Right.SEE_SETUP)
async def show(at: At, kind: str, id: str) -> Shown:  # noqa: A002 - the documents' own word
    """One document, as one's draft has it, and what is wrong with it."""
    desk = await drafting.desk(at)
    document = desk.own(kind, id)
    found = await drafting.problems(desk, [document])
    return Shown(
        **line(desk, document).model_dump(),
        mark=drafting.mark(document),
        document=drafting.data_of(document),
        source=await drafting.source_of(at, desk, document),
        problems=[Found.of(one) for one in found],
    )


@routes.put(BASE + "/{kind}/{id}", Right.CHANGE_SETUP, most=LARGEST + 10_000)
async def put(at: At, kind: Kind, id: str, body: Put) -> Shown:  # noqa: A002
    """Put a document into one's draft; callers meet it when the draft is put into effect.

    Refused with ``changed`` when somebody has changed it since it was seen: nothing is overwritten.
    """
    desk = await drafting.desk(at)
    there = desk.seen.documents.get((kind, id))
    old = there if there is not None and owner_of(there) == at.account else None
    try:
        new, source = drafting.taken_text(body.source, old) if body.source else (_taken(body, old), "")
    except Wrong as wrong:
        raise wrong.invalid() from None
    if ref(new) != (kind, id):
        raise Refused("Its kind and its id stay: %(kind)s %(name)s.", kind=kind, name=id)
    seen = body.mark or drafting.mark(None)
    await drafting.put(at, new, seen, old, source, over=body.over)
    return await show(at, kind, id)


def _taken(body: Put, old: Document | None) -> Document:
    return drafting.taken(body.document or {}, old)


@routes.delete(BASE + "/{kind}/{id}", Right.CHANGE_SETUP, status=204)
async def delete(at: At, kind: str, id: str) -> None:  # noqa: A002
    """Delete a document that no other names, at once; its versions stay, and rollback brings it back."""
    desk = await drafting.desk(at)
    document = desk.stands.documents.get((kind, id))
    if document is None and desk.drafted((kind, id)):
        await drop(at, kind, id)
        return
    if document is None or owner_of(document) != at.account:
        raise Unknown("There is no %(kind)s %(name)s.", kind=kind, name=id)
    if isinstance(document, Account | Hotline) and not drafting.platform(at):
        raise Forbidden("Accounts and numbers are the platform's to take away.")
    async with at.act("document_delete", f"{kind} {id}"):
        try:
            await changes.delete(at.redis, (kind, id), Edit(at.identity.login, now()))
        except RefusedChange as error:
            raise drafting.told(error) from None
    await drafts.drop(at.redis, drafting.draft_name(at), (kind, id))


@routes.get(DRAFT, Right.SEE_SETUP)
async def draft(at: At) -> DraftShown:
    """What one has changed and not yet put into effect."""
    desk = await drafting.desk(at)
    found = await drafting.problems(desk, desk.changed)
    return DraftShown(
        documents=[line(desk, one) for one in desk.changed],
        moved=[" ".join(title) for title in desk.moved],
        problems=[Found.of(one) for one in found],
    )


@routes.post(DRAFT + "/apply", Right.CHANGE_SETUP)
async def apply(at: At, body: Why) -> list[Applied]:
    """Put one's draft into effect: the next call meets it.

    Refused when something is wrong with it, or somebody else has changed one of its documents since.
    """
    desk = await drafting.desk(at)
    if desk.draft is None:
        raise Refused("There is nothing to put into effect.")
    if desk.moved:
        moved = ", ".join(" ".join(title) for title in desk.moved)
        raise Refused("Somebody else has changed %(documents)s meanwhile: look at both first.", documents=moved)

    def guard(draft: drafts.Draft, stands: Standing) -> None:
        drafting.refuse_others(at, draft, stands)

    async with at.act("documents_apply", ", ".join(" ".join(ref(one)) for one in desk.changed)[:500]):
        edit = Edit(at.identity.login, now(), body.why)
        done = await _refusing(
            at, lambda made: Changes(at.redis, made).apply_draft(drafting.draft_name(at), edit, guard)
        )
    return [Applied(kind=one.kind, id=one.id, version=version) for one, version in done]


@routes.delete(DRAFT, Right.CHANGE_SETUP, status=204)
async def discard(at: At) -> None:
    """Forget one's draft."""
    await drafts.discard(at.redis, drafting.draft_name(at))


@routes.delete(DRAFT + "/{kind}/{id}", Right.CHANGE_SETUP, status=204)
async def drop(at: At, kind: str, id: str) -> None:  # noqa: A002
    """Forget what one's draft has of one document."""
    await drafts.drop(at.redis, drafting.draft_name(at), (kind, id))


@routes.post(DRAFT + "/{kind}/{id}/keep", Right.CHANGE_SETUP, status=204)
async def keep(at: At, kind: str, id: str) -> None:  # noqa: A002
    """Put one's own over what somebody else has made of the document since."""
    desk = await drafting.desk(at)
    if desk.draft is None or (kind, id) not in desk.draft.documents:
        raise Unknown("There is no %(kind)s %(name)s in the draft.", kind=kind, name=id)
    mine = desk.draft.documents[kind, id]
    await drafting.put(at, mine.document, "", None, mine.source, over=True)


@routes.get(BASE + "/{kind}/{id}/versions", Right.SEE_SETUP)
async def history(at: At, kind: str, id: str) -> list[VersionLine]:  # noqa: A002
    """Every version of a document: who made it, when and why; the newest first."""
    await _own_versions(at, (kind, id))
    found = await versions.history(at.redis, kind, id)
    return [
        VersionLine(
            number=one.number,
            at=one.edit.at if one.edit else None,
            by=one.edit.by if one.edit else "",
            why=one.edit.why if one.edit else "",
            deleted=one.deleted,
        )
        for one in reversed(found)
    ]


@routes.get(BASE + "/{kind}/{id}/versions/{number}", Right.SEE_SETUP)
async def difference(at: At, kind: str, id: str, number: str) -> list[str]:  # noqa: A002
    """What a version changed: the lines of a unified diff, secrets masked."""
    await _own_versions(at, (kind, id))
    if not number.isascii() or not number.isdecimal() or len(number) > 6:  # noqa: PLR2004
        raise Unknown("There is no version %(number)s.", number=number)
    at_number = int(number)
    after = await _version(at, (kind, id), at_number)
    before = await _version(at, (kind, id), at_number - 1) if at_number > 1 else None
    if after is None and before is None:
        raise Unknown("There is no version %(number)s.", number=number)
    return list(lines_between(before, after, (f"{at_number - 1}", f"{at_number}")))


@routes.post(BASE + "/{kind}/{id}/rollback", Right.CHANGE_SETUP)
async def roll_back(at: At, kind: Kind, id: str, body: Rollback) -> list[Applied]:  # noqa: A002
    """Make a document what it was in an earlier version, at once; that becomes a new version."""
    await _own_versions(at, (kind, id))
    earlier = await _version(at, (kind, id), body.to)
    if earlier is None or owner_of(earlier) != at.account:
        raise Unknown("There is no version %(number)s.", number=body.to)
    stands = (await drafting.desk(at)).stands.documents.get((kind, id))
    platforms = isinstance(earlier, Account) or (isinstance(earlier, Hotline) and stands is None)
    if platforms and not drafting.platform(at):
        raise Forbidden("Accounts and numbers are the platform's to bring back.")
    async with at.act("document_rollback", f"{kind} {id} {body.to}"):
        edit = Edit(at.identity.login, now(), body.why)
        done = await _refusing(at, lambda made: Changes(at.redis, made).roll_back((kind, id), body.to, edit))
    return [Applied(kind=one.kind, id=one.id, version=version) for one, version in done]


def line(desk: Desk, document: Document) -> Line:
    title = ref(document)
    return Line(
        kind=document.kind,
        id=document.id,
        name=getattr(document, "name", ""),
        version=desk.stands.versions.get(title, 0),
        drafted=desk.drafted(title),
    )


def lines_between(old: Document | None, new: Document | None, names: tuple[str, str]) -> Sequence[str]:
    """What is otherwise in the new document: of a unified diff, secrets masked."""
    return list(differences(old, new, names, masked_text))


def sounds(at: At) -> Sounds:
    """Raises Away."""
    try:
        return Sounds(at.settings.sounds_dir, engine_of(at.settings))
    except SettingsError as error:
        raise Away("Nothing here speaks texts: %(why)s", why=str(error)) from None


async def _refusing(at: At, work: Any) -> changes.Changed:
    """Raises Refused and Away."""
    try:
        done: changes.Changed = await work(sounds(at))
    except RefusedChange as error:
        raise drafting.told(error) from None
    except SoundError as error:
        raise Away("A sound could not be made, so nothing was put into effect: %(why)s", why=str(error)) from None
    return done


async def _own_versions(at: At, title: Ref) -> None:
    """Of a document that is, or last was, the account's. Raises Unknown."""
    found = await versions.history(at.redis, *title)
    newest = next((one.number for one in reversed(found) if not one.deleted), None)
    last = None if newest is None else await _version(at, title, newest)
    if last is None or owner_of(last) != at.account:
        raise Unknown("There is no %(kind)s %(name)s.", kind=title[0], name=title[1])


async def _version(at: At, title: Ref, number: int) -> Document | None:
    """None also of one that another release has written."""
    try:
        return await changes.document_at(at.redis, *title, number)
    except RefusedChange:
        return None
