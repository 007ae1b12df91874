"""``hotline simulate``: what would become of a call."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from redis.asyncio import Redis

from services.cli import session
from services.cli.files import documents_in
from services.cli.terminal import Refused, out
from services.domain.check import Standing
from services.domain.documents import Agent as AgentDocument
from services.domain.documents import Document, Hotline
from services.domain.explain import explained
from services.domain.ladder import ladder
from services.domain.record import to_json
from services.settings import Settings
from services.simulation.call import Outcome, simulate
from services.simulation.clock import TooLongError
from services.simulation.scene import Agent, Scene, agents_of, checked_keys
from services.simulation.telling import heard
from services.store import documents, drafts
from services.store.due import now

_DAYS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]


def command(  # noqa: PLR0913  # what the options say
    number: Annotated[str, typer.Argument(help="The hotline that is called.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Documents (YAML), or folders of them; left out: those that were applied."),
    ] = None,
    *,
    caller: Annotated[str, typer.Option(help="The caller's number; left out: withheld.")] = "",
    at: Annotated[datetime | None, typer.Option(formats=_DAYS, help="By the hotline's clock; left out: now.")] = None,
    keys: Annotated[
        str,
        typer.Option(
            help="What the caller presses; ',': nothing this time it is asked; '|': the next key at the next prompt."
        ),
    ] = "",
    agents: Annotated[
        str | None,
        typer.Option(
            help="Who is on duty: 'li wang=busy', each one of ready (li=ready:5:60 answers after 5 s and talks for 60 "
            "s), ignores, busy, talking, paused, away. Left out: all, and they answer."
        ),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(help='What the company\'s own system says at a node of kind ask: \'level={"vip": "gold"}\'.'),
    ] = None,
    hangs_up_after: Annotated[
        float | None, typer.Option(min=0, help="Seconds after which the caller hangs up; left out: does not.")
    ] = None,
    draft: Annotated[
        str | None, typer.Option(help="By the documents that were applied, as they would be with this draft.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The record that the call would have left.")] = False,
) -> None:
    """Say what would become of a call: what the caller hears, who rings, how it ends and what it costs.

    Nobody is rung and nothing is written; accounts are taken to have money enough.

    Example: hotline simulate 4001234567 examples/shop --caller 13800138000 --keys 2 --agents "li wang=busy"
    """
    if files and draft:
        raise typer.BadParameter("either files or a draft")
    found = [document for _, document in documents_in(files)] if files else session.run(partial(_seen, draft))
    hotline = next((one for one in found if isinstance(one, Hotline) and one.number == number), None)
    if hotline is None:
        raise Refused(f"{number!r}: there is no hotline of this number")
    try:
        scene = Scene(
            documents=found,
            number=number,
            caller=caller,
            at=now() if at is None else int(at.replace(tzinfo=ZoneInfo(hotline.timezone)).timestamp() * 1000),
            keys=checked_keys(keys),
            hangs_up_after=hangs_up_after,
            answers=dict(_answer(text, hotline) for text in answer or ()),
            agents={} if agents is None else agents_of(agents),
            otherwise=Agent() if agents is None else Agent(does="away"),
        )
    except ValueError as error:
        raise Refused(error) from error
    _check_agents(scene)
    try:
        outcome = simulate(scene, Settings().sounds_dir)
    except TooLongError as error:
        raise Refused(f"the call does not end: {error}") from error
    out.print(_json(outcome) if as_json else _text(outcome), markup=False)


async def _seen(draft: str | None, redis: Redis) -> list[Document]:
    return list((await seen_through(redis, draft)).documents.values())


async def seen_through(redis: Redis, draft: str | None) -> Standing:
    """Documents as they stand, or would with a draft; refuses one that there is not."""
    if draft is None:
        return await documents.standing(redis)
    if await drafts.get(redis, draft) is None:
        raise Refused(f"there is no draft {draft!r}")
    return await drafts.seen_through(redis, draft)


def _answer(text: str, hotline: Hotline) -> tuple[str, str]:
    name, _, said = text.partition("=")
    node = hotline.flow.nodes.get(name)
    if node is None or node.kind != "ask":
        raise ValueError(f"--answer: {name!r}: there is no node of kind ask of this name")
    return name, said


def _check_agents(scene: Scene) -> None:
    known = {document.id for document in scene.documents if isinstance(document, AgentDocument)}
    if unknown := sorted(scene.agents.keys() - known):
        raise Refused(*(f"--agents: {name!r}: there is no agent of this id" for name in unknown))


def _text(outcome: Outcome) -> str:
    lines = ladder(outcome.record, list(heard(outcome.heard)))
    if outcome.unrated:
        return "\n".join([*lines, f"what it costs is not known: {outcome.unrated}"])
    charge = outcome.record.charge
    if charge is None:
        return "\n".join([*lines, "not charged"])
    return "\n".join(
        [*lines, f"costs {charge.total} {charge.currency}", *(f"    {each}" for each in explained(charge))]
    )


def _json(outcome: Outcome) -> str:
    said = [{"at": one.at, "text": one.text} for one in outcome.heard]
    return json.dumps({"record": json.loads(to_json(outcome.record)), "heard": said}, ensure_ascii=False)
