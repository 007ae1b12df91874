"""Missed callers: who gave up or was missed, and whether somebody has talked to them since."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.archive.missed import Caller, Sought, callers
from services.archive.queries import MOST, After
from services.console.api.calls import CallRow
from services.console.asking import Cursor, From, Text, Until, after_of, cursor
from services.console.context import At
from services.console.problems import Invalid, Unknown, Where
from services.console.route import Routes
from services.domain.callbacks import CHINA, DAY
from services.domain.instant import Instant
from services.domain.rights import Right
from services.store import called_back
from services.store.called_back import Mark, Note
from services.store.due import now

routes = Routes("calls")

LONGEST_DAYS = 92
DEFAULT_DAYS = 7
"""Today and those before."""

State = Literal["open", "called_again", "called_back", "by_hand"]


class MissedFilter(BaseModel):
    """What is left out is not asked for."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    since: From | None = None
    """Of whose calls in vain: a day, or a time; the last seven days when it is left out."""
    until: Until | None = None
    number: Text | None = None
    """Written in any way, or the last of its digits, four or more."""
    hotline: Text | None = None
    group: Text | None = None
    """The first that the call came to."""
    abandoned: bool = False
    """Only those who hung up while they waited for an agent."""
    open: bool = False
    """Only those whom nobody has dealt with since."""

    def sought(self, account: str) -> Sought:
        """Raises Invalid for a time that is too long to look through."""
        until = now() + DAY if self.until is None else self.until
        since = _midnight(now()) - (DEFAULT_DAYS - 1) * DAY if self.since is None else self.since
        if until - since > (LONGEST_DAYS + 1) * DAY:
            where = [Where(at="query.since", expected=f"at most {LONGEST_DAYS} days at once")]
            raise Invalid("since, until: expected at most %(days)d days at once.", where, days=LONGEST_DAYS)
        return Sought(
            account=account,
            since=since,
            until=until,
            digits=self.number,
            hotline=self.hotline,
            group=self.group,
            abandoned=self.abandoned,
            open_only=self.open,
        )


def _midnight(at: int) -> int:
    return (at + CHINA) // DAY * DAY - CHINA


class MissedQuery(MissedFilter):
    after: Cursor | None = None
    """``next`` of the page before."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class Marked(BaseModel):
    """Somebody said by hand that the caller was dealt with."""

    at: Instant
    by: str
    note: str


class MissedCaller(BaseModel):
    number: str
    state: State
    """``called_again``, ``called_back``: an agent has talked to the number since, in ``served``; ``by_hand``:
    somebody says so."""
    attempts: int
    """Calls in vain of this number in the time asked for."""
    call: CallRow
    """The last of them."""
    served: str | None
    """Id of the first answered call since."""
    served_at: Instant | None
    served_by: str | None
    marked: Marked | None


class MissedPage(BaseModel):
    callers: list[MissedCaller]
    """One for each number, who called last first; who withheld its number is not among them."""
    next: Cursor | None
    """None: there are no more."""


class Dealt(BaseModel):
    note: Note = ""


@routes.get("/api/v1/accounts/{account}/missed", Right.SEE_CALLS)
async def missed(at: At, query: MissedQuery) -> MissedPage:
    """Callers whom nobody talked to, and what became of them."""
    found: list[tuple[After, MissedCaller]] = []
    async for page in pages(at, query.sought(at.account), after_of(query.after), query.limit):
        found += page
        if len(found) > query.limit:
            break
    last = found[query.limit - 1][0] if len(found) > query.limit else None
    return MissedPage(callers=[one for _, one in found[: query.limit]], next=cursor(last))


async def pages(
    at: At, sought: Sought, after: After | None = None, size: int = MOST
) -> AsyncIterator[list[tuple[After, MissedCaller]]]:
    """Each caller with its place in the list; of open ones those that were dealt with by hand are left out."""
    while True:
        async with at.archive.connect() as connection:
            found = await callers(connection, sought, after, size)
        numbers = [caller.call.number for caller in found.callers if caller.call.number is not None]
        marks = await called_back.get(at.redis, at.account, numbers)
        shown = [(After(one.call.started, one.call.id), _shown(one, marks)) for one in found.callers]
        yield [pair for pair in shown if pair[1].state == "open" or not sought.open_only]
        if (after := found.next) is None:
            return


def _shown(caller: Caller, marks: Mapping[str, Mark]) -> MissedCaller:
    call, served = caller.call, caller.served
    number = call.number or ""
    mark = marks.get(number)
    if mark is not None and mark.at < call.started:
        mark = None
    state: State = "open" if mark is None else "by_hand"
    if served is not None:
        state = "called_back" if served.kind == "callback" else "called_again"
    return MissedCaller(
        number=number,
        state=state,
        attempts=caller.attempts,
        call=CallRow.of(call),
        served=served.call_id if served else None,
        served_at=served.started if served else None,
        served_by=served.agent if served else None,
        marked=Marked(at=mark.at, by=mark.by, note=mark.note) if mark else None,
    )


@routes.put("/api/v1/accounts/{account}/missed/{number}", Right.CHANGE_CALLS)
async def deal_with(at: At, number: str, body: Dealt) -> None:
    """Say that a caller was dealt with; a later call in vain opens it again."""
    await _known(at, number)
    async with at.act("deal_with_missed_caller", number):
        mark = Mark(at=now(), by=at.identity.login, note=body.note)
        await called_back.put(at.redis, at.account, number, mark)


@routes.delete("/api/v1/accounts/{account}/missed/{number}", Right.CHANGE_CALLS)
async def open_again(at: At, number: str) -> None:
    """Take back what was said by hand."""
    await _known(at, number)
    async with at.act("open_missed_caller_again", number):
        await called_back.remove(at.redis, at.account, number)


async def _known(at: At, number: str) -> None:
    """Raises Unknown for a number that has not called in vain of late."""
    until = now() + DAY
    sought = Sought(account=at.account, since=until - LONGEST_DAYS * DAY, until=until, number=number)
    async with at.archive.connect() as connection:
        found = number.isprintable() and (await callers(connection, sought, limit=1)).callers
    if not found:
        raise Unknown("%(number)s has not been missed in the last %(days)d days.", number=number, days=LONGEST_DAYS)
