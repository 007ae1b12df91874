"""Calls over the API and as pages: what is found is what was asked for."""

import ast
import inspect
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.archive.schema import CALLS
from services.console import words
from services.console.texts import catalogue, texts
from services.console.words import Spoken
from services.domain import ladder
from services.domain.ladder import rungs
from services.domain.record import Record, from_json
from tests.console.conftest import Console
from tests.harness.console import Visit
from tests.harness.traffic import ACCOUNT

CALLS_OF = f"/api/v1/accounts/{ACCOUNT}/calls"
PAGE = f"/accounts/{ACCOUNT}/calls"
CHINA = timezone(timedelta(hours=8))
Row = dict[str, Any]


async def asked(visit: Visit, path: str = CALLS_OF, **query: Any) -> Any:
    answer = await visit.get(f"{path}?{urlencode(query, doseq=True)}")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def everything(visit: Visit, **query: Any) -> list[Row]:
    found: list[Row] = []
    more: Row = {}
    while True:
        page = await asked(visit, **query, **more)
        found += page["calls"]
        if page["next"] is None:
            return found
        more = {"after": page["next"]}


async def test_all_calls_newest_first_and_each_once(company: Console) -> None:
    async with company.archive.connect() as connection:
        expected = (
            await connection.scalars(select(CALLS.c.call_id).order_by(CALLS.c.started.desc(), CALLS.c.id.desc()))
        ).all()
    async with company.visiting("qian") as visit:
        found = await everything(visit, limit=500)
    assert [call["call_id"] for call in found] == list(expected)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4))
async def test_pages_of_any_size_leave_nothing_out(company: Console, sizes: list[int]) -> None:
    """A day's missed calls, as many at once as comes."""
    day = f"{datetime.now(CHINA) - timedelta(days=2):%Y-%m-%d}"
    query = {"since": day, "until": day, "missed": "true"}
    async with company.visiting("qian") as visit:
        expected = await asked(visit, **query, limit=500)
        found: list[Row] = []
        after: Row = {}
        while True:
            page = await asked(visit, **query, limit=sizes[len(found) % len(sizes)], **after)
            found += page["calls"]
            assert page["count"] == expected["count"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
    assert found == expected["calls"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


DAY = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)
FILTERS: dict[str, tuple[Row, Callable[[Row], bool]]] = {
    "a day": (
        {"since": f"{DAY:%Y-%m-%d}", "until": f"{DAY:%Y-%m-%d}"},
        lambda call: DAY <= at(call["started"]) < DAY + timedelta(days=1),
    ),
    "an hour": (
        {"since": f"{DAY:%Y-%m-%dT10:00}", "until": f"{DAY:%Y-%m-%dT11:00}"},
        lambda call: at(call["started"]).astimezone(CHINA).strftime("%d %H") == f"{DAY:%d} 10",
    ),
    "end states": (
        {"state": ["voicemail", "abandoned_waiting"]},
        lambda call: call["end_state"] in {"voicemail", "abandoned_waiting"},
    ),
    "missed": ({"missed": "true"}, lambda call: call["missed"]),
    "province": ({"province": "上海"}, lambda call: (call["region"] or "").startswith("上海")),
    "city": ({"province": "浙江", "city": "宁波"}, lambda call: call["region"] == "浙江宁波"),
    "who answered": ({"answered_by": "803"}, lambda call: call["agent"] == "803"),
    "cost": (
        {"cost_from": "0", "cost_to": "0.36"},
        lambda call: call["cost"] and Decimal(0) <= Decimal(call["cost"]) <= Decimal("0.36"),
    ),
    "hotline": ({"hotline": "4000000000"}, lambda _: False),
    "direction": ({"kind": "callback"}, lambda call: call["kind"] == "callback"),
}


@pytest.mark.parametrize("what", FILTERS)
async def test_a_filter(company: Console, what: str) -> None:
    query, right = FILTERS[what]
    async with company.visiting("qian") as visit:
        every = await everything(visit, limit=500)
        found = await everything(visit, limit=500, **query)
    assert found == [call for call in every if right(call)]
    assert found or what in {"hotline", "direction"}


async def test_an_agent_and_a_group_are_found_in_whatever_part_they_had(company: Console) -> None:
    async with company.visiting("qian") as visit:
        for of, kind in (("agent", "attempts"), ("group", "group")):
            name = "803" if of == "agent" else "lvyuan-service"
            found = await everything(visit, limit=500, **{of: name})
            assert found
            for call in (found[0], found[len(found) // 2], found[-1]):
                record = (await asked(visit, f"{CALLS_OF}/{call['call_id']}"))["record"]
                hops = record["hops"]
                in_part = (
                    {a["agent"] for hop in hops for a in hop["attempts"]}
                    if kind == "attempts"
                    else {h["group"] for h in hops}
                )
                assert name in in_part


async def test_a_number_is_found_by_its_end_and_however_it_is_written(company: Console) -> None:
    async with company.visiting("qian") as visit:
        [newest] = (await asked(visit, limit=1))["calls"]
        number = newest["caller"]
        expected = [call for call in await everything(visit, limit=500) if call["caller"] == number]
        for written in (number, f"{number[:3]} {number[3:7]}-{number[7:]}", f"+86{number.removeprefix('0')}"):
            assert await everything(visit, number=written) == expected, written
        by_end = await everything(visit, number=number[-4:])
        assert newest in by_end
        assert all(call["caller"].endswith(number[-4:]) for call in by_end)
        assert not await everything(visit, number=number[-3:])


TRICKS = (
    "' OR 1=1 --",
    "'; DROP TABLE calls; --",
    "%",
    "_%",
    "\\",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "${7*7}",
    "{{7*7}}",
    "\N{PILE OF POO}",
)
NAMED = ("number", "hotline", "agent", "answered_by", "group", "province", "city")


@pytest.mark.parametrize("trick", TRICKS)
async def test_what_is_typed_is_a_text(company: Console, trick: str) -> None:
    async with company.visiting("qian") as visit:
        for name in NAMED:
            assert (await asked(visit, **{name: trick}))["calls"] == []
            page = await visit.get(f"{PAGE}?{urlencode({name: trick})}")
            assert page.status == 200
            assert "<script>alert" not in page.text
        assert (await visit.get(f"{CALLS_OF}/{trick.replace('/', '%2F').replace('%', '%25')}")).status == 404


WRONG = {
    "since": ("yesterday", "2026-13-40", "1", "2026-03-02T10:00+99:00"),
    "limit": ("0", "501", "x"),
    "after": ("x", "1", "99999999999999999999.1", "-1.1"),
    "state": ("asleep",),
    "cost_from": ("-1", "NaN", "1e400", "0.0000001"),
    "agent": ("\0", "x" * 101),
    "nonsense": ("1",),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_named(company: Console, name: str) -> None:
    async with company.visiting("qian") as visit:
        for value in WRONG[name]:
            answer = await visit.get(f"{CALLS_OF}?{urlencode({name: value})}")
            assert (answer.status, json.loads(answer.text)["id"]) == (422, "invalid"), value
            assert name in answer.text


async def test_a_call_as_a_whole(company: Console) -> None:
    async with company.visiting("qian") as visit:
        call = (await asked(visit, state="answered", limit=1))["calls"][0]
        whole = await asked(visit, f"{CALLS_OF}/{call['call_id']}")
        page = (await visit.get(f"{PAGE}/{call['call_id']}")).text
    record: Record = from_json(json.dumps(whole["record"]))
    assert (whole["call"], record.call_id, whole["corrections"]) == (call, call["call_id"], [])
    assert record.charge
    amounts = [Decimal(segment.amount) for segment in record.charge.segments]
    amounts += [Decimal(adjustment.amount) for adjustment in record.charge.adjustments]
    assert sum(amounts) == Decimal(record.charge.total) == Decimal(call["cost"])
    for amount in (*amounts, Decimal(record.charge.total)):
        assert f">{amount}" in page
    for _, _, text in rungs(record, Spoken(texts("zh-CN"))):
        assert text in page


def test_ladders_are_said_in_chinese_as_a_whole() -> None:
    """What the domain says is in no template: the texts are taken from its source."""
    known = {str(message.id) for message in catalogue("zh-CN") if message.string}
    assert not [text for text in words_of_ladders() if text not in known]


def words_of_ladders() -> set[str]:
    nodes = list(ast.walk(ast.parse(inspect.getsource(ladder))))
    said = [node.args[0] for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say"]
    parts = [part for text in said for part in ast.walk(text)] + nodes
    texts = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    plain = {part.value for part in said if isinstance(part, ast.Constant)}
    return {text for text in texts if "%(" in text} | {str(text) for text in plain} | set(ladder.TEXTS.values())


async def test_links_of_the_list_keep_the_filters(company: Console) -> None:
    async with company.visiting("qian") as visit:
        answer = await visit.get(PAGE)
        assert answer.headers["Location"] == f"{PAGE}?since={datetime.now(CHINA):%Y-%m-%d}"
        page = (await visit.get(f"{PAGE}?since=&agent=803&state=answered&limit=5")).text
    assert f'{PAGE}.xlsx?agent=803&amp;state=answered"' in page
    assert f"{PAGE}?agent=803&amp;state=answered&amp;after=" in page
    assert f'{PAGE}?agent=803&amp;missed=true"' in page
    assert words.END_STATES["answered"]
