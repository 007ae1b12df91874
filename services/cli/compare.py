"""``hotline compare``: an account's own calls through every package on offer."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress
from rich.table import Table

from services.billing import offers as offers_of
from services.cli import session
from services.cli.files import documents_in
from services.cli.terminal import Refused, err, out
from services.domain import callfile, money
from services.domain.callfile import Line
from services.domain.comparison import Offer
from services.domain.documents import Document, Hotline
from services.domain.package import Package
from services.domain.usage import Served, UnratableError
from services.store import records

Calls = list[Served]


def compare(  # noqa: PLR0913  # what the options say
    account: str, offers: Sequence[Document], since: date, until: date, calls: Path | None, *, as_json: bool
) -> None:
    """``calls``: a file, of calls by the documents among ``offers``, instead of those on the stream by Redis'."""
    packages = [document for document in offers if isinstance(document, Package)]
    if not packages:
        raise Refused("--package: there is no package among these documents")
    if until <= since:
        raise Refused(f"--until {until}: expected a day after --since, {since}")
    try:
        if calls is None:
            found, documents = session.run(
                lambda redis: offers_of.written(redis, records.own(redis, account), account, since, until)
            )
        else:
            found, documents = _from_file(account, calls, offers), list(offers)
        inside = [one for one in found if offers_of.ms(since) <= one.ended < offers_of.ms(until)]
        if not inside:
            raise Refused(f"account {account!r} has no calls from {since} to {until}")
        with Progress(console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("calls", total=len(inside) * (len(packages) + 1))
            rated = lambda: bar.advance(task)  # noqa: E731
            compared = offers_of.compared(account, documents, packages, inside, since, until, rated)
    except UnratableError as error:
        raise Refused(error) from error
    _print(compared, len(inside), as_json=as_json)


def _from_file(account: str, calls: Path, documents: Sequence[Document]) -> Calls:
    owners = {document.id: document.account for document in documents if isinstance(document, Hotline)}
    found: Calls = []
    try:
        with calls.open("rb") as file:
            for item in callfile.read(file):
                if not isinstance(item, Line):
                    _refuse(calls, *item)
                if owners.get(item.call.hotline) is None:
                    _refuse(calls, item.number, f"hotline: {item.call.hotline!r}: no document of this hotline")
                if owners[item.call.hotline] == account:
                    found.append(item.served)
    except OSError as error:
        raise Refused(f"{calls}: {error}") from error
    return found


def _refuse(calls: Path, number: int, sentence: str) -> NoReturn:
    raise Refused(f"{calls}:{number}: {sentence}")


def _print(offers: list[Offer], calls: int, *, as_json: bool) -> None:
    if as_json:
        listed = [one.model_dump() for one in offers_of.fields(offers)]
        out.print(json.dumps({"calls": calls, "offers": listed}, ensure_ascii=False), markup=False)
        return
    least = min(offer.total for offer in offers)
    table = Table(box=None, pad_edge=False)
    for heading in ("", "package"):
        table.add_column(heading)
    for heading in ("fee", "overage", "extras", "minimum", "total", "forfeited", "left"):
        table.add_column(heading, justify="right")
    for offer in offers:
        amounts = map(money.text, (offer.fee, offer.overage, offer.extras, offer.minimum, offer.total))
        rest = (f"{seconds // 60} min" for seconds in (offer.forfeited, offer.left))
        table.add_row("*" if offer.total == least else "", offer.package or "(none)", *amounts, *rest)
    out.print(table, width=200, crop=False)
    for offer in offers:
        if offer.package and offer.not_offered:
            out.print(f"{offer.package} does not offer {', '.join(offer.not_offered)}", markup=False)
    out.print(f"{calls} calls; * is the cheapest")


def command(  # noqa: PLR0913
    account: str,
    *,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day, in China's time.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day no longer in the period.")],
    package: Annotated[list[Path], typer.Option(exists=True, help="Documents (YAML) with the packages on offer.")],
    calls: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSON lines, instead of the stream; asks Redis nothing."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what an account's own calls of a period would have cost with each package on offer.

    Example: hotline compare shop --since 2026-01-01 --until 2026-07-01 --package offers/
    """
    offers = [document for _, document in documents_in(package)]
    compare(account, offers, since.date(), until.date(), calls, as_json=as_json)
