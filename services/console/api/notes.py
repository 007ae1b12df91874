"""What people wrote of a call's caller."""

from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.console.api.calls import whole
from services.console.context import At
from services.console.problems import Refused
from services.console.route import Routes
from services.domain.instant import Instant
from services.domain.rights import Right
from services.store import notes
from services.store.due import now

routes = Routes("calls")

NoteText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Written(BaseModel):
    text: NoteText


class CallerNote(BaseModel):
    id: str
    at: Instant
    author: str
    text: str
    call: str
    """Of which the note is; empty: of none."""


@routes.get("/api/v1/accounts/{account}/calls/{call}/notes", Right.SEE_CALLS)
async def of_caller(at: At, call: str) -> list[CallerNote]:
    """Notes of the call's caller, of other calls too, the newest first."""
    return await of_number(at, (await whole(at, call)).call.number)


async def of_number(at: At, number: str | None) -> list[CallerNote]:
    found = [] if number is None else await notes.of(at.redis, at.account, number)
    return [CallerNote(id=one.id, at=one.at, author=one.author, text=one.text, call=one.call) for one in found]


@routes.post("/api/v1/accounts/{account}/calls/{call}/notes", Right.CHANGE_CALLS)
async def write(at: At, call: str, body: Written) -> None:
    """Write a note of the call's caller."""
    found = (await whole(at, call)).call
    if found.number is None:
        raise Refused("The caller's number is withheld: nobody would find the note again.")
    async with at.act("write_note", found.number, call):
        note = notes.Note(notes.new_id(), now(), at.identity.name, body.text, call)
        await notes.add(at.redis, at.account, found.number, note)
