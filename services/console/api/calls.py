"""Calls of an account: found, shown, and exported."""

from collections.abc import AsyncGenerator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from services.archive.queries import MOST, After, Call, Whole, count, one
from services.archive.queries import search as search_archive
from services.archive.wanted import Kind, Wanted
from services.console.asking import Cursor, From, Sum, Text, Until, after_of, cursor
from services.console.context import At
from services.console.problems import Unknown
from services.console.route import Routes
from services.domain import money
from services.domain.charge import Amount
from services.domain.correction import Correction
from services.domain.instant import Duration, Instant
from services.domain.record import EndState, Record
from services.domain.rights import Right

routes = Routes()

COUNTED = 10_000


class CallFilter(BaseModel):
    """What is left out is not asked for."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    number: Text | None = None
    """The caller's, written in any way, or the last of its digits, four or more."""
    since: From | None = None
    """When the call came: a day, or a time, China's when it names no zone."""
    until: Until | None = None
    """That day is in it; of a time, what came before it."""
    kind: Kind | None = None
    hotline: Text | None = None
    agent: Text | None = None
    """Whose phone was rung, whether the agent answered or not."""
    answered_by: Text | None = None
    """The agent who answered first."""
    group: Text | None = None
    """That the call came to, first or later."""
    state: list[EndState] = []
    missed: bool | None = None
    province: Text | None = None
    """``广东``."""
    city: Text | None = None
    """``深圳``."""
    cost_from: Sum | None = None
    cost_to: Sum | None = None
    """That much is still in it."""

    def wanted(self, account: str) -> Wanted:
        return Wanted(
            account=account,
            since=self.since,
            until=self.until,
            kind=self.kind,
            hotline=self.hotline,
            digits=self.number,
            rung=self.agent,
            agent=self.answered_by,
            came_to=self.group,
            end_states=self.state or None,
            missed=self.missed,
            province=self.province,
            city=self.city,
            charge_from=None if self.cost_from is None else money.micros(self.cost_from),
            charge_to=None if self.cost_to is None else money.micros(self.cost_to),
        )


class CallQuery(CallFilter):
    after: Cursor | None = None
    """``next`` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class CallRow(BaseModel):
    """A call in short; docs/cdr-stream.md and docs/archive.md say what the fields are."""

    model_config = ConfigDict(from_attributes=True)

    call_id: str
    kind: Kind
    hotline: str
    caller: str | None
    caller_name: str | None
    caller_type: str
    region: str | None
    started: Instant
    ended: Instant
    waited_ms: Duration | None
    wait_ms: Duration
    ring_ms: Duration
    talk_ms: Duration
    total_ms: Duration
    end_state: EndState
    hung_up_by: str
    agent: str | None
    first_group: str | None
    score: int | None
    recordings: int
    missed: bool
    callback_agreed: str | None
    currency: str | None
    cost: Amount | None

    @classmethod
    def of(cls, call: Call) -> "CallRow":
        return cls.model_validate({name: getattr(call, name) for name in _SAME} | {"cost": amount(call.charge)})


_SAME = [name for name in CallRow.model_fields if name != "cost"]


class CallPage(BaseModel):
    calls: list[CallRow]
    """The newest first."""
    next: Cursor | None
    """None: there are no more."""
    count: int
    """Of all that were found, as far as 10000."""


class CallWhole(BaseModel):
    call: CallRow
    record: Record
    corrections: list[Correction]


@routes.get("/api/v1/accounts/{account}/calls", Right.SEE_CALLS)
async def search(at: At, query: CallQuery) -> CallPage:
    """The calls that were wanted, the newest first."""
    wanted = query.wanted(at.account)
    async with at.archive.connect() as connection:
        found = await search_archive(connection, wanted, after_of(query.after), query.limit)
        complete = query.after is None and found.next is None
        counted = len(found.calls) if complete else await count(connection, wanted, COUNTED)
    return CallPage(calls=[CallRow.of(call) for call in found.calls], next=cursor(found.next), count=counted)


@routes.get("/api/v1/accounts/{account}/calls/{call}", Right.SEE_CALLS)
async def show(at: At, call: str) -> CallWhole:
    """A call with its record, and what it was corrected by."""
    found = await whole(at, call)
    return CallWhole(call=CallRow.of(found.call), record=found.record, corrections=list(found.corrections))


async def whole(at: At, call: str) -> Whole:
    """Raises Unknown."""
    async with at.archive.connect() as connection:
        found = await one(connection, at.account, call) if call.isprintable() else None
    if found is None:
        raise Unknown("There is no call %(call)s.", call=call)
    return found


async def every(at: At, wanted: Wanted) -> AsyncGenerator[list[Call], None]:
    """Page by page, each asked for by itself: no reading of the archive lasts longer than one."""
    after: After | None = None
    while True:
        async with at.archive.connect() as connection:
            page = await search_archive(connection, wanted, after, MOST)
        yield list(page.calls)
        if (after := page.next) is None:
            return


def amount(micros: int | None) -> str | None:
    return None if micros is None else money.text(micros)
