"""``hotline draft …``: changes that ``hotline apply --draft`` has put aside."""

from typing import Annotated

import typer
from redis.asyncio import Redis

from services.cli import session
from services.cli.files import engine
from services.cli.terminal import Refused, differ, out, telling
from services.configuration.changes import Changes, drafted
from services.domain.instant import to_rfc3339
from services.domain.writing import differences
from services.programs import SoundError
from services.prompts import Sounds
from services.settings import Settings
from services.store import documents, drafts
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
            found = await drafted(redis, name)
            told = f"{len(found.documents)} documents  {to_rfc3339(found.edit.at)}  {found.edit.by}  {found.edit.why}"
            out.print(f"{name:<20} {told}".rstrip(), markup=False)

    session.run(work)


@app.command()
def diff(name: Name) -> None:
    """Show what a draft would change.

    Example: hotline draft diff autumn
    """

    async def work(redis: Redis) -> None:
        found, stands = await drafted(redis, name), await documents.standing(redis)
        for title, one in found.documents.items():
            differ(differences(stands.documents.get(title), one.document, ("in effect", " ".join(title))))

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
        settings = Settings()
        made = Sounds(settings.sounds_dir, engine(settings))
        for document, version in await Changes(redis, made, telling).apply_draft(name, Edit(actor, now(), why)):
            out.print(f"{document.kind:<8} {document.id:<20} version {version}")

    try:
        session.run(work)
    except SoundError as error:
        raise Refused(f"nothing was applied: {error}") from error


@app.command()
def discard(name: Name) -> None:
    """Forget a draft.

    Example: hotline draft discard autumn
    """

    async def work(redis: Redis) -> None:
        if not await drafts.discard(redis, name):
            raise Refused(f"there is no draft {name!r}")

    session.run(work)
