"""An account's statement as it is printed, as a table for spreadsheets, and as fields for programs."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from pydantic import BaseModel

from services.domain import money
from services.domain.book import Line
from services.domain.flat import harmless
from services.domain.instant import to_rfc3339
from services.domain.rating import CHINA_TIME
from services.domain.statement import Statement, cost

Language = Literal["zh", "en"]
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


class CallFields(BaseModel):
    call_id: str
    started: str
    ended: str
    hotline: str
    caller: str | None
    caller_name: str | None
    end_state: str
    talk_ms: int
    total: str


class SumFields(BaseModel):
    leg: str
    tariff: str
    rule: str
    count: int
    seconds: int
    drawn: int
    amount: str


class LineFields(BaseModel):
    number: int
    kind: str
    day: str
    amount: str
    package: str
    seconds: int
    text: str
    id: str


class CorrectionFields(BaseModel):
    id: str
    call_id: str
    ended: str
    amount: str


class BalanceFields(BaseModel):
    begin: str
    end: str


class StatementFields(BaseModel):
    """Amounts are text, exact; seconds of packages in ``drawn``."""

    account: str
    name: str
    begin: str
    end: str
    currency: str
    calls: list[CallFields]
    sums: list[SumFields]
    drawn: dict[str, int]
    entries: list[LineFields]
    top_ups: list[LineFields]
    corrections: list[CorrectionFields]
    unrated: int
    unbooked: int
    calls_total: str
    total: str
    outside: str
    balance: BalanceFields | None


def html(statement: Statement, language: Language) -> str:
    """A page of its own, for A4 paper. All that documents or callers say is escaped."""
    return _template().render(
        s=statement,
        t={key: words[language == "en"] for key, words in _WORDS.items()},
        last=statement.span.end - timedelta(days=1),
        lines=alike(statement.lines),
        money=money.text,
        cost=cost,
        time=lambda at: datetime.fromtimestamp(at / 1000, CHINA_TIME).strftime("%Y-%m-%d %H:%M:%S"),
        seconds=lambda ms: f"{ms / 1000:.1f}",
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("statement.html")


def alike(lines: Iterable[Line]) -> list[tuple[Line, int]]:
    """With how often each stands there: what is used with every call is printed once."""
    same: dict[tuple[str, str, str, int], list[Line]] = {}
    for line in lines:
        same.setdefault((line.kind, line.package, line.text, line.amount), []).append(line)
    return [(some[0], len(some)) for some in same.values()]


def table(statement: Statement) -> str:
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


def fields(statement: Statement) -> StatementFields:
    balance = statement.balance
    return StatementFields(
        account=statement.account,
        name=statement.name,
        begin=str(statement.span.begin),
        end=str(statement.span.end),
        currency=statement.currency,
        calls=[
            CallFields(
                call_id=call.call_id,
                started=to_rfc3339(call.started),
                ended=to_rfc3339(call.ended),
                hotline=call.hotline,
                caller=call.caller,
                caller_name=call.caller_name,
                end_state=call.end_state,
                talk_ms=call.talk_ms,
                total=money.text(cost(call)),
            )
            for call in statement.calls
        ],
        sums=[SumFields(**asdict(one) | {"amount": money.text(one.amount)}) for one in statement.sums],
        drawn=statement.drawn,
        entries=[line_fields(line, -line.amount) for line in statement.lines],
        top_ups=[line_fields(line, line.amount) for line in statement.top_ups],
        corrections=[
            CorrectionFields(id=one.id, call_id=one.call_id, ended=to_rfc3339(one.ended), amount=one.amount)
            for one in statement.corrections
        ],
        unrated=statement.unrated,
        unbooked=statement.unbooked,
        calls_total=money.text(statement.calls_total),
        total=money.text(statement.total),
        outside=money.text(statement.outside),
        balance=None
        if balance is None
        else BalanceFields(begin=money.text(balance.begin), end=money.text(balance.end)),
    )


def line_fields(line: Line, amount: int) -> LineFields:
    return LineFields(**asdict(line) | {"day": str(line.day), "amount": money.text(amount)})
