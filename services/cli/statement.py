"""``hotline statement``: what an account owes for a month, to be printed or to be read by programs."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.billing.statements import gather
from services.cli import session
from services.cli.records import CHINA
from services.cli.terminal import Refused, err
from services.domain import money
from services.domain.flat import harmless
from services.domain.record import to_rfc3339
from services.domain.statement import Statement, cost
from services.domain.usage import UnratableError


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
    "inbound": ("呼入", "inbound"),
    "outbound": ("呼出", "outbound"),
    "call": ("整通", "whole call"),
}


def show(account: str, cycle: date, form: Form, language: Language) -> None:
    """Prints it; refuses when a document is missing."""
    found: list[Statement] = []

    async def work(redis: Redis) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("")
            told = lambda count: bar.update(task, description=f"{count:,} records")  # noqa: E731
            found.append(await gather(redis, account, cycle, told))

    try:
        session.run(work)
    except UnratableError as error:
        raise Refused(error) from error
    [statement] = found
    typer.echo(_html(statement, language) if form is Form.HTML else _FORMS[form](statement), nl=False)


def _html(statement: Statement, language: Language) -> str:
    """All that documents or callers say is escaped."""
    loader = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("statement.html")
    return template.render(
        s=statement,
        t={key: words[language is Language.EN] for key, words in _WORDS.items()},
        cycle=f"{statement.begin:%Y-%m}",
        last=statement.end - timedelta(days=1),
        money=money.text,
        cost=cost,
        time=lambda at: datetime.fromtimestamp(at / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        seconds=lambda ms: f"{ms / 1000:.1f}",
    )


def _csv(statement: Statement) -> str:
    """A row for all that the total, the last row, is the sum of."""
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
    for one in statement.postings:
        amount = money.text(one.amount)
        yield {"what": one.kind, "day": str(one.day), "package": one.package, "text": one.text, "amount": amount}
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


def _json(statement: Statement) -> str:
    fields = {
        "account": statement.account,
        "name": statement.name,
        "begin": str(statement.begin),
        "end": str(statement.end),
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
        "postings": [
            asdict(one) | {"day": str(one.day), "amount": money.text(one.amount)} for one in statement.postings
        ],
        "corrections": [
            {"id": one.id, "call_id": one.call_id, "ended": to_rfc3339(one.ended), "amount": one.amount}
            for one in statement.corrections
        ],
        "unrated": statement.unrated,
        "calls_total": money.text(statement.calls_total),
        "total": money.text(statement.total),
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


_FORMS: dict[Form, Callable[[Statement], str]] = {Form.CSV: _csv, Form.JSON: _json}
