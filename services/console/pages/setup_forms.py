"""The form of one document, or of one node: shown, filled row by row, saved into one's draft, or told what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.console import access, drafting
from services.console.access import CSRF_FIELD
from services.console.api import documents, prompts
from services.console.context import At, Page, Redirect
from services.console.drafting import Desk, Wrong
from services.console.forms import editor, fresh
from services.console.forms.editor import Editor, pairs_of
from services.console.forms.filled import Filled
from services.console.forms.sent import act, sent
from services.console.pages import flow
from services.console.pages.setup import HOME, page
from services.console.problems import Changed, Refused, TooLarge, Unknown
from services.console.route import FORM_MOST, Routes
from services.domain.documents import Document, Hotline
from services.domain.problem import Problem
from services.domain.rights import Right

pages = Routes("setup")


class View(BaseModel):
    node: Annotated[str, Field(max_length=40)] = ""
    view: Literal["form", "source", "trial"] = "form"


class Source(BaseModel):
    source: Annotated[str, Field(max_length=documents.LARGEST)] = ""
    mark: Annotated[str, Field(max_length=64)] = ""
    over: bool = False


@dataclass(frozen=True)
class Form:
    """What the template shows of it."""

    root: Filled
    action: str
    mark: str
    node: str = ""
    new: bool = False
    general: Sequence[str] = ()
    """What is wrong with the whole."""
    options: Callable[[str], Sequence[tuple[str, str]]] = lambda _: ()

    @property
    def upload(self) -> str:
        """Where a recording goes that belongs into one of its prompts."""
        if not self.new:
            return f"{self.action}/upload"
        head, _, kind = self.action.rpartition("/new/")
        return f"{head}/{kind}/new/upload"


@pages.page(HOME + "/new/{kind}", Right.CHANGE_SETUP)
async def begin(at: At, kind: str) -> Page:
    if kind not in fresh.NEW:
        raise Unknown("There is no kind of document %(kind)s.", kind=kind)
    desk = await drafting.desk(at)
    values = fresh.document(kind, at.account, lambda of: [name for name, _ in desk.named(of)])
    subject = Subject(at, desk, kind)
    return subject.shown(subject.form(values))


@pages.form(HOME + "/new/{kind}", Right.CHANGE_SETUP)
async def create(at: At, kind: str) -> Page | Redirect:
    return await _take(at, kind, "", pairs_of(await access.form(at.request)))


@pages.page(HOME + "/{kind}/{id}", Right.SEE_SETUP)
async def edit(at: At, kind: str, id: str, query: View) -> Page:  # noqa: A002 - the documents' own word
    desk = await drafting.desk(at)
    document = desk.own(kind, id)
    if query.view == "source":
        text = await drafting.source_of(at, desk, document)
        mark = drafting.mark(document)
        return page(at, "setup/source.html", desk, document=document, text=text, mark=mark, problems=())
    found = await drafting.problems(desk, [document])
    subject = Subject(at, desk, kind, document, query.node)
    form = subject.form(subject.values(), list(drafting.of_document(found, document)))
    if isinstance(document, Hotline):
        return await flow.shown(at, desk, document, flow.Side(found, form, query.node, query.view))
    return subject.shown(form)


@pages.form(HOME + "/{kind}/{id}", Right.CHANGE_SETUP)
async def save(at: At, kind: str, id: str) -> Page | Redirect:  # noqa: A002
    return await _take(at, kind, id, pairs_of(await access.form(at.request)))


@pages.form(HOME + "/{kind}/{id}/upload", Right.CHANGE_SETUP, most=prompts.LARGEST)
async def upload(at: At, kind: str, id: str) -> Page | Redirect:  # noqa: A002
    """A recording into the prompt that ``@upload`` names; the rest of the form stays as it was typed."""
    fields = await access.form(at.request)
    pairs = pairs_of(fields)
    if sum(len(value) for _, value in pairs) > FORM_MOST:
        raise TooLarge("The form is too large.")
    name = dict(pairs).get("@upload", "")
    one = await prompts.bring(at, fields.get(f"{name}.@new"))
    put = [(f"{name}.@as", "file"), (f"{name}.@file", one.name), (f"{name}.@sha256", one.sha256)]
    return await _take(at, kind, "" if id == "new" else id, [*pairs, *put, ("@do", "show:")])


@pages.form(HOME + "/{kind}/{id}/source", Right.CHANGE_SETUP, most=documents.LARGEST * 3)
async def save_source(at: At, kind: str, id: str, body: Source) -> Page | Redirect:  # noqa: A002
    desk = await drafting.desk(at)
    old = desk.own(kind, id)
    text = body.source.replace("\r\n", "\n")
    try:
        new, kept = drafting.taken_text(text, old)
    except Wrong as wrong:
        return page(
            at, "setup/source.html", desk, 422, document=old, text=text, mark=body.mark, problems=wrong.problems
        )
    try:
        await drafting.put(at, new, body.mark, old, kept, over=body.over)
    except Changed:
        return _conflict(at, desk, new, [("source", text)], source=True)
    return Redirect(f"{_address(at, kind, id)}?view=source")


@dataclass(frozen=True)
class Subject:
    """What a form is about: a document, ``old`` as it is seen, or none yet; and maybe one of its nodes."""

    at: At
    desk: Desk
    kind: str
    old: Document | None = None
    node: str = ""
    mark: str = ""
    """That the form had; empty: the document's as it is seen."""

    @property
    def editor(self) -> Editor:
        if not self.node or not isinstance(self.old, Hotline):
            return editor.of_document(self.kind, new=self.old is None)
        if self.node not in self.old.flow.nodes:
            raise Unknown("There is no node %(node)s any more.", node=self.node)
        return editor.of_node(self.old.flow.nodes[self.node].kind, self.node)

    def values(self) -> Any:
        """As they stand, of what the form is about."""
        data = drafting.data_of(self.old) if self.old else {}
        return data["flow"]["nodes"][self.node] if self.node else data

    def whole(self, data: dict[str, Any]) -> dict[str, Any]:
        """The document with what was sent in it."""
        if self.old is None:
            return {"kind": self.kind, "account": self.at.account, **data}
        everything = drafting.data_of(self.old)
        if self.node:
            everything["flow"]["nodes"][self.node] = data
            return everything
        return {**editor.hidden_of(self.editor, everything), **data}

    def form(self, values: Any, problems: Sequence[Problem] = (), extra: str = "") -> Form:
        made = self.editor
        here = [one for one in problems if made.place(one) is not None]
        root = made.filled(values, here, extra)
        shown = {one.path for one in _all(root)}
        general = [editor.expected_of(one) for one in here if made.place(one) not in shown]
        mark = self.mark or drafting.mark(self.old)
        return Form(root, self.action, mark, self.node, self.old is None, general, self.options)

    @property
    def action(self) -> str:
        return _address(self.at, self.kind, self.old.id) if self.old else _address(self.at, "new", self.kind)

    def options(self, of: str) -> Sequence[tuple[str, str]]:
        if of != "node":
            return self.desk.named(of)
        return [(name, one.kind) for name, one in self.old.flow.nodes.items()] if isinstance(self.old, Hotline) else []

    async def again(self, form: Form, status: int) -> Page:
        """Only the form for htmx, which puts it in place of what was sent."""
        if "HX-Request" in self.at.request.headers:
            return page(self.at, "setup/form.html", self.desk, status, form=form)
        if isinstance(self.old, Hotline):
            found = await drafting.problems(self.desk, [self.old])
            return await flow.shown(self.at, self.desk, self.old, flow.Side(found, form, self.node, "form"), status)
        return self.shown(form, status)

    def shown(self, form: Form, status: int = 200) -> Page:
        return page(
            self.at, "setup/document.html", self.desk, status, document=self.old, form=form, kind=self.kind
        )  # fmt: skip


async def _take(at: At, kind: str, name: str, pairs: list[tuple[str, str]]) -> Page | Redirect:
    """What was sent: a button beside a row, or all of it to be kept."""
    if not name and kind not in fresh.NEW:
        raise Unknown("There is no kind of document %(kind)s.", kind=kind)
    told = {key: value for key, value in pairs if key.startswith("@")}
    desk = await drafting.desk(at)
    old = desk.own(kind, name) if name else None
    subject = Subject(at, desk, kind, old, told.get("@node", "")[:40], told.get("@mark", ""))
    tree = sent((key, value) for key, value in pairs if not key.startswith("@"))
    extra = act(tree, told["@do"]) if told.get("@do") else ""
    made = subject.editor
    typed = made.typed(tree)
    if told.get("@do"):
        return await subject.again(subject.form(typed, extra=extra), 200)
    data, double = made.plain(typed)
    if double:
        return await subject.again(subject.form(typed, double), 422)
    try:
        new = drafting.taken(subject.whole(data), old)
    except Wrong as wrong:
        return await subject.again(subject.form(data, wrong.problems), 422)
    if old is None and (kind, new.id) in desk.seen.documents:
        raise Refused("The id %(name)s is taken.", name=new.id)
    try:
        await drafting.put(at, new, subject.mark, old, over="@over" in told)
    except Changed:
        rest = [pair for pair in pairs if pair[0] not in {"@mark", "@over", CSRF_FIELD}]
        return _conflict(at, desk, new, rest)
    return Redirect(_address(at, kind, new.id) + (f"?node={subject.node}" if subject.node else ""))


def _all(filled: Filled) -> Sequence[Filled]:
    return [filled, *(one for inner in filled.inner for one in _all(inner))]


def _conflict(at: At, desk: Desk, mine: Document, sent: Sequence[tuple[str, str]], *, source: bool = False) -> Page:
    """Somebody else, or oneself in another window, has changed it meanwhile: both are shown, nothing is overwritten."""
    there = desk.seen.documents.get((mine.kind, mine.id))
    values: Mapping[str, Any] = {
        "document": mine,
        "lines": documents.lines_between(there, mine, ("", "")),
        "sent": sent,
        "mark": drafting.mark(there),
        "action": at.request.path,
        "back": _address(at, mine.kind, mine.id) + ("?view=source" if source else ""),
        "source": source,
    }
    return page(at, "setup/conflict.html", desk, 409, **values)


def _address(at: At, kind: str, name: str) -> str:
    return f"/accounts/{at.account}/setup/{kind}/{name}"
