"""``hotline voicemail …``: what callers left."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from services.cli import session
from services.cli.terminal import Refused, out
from services.domain.instant import to_rfc3339
from services.settings import Settings
from services.store import voicemails
from services.store.due import now

app = typer.Typer(no_args_is_help=True, help="What callers left for a group.")


@app.command("list")
def list_(
    account: str,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,  # noqa: FBT002
) -> None:
    """List an account's voicemails, oldest first.

    Example: hotline voicemail list demo
    """
    for left in session.run(lambda redis: voicemails.all_of(redis, account)):
        if as_json:
            out.print(json.dumps(asdict(left), ensure_ascii=False), markup=False)
        else:
            heard = f"heard by {left.heard_by}" if left.heard_at is not None else "not heard"
            caller = left.caller or "a withheld number"
            seconds = left.ms / 1000
            out.print(
                f"{left.id}  {to_rfc3339(left.at)}  {caller} for {left.group}, {seconds:.1f} s, {heard}", markup=False
            )


@app.command()
def delete(
    account: str, ids: Annotated[list[str], typer.Argument(help="As `hotline voicemail list` has them.")]
) -> None:
    """Delete voicemails, and their files where these lie on this host; elsewhere files go when their time is over.

    Example: hotline voicemail delete demo pbx1-1772416800.100-1772416812345
    """
    gone = session.run(lambda redis: voicemails.delete(redis, account, ids, now()))
    folder = Settings().recordings_dir
    for left in gone:
        try:
            (folder / left.file).unlink(missing_ok=True)
        except OSError as error:
            raise Refused(f"{left.id} is forgotten, but its file stays: {error}") from error
    if len(gone) < len(ids):
        raise Refused(f"{len(gone)} of {len(ids)} were there and are deleted")
    out.print(f"{len(gone)} deleted")
