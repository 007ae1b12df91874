"""``hotline rate``: what calls would have cost."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from services.billing.offline import fold
from services.cli.files import Files, documents_in
from services.cli.terminal import Refused, err, out
from services.domain import callfile, money
from services.domain.callfile import Line
from services.domain.charge import Charge, charge_fields
from services.domain.documents import Document
from services.domain.explain import explained
from services.domain.instant import to_rfc3339
from services.domain.ladder import ladder
from services.domain.office import Office
from services.domain.record import Record, to_json
from services.domain.usage import Served, UnratableError, usage_of
from services.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """A call to be rated, and how its charge is shown."""

    where: str
    """File and line, or the call's id."""
    order: int
    """Among the problems of one input."""
    ended: int
    served: Callable[[], Served | None]
    """None when there is nobody to charge. Raises UnratableError."""
    text: Callable[[Charge | None], str]
    fields: Callable[[Charge | None], str]


Problem = tuple[int, str]
Cases = tuple[list[Case], list[Problem]]


def rate(  # noqa: PLR0913  # what the options say
    documents: Sequence[Document],
    cases: Cases,
    *,
    tariff: str | None,
    packages: Sequence[str],
    until: date | None,
    as_json: bool,
) -> None:
    """Prints every call's charge, in the order of their ends, then all postings and the sum; refuses after the rest."""
    known = {(document.kind, document.id) for document in documents}
    for kind, name in [("tariff", tariff)] * (tariff is not None) + [("package", name) for name in packages]:
        if (kind, name) not in known:
            raise Refused(f"--{kind} {name!r}: there is no {kind} of this id among the documents")
    office = Office(documents, tariff, packages)
    calls, problems = cases
    total, rated = 0, 0
    for case in sorted(calls, key=lambda case: case.ended):
        try:
            served = case.served()
            charge = None if served is None else office.rate(served)
        except UnratableError as error:
            problems.append((case.order, f"{case.where}: {error}"))
            continue
        if charge is not None:
            rated += 1
            total += money.micros(Decimal(charge.total))
        out.print(case.fields(charge) if as_json else case.text(charge), markup=False)
    if until is not None:
        office.finish(until)
    _print_sum(rated, total, office, as_json=as_json)
    if problems:
        raise Refused(*(sentence for _, sentence in sorted(problems)))


def of_lines(calls: Path) -> Cases:
    """The calls of a file of JSON lines."""
    found: list[Case] = []
    problems: list[Problem] = []
    try:
        with calls.open("rb") as file:
            for item in callfile.read(file):
                if isinstance(item, Line):
                    found.append(_of_line(calls, item))
                else:
                    number, sentence = item
                    problems.append((number, f"{calls}:{number}: {sentence}"))
    except OSError as error:
        raise Refused(f"{calls}: {error}") from error
    return found, problems


def of_cel(files: Sequence[Path]) -> Cases:
    """The calls that CEL files of one pbx tell of."""
    try:
        with Progress(console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("call events", total=sum(file.stat().st_size for file in files))
            folded = fold(files, Settings().pbx, lambda size: bar.advance(task, size))
    except OSError as error:
        raise Refused(error) from error
    if folded.passed_over:
        err.print(f"{folded.passed_over} rows are of calls that began before these files")
    if folded.going_on:
        err.print(f"{folded.going_on} calls do not end in these files and are left out")
    torn = [(-1, f"{folded.torn} pieces of these files are no call events, as said above")] if folded.torn else []
    return [_of_record(number, record) for number, record in enumerate(folded.records)], torn


def _of_line(calls: Path, line: Line) -> Case:
    call = line.call

    def text(charge: Charge | None) -> str:
        assert charge is not None  # noqa: S101  # every line has somebody to charge
        who = " ".join(filter(None, (call.caller or "-", charge.caller_type, charge.caller_region)))
        head = f"line {line.number}: {to_rfc3339(call.started)} {who}: {charge.total} {charge.currency}"
        return _with_sentences([head], charge)

    def fields(charge: Charge | None) -> str:
        return _json({"line": line.number, "hotline": call.hotline, "charge": charge and charge_fields(charge)})

    return Case(f"{calls}:{line.number}", line.number, call.ended, lambda: line.served, text, fields)


def _of_record(number: int, record: Record) -> Case:
    def served() -> Served | None:
        if record.account is None:
            return None
        return Served(record.hotline, record.account, record.started, record.ended, usage_of(record))

    def text(charge: Charge | None) -> str:
        cost = "not charged" if charge is None else f"{charge.total} {charge.currency}"
        head = f"{record.call_id}  {to_rfc3339(record.started)}  {cost}"
        return _with_sentences([head, *ladder(record)], charge)

    def fields(charge: Charge | None) -> str:
        return to_json(replace(record, charge=charge)).decode()

    return Case(f"call {record.call_id}", number, record.ended, served, text, fields)


def _with_sentences(lines: list[str], charge: Charge | None) -> str:
    return "\n".join([*lines, *(f"    {sentence}" for sentence in ([] if charge is None else explained(charge)))])


def _print_sum(rated: int, total: int, office: Office, *, as_json: bool) -> None:
    for posting in office.postings:
        if as_json:
            _print_json({"posting": asdict(posting) | {"day": str(posting.day), "amount": money.text(posting.amount)}})
        else:
            out.print(f"{posting.day} {posting.package} {posting.kind}, {posting.text}: {money.text(posting.amount)}")
    for alert in office.alerts:
        if as_json:
            _print_json({"alert": {"package": alert.package, "mark": alert.mark, "left": alert.left}})
        else:
            out.print(f"{alert.package}: {alert.mark} % are used, {alert.left // 60} minutes are left")
    owed = total + sum(posting.amount for posting in office.postings)
    if as_json:
        _print_json({"calls": rated, "calls_total": money.text(total), "total": money.text(owed)})
    else:
        out.print(f"{rated} calls: {money.text(total)}; with packages: {money.text(owed)}")


def _json(fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _print_json(fields: object) -> None:
    out.print(_json(fields), markup=False)


def command(  # noqa: PLR0913
    files: Files,
    *,
    calls: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Calls as JSON lines: docs/tariffs.md.")
    ] = None,
    cel: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="Asterisk's call events, several times from the oldest file on."
        ),
    ] = None,
    tariff: Annotated[str | None, typer.Option(help="By this one, instead of that of the hotline's account.")] = None,
    package: Annotated[
        list[str] | None, typer.Option(help="With this one since the first call, instead of the account's.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Settle packages up to this day.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say what calls cost by tariffs and packages, and why; nothing is written anywhere.

    Example: hotline rate examples/demo --calls calls.jsonl --tariff per-minute

    Example: hotline rate examples/demo --cel hotline.csv.1 --cel hotline.csv
    """
    if (calls is None) == (not cel):
        raise typer.BadParameter("one of --calls and --cel is needed, and not both")
    documents = [document for _, document in documents_in(files)]
    settled = None if until is None else until.date()
    cases = of_cel(cel or []) if calls is None else of_lines(calls)
    rate(documents, cases, tariff=tariff, packages=package or [], until=settled, as_json=as_json)
