"""``hotline statement``: what an account owes for a month or a cycle, to be printed or to be read by programs."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.billing.statements import gather, package_cycle
from services.cli import session
from services.cli.records import CHINA
from services.cli.terminal import Refused, err
from services.domain import money
from services.domain.book import Line
from services.domain.cycle import Span, add_months
from services.domain.flat import harmless
from services.domain.record import to_rfc3339
from services.domain.statement import Statement, cost, day_of
from services.domain.usage import UnratableError
from services.store.due import now


class Form(StrEnum):
    HTML = "html"
    CSV = "csv"
    JSON = "json"


class Language(StrEnum):
    ZH = "zh"
    EN = "en"


Row = dict[str, str | int]

_COLUMNS = ("what", "day", "id", "hotline", "caller", "package", "text", "amount")
_WORDS = {
    # key: Chinese, English
    "lang": ("zh-CN", "en"),
    "statement": ("400 热线账单", "Statement of the 400 hotline"),
    "calls": ("通话", "Calls"),
    "total": ("合计", "Total"),
    "unrated": ("尚未定价、未计入的通话", "Calls not priced yet and not included"),
    "by_rule": ("按线路和费率汇总", "By leg and rule"),
    "by_package": ("套餐内用量", "Covered by packages"),
    "package": ("套餐", "Package"),
    "leg": ("线路", "Leg"),
    "tariff": ("资费", "Tariff"),
    "rule": ("规则", "Rule"),
    "count": ("笔数", "Number"),
    "seconds": ("计费秒数", "Seconds billed"),
    "drawn": ("套餐内秒数", "Seconds covered"),
    "amount": ("金额", "Amount"),
    "started": ("开始时间", "Begin"),
    "hotline": ("热线", "Hotline"),
    "caller": ("主叫", "Caller"),
    "end_state": ("结果", "Outcome"),
    "talk": ("通话秒数", "Talk, s"),
    "fee": ("套餐费", "Fee"),
    "extra": ("增值服务", "Extra service"),
    "minimum": ("低消补足", "Monthly minimum"),
    "forfeit": ("到期作废", "Forfeited"),
    "correction": ("更正", "Correction"),
    "top_up": ("充值", "Top-up"),
    "balance_begin": ("期初余额", "Balance at the beginning"),
    "balance_end": ("期末余额", "Balance at the end"),
    "outside": ("其中不计入余额", "Of the total, not taken from the balance"),
    "unbooked": ("已到期、尚未入账的套餐项目", "Entries of packages that are due and not booked yet"),
    "inbound": ("呼入", "inbound"),
    "outbound": ("呼出", "outbound"),
    "call": ("整通", "whole call"),
}


_MONTH = re.compile(r"\d{4}-\d{2}")


def show(account: str, cycle: str, package: str | None, form: Form, language: Language) -> None:
    """Prints it; refuses when a document is missing.

    ``cycle``: a month, ``2026-10``, or a day of a package's cycle, ``2026-10-15``.
    """
    month = _MONTH.fullmatch(cycle) is not None
    try:
        day = date.fromisoformat(f"{cycle}-01" if month else cycle)
    except ValueError:
        expected = f"--cycle {cycle!r}: expected a month like 2026-10, or a day of a package's cycle like 2026-10-15"
        raise typer.BadParameter(expected) from None
    if month and package is not None:
        raise typer.BadParameter(f"--package {package!r}: expected with --cycle a day of the package's cycle, no month")
    found: list[Statement] = []

    async def work(redis: Redis) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("")
            told = lambda count: bar.update(task, description=f"{count:,} records")  # noqa: E731
            span = Span(day, add_months(day, 1)) if month else await package_cycle(redis, account, package, day)
            found.append(await gather(redis, account, span, day_of(now()), told))

    try:
        session.run(work)
    except UnratableError as error:
        raise Refused(error) from error
    except (ValidationError, KeyError, ValueError, InvalidOperation) as error:
        raise Refused(f"the account's book or ledger cannot be read: {error}") from error
    [statement] = found
    typer.echo(_html(statement, language) if form is Form.HTML else _FORMS[form](statement), nl=False)


def _html(statement: Statement, language: Language) -> str:
    """All that documents or callers say is escaped."""
    loader = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("statement.html")
    return template.render(
        s=statement,
        t={key: words[language is Language.EN] for key, words in _WORDS.items()},
        last=statement.span.end - timedelta(days=1),
        lines=_alike(statement.lines),
        money=money.text,
        cost=cost,
        time=lambda at: datetime.fromtimestamp(at / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        seconds=lambda ms: f"{ms / 1000:.1f}",
    )


def _alike(lines: Iterable[Line]) -> list[tuple[Line, int]]:
    """With how often each stands there: what is used with every call is printed once."""
    same: dict[tuple[str, str, str, int], list[Line]] = {}
    for line in lines:
        same.setdefault((line.kind, line.package, line.text, line.amount), []).append(line)
    return [(some[0], len(some)) for some in same.values()]


def _csv(statement: Statement) -> str:
    """A row for all that the total is the sum of; after it, of accounts that keep a book, what came of the balance."""
    text = io.StringIO()
    text.write("\ufeff")  # what a spreadsheet knows UTF-8 by
    writer = csv.DictWriter(text, _COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(_rows(statement))
    return text.getvalue()


def _rows(statement: Statement) -> Iterator[Row]:
    for call in statement.calls:
        yield {
            "what": "call",
            "day": to_rfc3339(call.started),
            "id": harmless(call.call_id) or "",
            "hotline": call.hotline,
            "caller": harmless(call.caller) or "",
            "text": harmless(call.caller_name) or "",
            "amount": money.text(cost(call)),
        }
    for line in statement.lines:
        yield _row(line, -line.amount)
    for entry in statement.corrections:
        yield {
            "what": "correction",
            "day": to_rfc3339(entry.ended),
            "id": harmless(entry.id) or "",
            "hotline": entry.hotline,
            "text": f"{entry.before} > {entry.charge.tariff}@{entry.charge.version}",
            "amount": entry.amount,
        }
    yield {"what": "total", "amount": money.text(statement.total)}
    if statement.balance is not None:
        yield {"what": "balance_begin", "amount": money.text(statement.balance.begin)}
        for line in statement.top_ups:
            yield _row(line, line.amount)
        yield {"what": "outside", "amount": money.text(statement.outside)}
        yield {"what": "balance_end", "amount": money.text(statement.balance.end)}


def _row(line: Line, amount: int) -> Row:
    text = harmless(line.text) or ""
    fields: Row = {"what": line.kind, "day": str(line.day), "id": harmless(line.id) or "", "package": line.package}
    return fields | {"text": text, "amount": money.text(amount)}


def _json(statement: Statement) -> str:
    balance = statement.balance
    fields = {
        "account": statement.account,
        "name": statement.name,
        "begin": str(statement.span.begin),
        "end": str(statement.span.end),
        "currency": statement.currency,
        "calls": [
            {
                "call_id": call.call_id,
                "started": to_rfc3339(call.started),
                "ended": to_rfc3339(call.ended),
                "hotline": call.hotline,
                "caller": call.caller,
                "caller_name": call.caller_name,
                "end_state": call.end_state,
                "talk_ms": call.talk_ms,
                "total": money.text(cost(call)),
            }
            for call in statement.calls
        ],
        "sums": [asdict(one) | {"amount": money.text(one.amount)} for one in statement.sums],
        "drawn": statement.drawn,
        "entries": [_entry(line, -line.amount) for line in statement.lines],
        "top_ups": [_entry(line, line.amount) for line in statement.top_ups],
        "corrections": [
            {"id": one.id, "call_id": one.call_id, "ended": to_rfc3339(one.ended), "amount": one.amount}
            for one in statement.corrections
        ],
        "unrated": statement.unrated,
        "unbooked": statement.unbooked,
        "calls_total": money.text(statement.calls_total),
        "total": money.text(statement.total),
        "outside": money.text(statement.outside),
        "balance": None if balance is None else {"begin": money.text(balance.begin), "end": money.text(balance.end)},
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _entry(line: Line, amount: int) -> dict[str, object]:
    return asdict(line) | {"day": str(line.day), "amount": money.text(amount)}


_FORMS: dict[Form, Callable[[Statement], str]] = {Form.CSV: _csv, Form.JSON: _json}


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
