"""``hotline draft …``: changes that ``hotline apply --draft`` has put aside."""

from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli import session
from services.cli.files import refuse_change
from services.cli.terminal import Refused, out
from services.cli.writing import differences
from services.domain.check import Standing
from services.domain.reading import Located, Reading
from services.domain.record import to_rfc3339
from services.store import documents, drafts, staff
from services.store.drafts import Draft
from services.store.due import now
from services.store.versions import Edit

app = typer.Typer(no_args_is_help=True, help="Changes of documents that are not in effect yet.")

Name = Annotated[str, typer.Argument(help="As hotline apply --draft was told.")]


@app.command(name="list")
def list_() -> None:
    """List drafts: when each was last changed, by whom, and why.

    Example: hotline draft list
    """

    async def work(redis: Redis) -> None:
        for name in await drafts.names(redis):
            found = await _draft(redis, name)
            told = f"{len(found.documents)} documents  {to_rfc3339(found.edit.at)}  {found.edit.by}  {found.edit.why}"
            out.print(f"{name:<20} {told}".rstrip(), markup=False)

    session.run(work)


@app.command()
def diff(name: Name) -> None:
    """Show what a draft would change.

    Example: hotline draft diff autumn
    """

    async def work(redis: Redis) -> None:
        found, stands = await _draft(redis, name), await documents.standing(redis)
        for title, drafted in found.documents.items():
            differences(stands.documents.get(title), drafted.document, ("in effect", " ".join(title)))

    session.run(work)


@app.command()
def apply(
    name: Name, actor: session.Actor, why: Annotated[str, typer.Option(help="For the documents' history.")] = ""
) -> None:
    """Put a draft's documents into effect, all at once, and forget the draft.

    Refused when somebody else has changed one of them since it was put into the draft.

    Example: hotline draft apply autumn --why "autumn menu"
    """

    async def work(redis: Redis) -> None:
        found = await _draft(redis, name)
        new = [drafted.document for drafted in found.documents.values()]
        reading = Reading([Located(document, f"{document.kind} {document.id} of draft {name}") for document in new])

        def check(stands: Standing) -> None:
            if moved := found.moved(stands):
                raise Refused(
                    *(f"{kind} {id_} has been changed since; put it into the draft again" for kind, id_ in moved)
                )
            refuse_change(reading, stands)

        edit = Edit(actor, now(), why or found.edit.why)
        for document, version in await documents.apply(redis, new, edit, check=check):
            out.print(f"{document.kind:<8} {document.id:<20} version {version}")
        await staff.put(redis, new)
        await drafts.discard(redis, name)

    session.run(work)


@app.command()
def discard(name: Name) -> None:
    """Forget a draft.

    Example: hotline draft discard autumn
    """

    async def work(redis: Redis) -> None:
        if not await drafts.discard(redis, name):
            raise Refused(f"there is no draft {name!r}")

    session.run(work)


async def _draft(redis: Redis, name: str) -> Draft:
    try:
        found = await drafts.get(redis, name)
    except ValidationError as error:
        raise Refused(f"draft {name!r} was made by another release: {error.errors()[0]['msg']}") from error
    if found is None:
        raise Refused(f"there is no draft {name!r}")
    return found
