"""``hotline statement``: what an account owes for a month or a cycle, to be printed or to be read by programs."""

from decimal import InvalidOperation
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.billing import printed
from services.billing.statements import CycleError, gather, span_of
from services.cli import session
from services.cli.terminal import Refused, err
from services.domain.statement import Statement, day_of
from services.domain.usage import UnratableError
from services.store import records
from services.store.due import now


class Form(StrEnum):
    HTML = "html"
    CSV = "csv"
    JSON = "json"


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


def show(account: str, cycle: str, package: str | None, form: Form, language: Language) -> None:
    """Prints it; refuses when a document is missing."""
    found: list[Statement] = []

    async def work(redis: Redis) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("")
            told = lambda count: bar.update(task, description=f"{count:,} records")  # noqa: E731
            span = await span_of(redis, account, cycle, package)
            found.append(await gather(redis, records.own(redis, account, told), account, span, day_of(now())))

    try:
        session.run(work)
    except CycleError as error:
        raise typer.BadParameter(f"--cycle {error}") from None
    except UnratableError as error:
        raise Refused(error) from error
    except (ValidationError, KeyError, ValueError, InvalidOperation) as error:
        raise Refused(f"the account's book or ledger cannot be read: {error}") from error
    [statement] = found
    typer.echo(_in_form(statement, form, language), nl=False)


def _in_form(statement: Statement, form: Form, language: Language) -> str:
    match form:
        case Form.HTML:
            return printed.html(statement, language.value)
        case Form.CSV:
            return printed.table(statement)
        case Form.JSON:
            return printed.fields(statement).model_dump_json() + "\n"


def command(
    account: str,
    *,
    cycle: Annotated[str, typer.Option(help="A month, 2026-10, or a day of a package's cycle, 2026-10-15; in China.")],
    package: Annotated[str | None, typer.Option(help="Whose cycle, where packages have several.")] = None,
    form: Annotated[Form, typer.Option("--format")] = Form.HTML,
    language: Annotated[Language, typer.Option(help="Of HTML.")] = Language.ZH,
) -> None:
    """Print what an account owes for a month or a cycle: each call, sums, what its packages cost, and its balance.

    Example: hotline statement shop --cycle 2026-10 --language en > shop-2026-10.html

    Example: hotline statement shop --cycle 2026-10-15 --package three-years --format csv
    """
    show(account, cycle, package, form, language)
