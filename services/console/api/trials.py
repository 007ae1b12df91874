"""Dry runs: what would become of a call, by the documents as one's draft has them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, StringConstraints, field_validator

from services.console import drafting
from services.console.context import At
from services.console.problems import Refused, TooMany
from services.console.route import Routes
from services.console.words import Spoken
from services.domain.charge import Charge
from services.domain.ladder import rungs
from services.domain.rights import Right
from services.simulation.call import Outcome, simulate
from services.simulation.clock import TooLongError
from services.simulation.scene import Agent, Behaviour, Scene, checked_keys
from services.simulation.telling import heard
from services.store.due import now

routes = Routes("setup")

SECONDS = 20.0
EARLIEST, LATEST = 2000, 2099
"""Years."""
WAITING = 8
"""Dry runs that may wait for one of the two threads."""
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="trial")
Id = Annotated[str, StringConstraints(max_length=40)]


class Trial(BaseModel):
    caller: Annotated[
        str, Field(pattern=r"^[0-9+]{0,20}$", description="As the carrier sends it; empty: withheld.")
    ] = ""
    at: Annotated[datetime | None, Field(description="By the hotline's clock; left out: now.")] = None
    keys: Annotated[str, Field(max_length=200, description="docs/simulation.md")] = ""
    agents: Annotated[dict[Id, Behaviour], Field(max_length=500, description="Others are ready.")] = {}
    answers: Annotated[dict[Id, Annotated[str, Field(max_length=16_384)]], Field(max_length=50)] = {}
    hangs_up_after: Annotated[float | None, Field(ge=0, le=43_200, description="Seconds.")] = None

    @field_validator("at")
    @classmethod
    def _near(cls, at: datetime | None) -> datetime | None:
        if at is not None and not EARLIEST <= at.year <= LATEST:
            raise ValueError(f"expected a time from {EARLIEST} to {LATEST}")
        return at

    @field_validator("keys")
    @classmethod
    def _keys(cls, keys: str) -> str:
        return checked_keys(keys)


class Step(BaseModel):
    ms: Annotated[int, Field(description="Since the call began.")]
    depth: int
    text: str


class Tried(BaseModel):
    steps: list[Step]
    nodes: Annotated[list[str], Field(description="That the call came by, in order.")]
    end_state: str
    charge: Annotated[Charge | None, Field(description="What it costs, and of what that is made up.")]
    unrated: Annotated[str, Field(description="Why it has no price; else empty.")]


@routes.post("/api/v1/accounts/{account}/hotlines/{number}/trials", Right.SEE_SETUP)
async def run(at: At, number: str, body: Trial) -> Tried:
    """Say what would become of a call. Nobody is rung and nothing is written."""
    desk = await drafting.desk(at)
    hotline = desk.hotline(number)
    await drafting.refuse_wrong(desk, [hotline])
    scene = Scene(
        documents=list(desk.seen.documents.values()),
        number=number,
        caller=body.caller,
        at=now() if body.at is None else _ms(body.at, hotline.timezone),
        keys=body.keys,
        hangs_up_after=body.hangs_up_after,
        answers=body.answers,
        agents=_agents(body.agents),
    )
    if _THREADS._work_queue.qsize() >= WAITING:  # noqa: SLF001 - its only way to tell
        raise TooMany("Too many dry runs at once: try again in a moment.")
    try:
        async with asyncio.timeout(SECONDS):
            loop = asyncio.get_running_loop()
            outcome = await loop.run_in_executor(_THREADS, simulate, scene, at.settings.sounds_dir)
    except TooLongError as error:
        raise Refused("The call would not end: %(why)s.", why=str(error)) from None
    except TimeoutError:
        raise Refused("The dry run took more than %(seconds)d seconds.", seconds=int(SECONDS)) from None
    return _tried(at, outcome)


def _ms(at: datetime, zone: str) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).timestamp() * 1000)


def _agents(does: Mapping[str, Behaviour]) -> dict[str, Agent]:
    return {name: Agent(does=one) for name, one in does.items()}


def _tried(at: At, outcome: Outcome) -> Tried:
    record = outcome.record
    speech = Spoken(at.texts)
    found = sorted([*rungs(record, speech), *heard(outcome.heard, speech)], key=lambda rung: rung[0])
    return Tried(
        steps=[Step(ms=moment - record.started, depth=depth, text=text) for moment, depth, text in found],
        nodes=[hop.node for hop in record.hops],
        end_state=record.end_state,
        charge=record.charge,
        unrated=outcome.unrated,
    )
