"""Which of the calls that there were would have gone elsewhere, had one's draft been in effect."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.archive.own import own
from services.console import drafting
from services.console.context import At
from services.console.jobs import JOBS, Job, Jobs
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.domain.record import Record
from services.domain.rights import Right
from services.simulation.impact import replays, summed
from services.store.due import now

routes = Routes("setup")
BASE = "/api/v1/accounts/{account}/impact"
MOST = 500
"""Calls that are looked at: the newest."""
SHOWN = 100
_DAY = 86_400_000


class Wanted(BaseModel):
    days: Annotated[int, Field(ge=1, le=31)] = 7


class Elsewhere(BaseModel):
    call: str
    at: int
    hotline: str
    caller: str | None
    before: str
    after: str


class Sum(BaseModel):
    before: str
    after: str
    calls: int


class Impact(BaseModel):
    job: str
    state: Literal["running", "done", "cancelled", "failed"]
    calls: Annotated[int, Field(description="That are replayed.")]
    done: int
    elsewhere: Annotated[int, Field(description="That would have gone elsewhere.")]
    sums: list[Sum]
    newest: Annotated[list[Elsewhere], Field(description="A hundred at most.")]
    unreplayed: Annotated[int, Field(description="That cannot be replayed.")]


@routes.post(BASE, Right.SEE_SETUP, status=202)
async def start(at: At, body: Wanted) -> Impact:
    """Begin to replay the account's calls of the last days, the newest 500; another of one's own is given up."""
    desk = await drafting.desk(at)
    if not desk.changed:
        raise Refused("There is nothing in the draft that could change a call.")
    await drafting.refuse_wrong(desk)
    calls = await _calls(at, now() - body.days * _DAY)
    before, after = (list(side.documents.values()) for side in (desk.stands, desk.seen))
    return shown(await _jobs(at).start(_owner(at), calls, (at.settings.sounds_dir, before, after)))


@routes.get(BASE + "/{job}", Right.SEE_SETUP)
async def look(at: At, job: str) -> Impact:
    """How far it is, and what it has found."""
    return shown(_own(at, job))


@routes.delete(BASE + "/{job}", Right.SEE_SETUP, status=204)
async def cancel(at: At, job: str) -> None:
    """Give it up; what it has found stays for a while."""
    await _own(at, job).cancel()


async def _calls(at: At, since: int) -> list[Record]:
    found: list[Record] = []
    async for one in own(at.redis, at.archive, at.account)(since):
        if replays(one.record):
            found.append(one.record)
            del found[:-MOST]
    return found


def _jobs(at: At) -> Jobs:
    return at.request.app[JOBS]


def _owner(at: At) -> str:
    return drafting.draft_name(at)


def _own(at: At, name: str) -> Job:
    found = _jobs(at).of(_owner(at))
    if found is None or found.name != name:
        raise Unknown("There is no replay %(job)s, or it was long ago.", job=name)
    return found


def shown(job: Job) -> Impact:
    return Impact(
        job=job.name,
        state=job.state,
        calls=job.calls,
        done=job.done,
        elsewhere=len(job.differences),
        sums=[Sum(before=was, after=would, calls=count) for was, would, count in summed(job.differences)][:SHOWN],
        newest=[
            Elsewhere(
                call=one.call, at=one.at, hotline=one.hotline, caller=one.caller, before=one.before, after=one.after
            )
            for one in reversed(job.differences[-SHOWN:])
        ],
        unreplayed=job.unreplayed,
    )
