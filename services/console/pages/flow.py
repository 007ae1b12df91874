"""A hotline's flow: its picture, nodes put in, renamed and taken out, a call tried beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from services.console import access, drafting, words
from services.console.api import impact, trials
from services.console.api.impact import Wanted
from services.console.api.trials import Trial
from services.console.context import At, Page, Redirect
from services.console.drafting import Desk, Wrong
from services.console.forms import fresh, labels
from services.console.forms.editor import pairs_of
from services.console.pages.setup import HOME, page
from services.console.picture import picture
from services.console.problems import Invalid, Refused, Unknown
from services.console.route import Routes
from services.domain.documents import Hotline
from services.domain.drawing import drawing
from services.domain.editing import Flow, flow_of, inserted, removed, renamed, ways_to
from services.domain.model import Id
from services.domain.problem import Problem
from services.domain.rights import Right
from services.simulation.scene import Behaviour

pages = Routes("setup")

NEW_KEYS = {"menu": "keys", "queue": "keys", "switch": "cases"}
"""Kinds of nodes whose ways are as many as somebody likes."""
BEHAVIOURS: Sequence[Behaviour] = ("ready", "ignores", "busy", "talking", "paused", "away")
SAMPLES = (
    ("01088886666", "北京"), ("02188886666", "上海"), ("02088886666", "广州"), ("075588886666", "深圳"),
    ("02888886666", "成都"), ("02788886666", "武汉"), ("02988886666", "西安"), ("13800138000", ""), ("", ""),
)  # fmt: skip
"""Numbers of places, to call from."""


class Change(BaseModel):
    what: Literal["add", "rename", "remove", "start"]
    node: Annotated[str, Field(max_length=40)] = ""
    """The one that it is about; of ``add`` the one before, empty: the flow's begin."""
    way: Annotated[str, Field(max_length=250)] = ""
    key: Annotated[str, Field(max_length=200)] = ""
    """Instead of ``way``: a new key, or value, of the node."""
    kind: Annotated[str, Field(max_length=20)] = ""
    name: Id | None = None
    to: Annotated[str, Field(max_length=40)] = ""
    mark: Annotated[str, Field(max_length=64)] = ""


@dataclass(frozen=True)
class Side:
    """What stands beside the picture."""

    problems: Sequence[Problem]
    form: Any
    node: str
    view: str


async def shown(at: At, desk: Desk, hotline: Hotline, side: Side, status: int = 200) -> Page:
    own, node = list(drafting.of_document(side.problems, hotline)), side.node
    drawn = await picture(drawing(hotline, lambda name: at.texts(labels.word(name))))
    named = hotline.flow.nodes.get(node)
    values: dict[str, Any] = {
        "hotline": hotline,
        "side": side,
        "node": node,
        "form": side.form,
        "picture": drawn,
        "wrong": {one.key.split(".")[2] for one in own if one.key.startswith("flow.nodes.")},
        "named": named,
        "mark": drafting.mark(hotline),
        "ways_here": list(ways_to(hotline, node)) if node else [],
        "ways": list(named.nexts()) if named else [("start", hotline.flow.start)],
        "new_key": named is not None and named.kind in NEW_KEYS,
        "kinds": fresh.NODE_KINDS,
        "agents": desk.of_kind("agent"),
        "behaviours": BEHAVIOURS,
        "samples": SAMPLES,
    }
    return page(at, "setup/flow.html", desk, status, **values)


@pages.form(HOME + "/hotline/{number}/nodes", Right.CHANGE_SETUP)
async def change(at: At, number: str, body: Change) -> Page | Redirect:
    desk = await drafting.desk(at)
    hotline = desk.hotline(number)
    if body.node and body.node not in hotline.flow.nodes:
        raise Unknown("There is no node %(node)s any more.", node=body.node)
    flow, to = _changed(at, desk, hotline, body)
    data = {**drafting.whole(hotline), "flow": flow}
    try:
        new = drafting.taken(data, hotline)
    except Wrong as wrong:
        raise wrong.invalid() from None
    await drafting.put(at, new, body.mark, hotline)
    return Redirect(f"/accounts/{at.account}/setup/hotline/{number}?node={to}")


def _changed(at: At, desk: Desk, hotline: Hotline, body: Change) -> tuple[Flow, str]:
    """The flow, and the node to look at then. Raises Refused."""
    nodes = hotline.flow.nodes
    if body.what == "remove":
        if body.to not in nodes or body.to == body.node:
            raise Refused("Say where the ways shall lead that led here.")
        return removed(hotline, body.node, body.to), body.to
    if body.what == "start":
        return {**flow_of(hotline), "start": body.node}, body.node
    if body.name is None or body.name in nodes:
        raise Refused("A node needs a name of its own: %(name)s is taken or empty.", name=body.name or "")
    if body.what == "rename":
        return renamed(hotline, body.node, body.name), body.name
    return _inserted(at, desk, hotline, body), body.name


def _inserted(at: At, desk: Desk, hotline: Hotline, body: Change) -> Flow:
    before = hotline.flow.nodes.get(body.node)
    if body.kind not in fresh.NODE_KINDS or body.name is None:
        raise Refused("There is no kind of node %(kind)s.", kind=body.kind)
    ways = dict(before.nexts()) if before else {"start": hotline.flow.start}
    way = f"{NEW_KEYS[before.kind]}.{body.key}" if body.key and before and before.kind in NEW_KEYS else body.way
    if not body.key and way not in ways:
        raise Refused("Say which way shall lead to the new node.")
    target = ways.get(way) or ways.get("otherwise") or next(iter(ways.values()), hotline.flow.start)
    made = fresh.node(
        body.kind, target, lambda of: [name for name, _ in desk.named(of)], at.texts("Write here what callers hear.")
    )
    return inserted(hotline, body.node, way, body.name, made)


@pages.form(HOME + "/hotline/{number}/trial", Right.SEE_SETUP)
async def trial(at: At, number: str) -> Page:
    """A call is tried, by what was typed into the form beside the picture."""
    fields = dict(pairs_of(await access.form(at.request)))
    agents = {key.removeprefix("agent."): value for key, value in fields.items() if key.startswith("agent.")}
    answers = {key.removeprefix("answer."): value for key, value in fields.items() if key.startswith("answer.")}
    asked = {key: fields[key] for key in ("caller", "at", "keys", "hangs_up_after") if fields.get(key)}
    try:
        body = Trial.model_validate({**asked, "agents": agents, "answers": {k: v for k, v in answers.items() if v}})
    except ValidationError as error:
        raise Invalid.of("trial", error) from None
    tried = await trials.run(at, number, body)
    agents = {agent.id: getattr(agent, "name", agent.id) for agent in (await drafting.desk(at)).of_kind("agent")}
    return Page("setup/tried.html", tried=tried, number=number, words=words, known={"agents": agents})


@pages.form(HOME + "/impact", Right.SEE_SETUP)
async def begin_impact(at: At, body: Wanted) -> Page:
    return Page("setup/impact.html", impact=await impact.start(at, body))


@pages.page(HOME + "/impact/{job}", Right.SEE_SETUP)
async def look_at_impact(at: At, job: str) -> Page:
    return Page("setup/impact.html", impact=await impact.look(at, job))


@pages.form(HOME + "/impact/{job}/cancel", Right.SEE_SETUP)
async def cancel_impact(at: At, job: str) -> Page:
    await impact.cancel(at, job)
    return Page("setup/impact.html", impact=await impact.look(at, job))
