"""Callers in vain: listed until somebody has dealt with them."""

import itertools
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.store import audit, called_back
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.archived import answered, archive, in_vain
from tests.harness.console import ACCOUNT, FOREIGN, Visit
from tests.harness.traffic import ACCOUNT as COMPANY

MISSED = f"/api/v1/accounts/{ACCOUNT}/missed"
_numbers = (f"1390000{number:04}" for number in itertools.count(1))


@pytest.fixture
def number() -> str:
    return next(_numbers)


async def listed(visit: Visit, number: str, **query: Any) -> list[dict[str, Any]]:
    answer = await visit.get(f"{MISSED}?{urlencode({'number': number, **query})}")
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = json.loads(answer.text)["callers"]
    return found


async def test_a_caller_is_open_until_it_was_talked_to(console: Console, number: str) -> None:
    first, second = in_vain(ACCOUNT, number), in_vain(ACCOUNT, number)
    await archive(console.redis, console.archive, first, second)
    async with console.visiting("super@demo") as visit:
        [caller] = await listed(visit, number, open="true")
        assert (caller["number"], caller["state"], caller["attempts"]) == (number, "open", 2)
        back = answered(ACCOUNT, number, "1001")
        await archive(console.redis, console.archive, replace(back, kind="callback"))
        assert await listed(visit, number, open="true") == []
        [caller] = await listed(visit, number)
        assert (caller["state"], caller["served"], caller["served_by"]) == ("called_back", back.call_id, "1001")


async def test_who_calls_again_and_is_answered_is_served(console: Console, number: str) -> None:
    again = answered(ACCOUNT, number, "1002")
    await archive(console.redis, console.archive, in_vain(ACCOUNT, number), again)
    async with console.visiting("super@demo") as visit:
        [caller] = await listed(visit, number)
    assert (caller["state"], caller["served"]) == ("called_again", again.call_id)


async def test_somebody_says_so_by_hand_until_it_calls_again(console: Console, number: str) -> None:
    await archive(console.redis, console.archive, in_vain(ACCOUNT, number))
    async with console.visiting("super@demo") as visit:
        answer = await visit.api("PUT", f"{MISSED}/{number}", {"note": "  已微信联系 <b>=1+1 "})
        assert answer.status == 204, answer.text
        [caller] = await listed(visit, number)
        assert (caller["state"], caller["marked"]["by"]) == ("by_hand", "super@demo")
        assert caller["marked"]["note"] == "已微信联系 <b>=1+1"
        assert await listed(visit, number, open="true") == []
        assert (await visit.api("DELETE", f"{MISSED}/{number}")).status == 204
        assert [caller["state"] for caller in await listed(visit, number, open="true")] == ["open"]
        await visit.api("PUT", f"{MISSED}/{number}", {})
        await archive(console.redis, console.archive, replace(in_vain(ACCOUNT, number), started=now()))
        assert [caller["state"] for caller in await listed(visit, number, open="true")] == ["open"]
    done = [(entry.act.actor, entry.act.action) for entry in await audit.newest(console.redis, 3)]
    assert done == [
        ("super@demo", "deal_with_missed_caller"),
        ("super@demo", "open_missed_caller_again"),
        ("super@demo", "deal_with_missed_caller"),
    ]


async def test_only_who_was_missed_can_be_dealt_with(console: Console, number: str) -> None:
    await archive(console.redis, console.archive, in_vain(FOREIGN, number), answered(ACCOUNT, number, "1001"))
    async with console.visiting("super@demo") as visit:
        for unknown in (number, "95588", "..%2F..", "' OR 1=1"):
            answer = await visit.api("PUT", f"{MISSED}/{quote(unknown, safe='%')}", {})
            assert (answer.status, json.loads(answer.text)["id"]) == (404, "unknown"), unknown
        assert (await visit.api("PUT", f"{MISSED}/{number}", {"note": "x" * 501})).status == 422
    assert await called_back.get(console.redis, ACCOUNT, [number]) == {}


async def test_the_page_has_a_form_for_it_and_comes_back_to_the_list(console: Console, number: str) -> None:
    await archive(console.redis, console.archive, in_vain(ACCOUNT, number))
    page = f"/accounts/{ACCOUNT}/calls/missed"
    async with console.visiting("super@demo") as visit:
        assert number in (await visit.get(f"{page}?number={number}&open=true")).text
        answer = await visit.form(f"{page}/{number}?number={number}&open=true", {"note": "<script>alert(1)</script>"})
        assert (answer.status, answer.headers["Location"]) == (303, f"{page}?number={number}&open=true")
        shown = (await visit.get(f"{page}?number={number}")).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
        assert "<script>alert" not in shown
    async with console.visiting("audit@demo") as visit:
        assert "csrf" not in (await visit.get(f"{page}?number={number}")).text.partition("<main")[2]


async def test_a_period_has_an_end(console: Console) -> None:
    async with console.visiting("audit@demo") as visit:
        answer = await visit.get(f"{MISSED}?since=2026-01-01&until=2026-12-31")
        assert (answer.status, json.loads(answer.text)["where"][0]["expected"]) == (422, "at most 92 days at once")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 30), opened=st.booleans(), every=st.integers(2, 5))
async def test_pages_of_any_size_leave_nobody_out(company: Console, size: int, opened: bool, every: int) -> None:  # noqa: FBT001
    """Whoever was dealt with by hand, in whatever part of the list."""
    path = f"/api/v1/accounts/{COMPANY}/missed?open={str(opened).lower()}"
    async with company.visiting("li") as visit:
        whole = json.loads((await visit.get(f"{path}&limit=500")).text)["callers"]
        marked = [one["number"] for one in whole if one["state"] == "open"][::every]
        for one in marked:
            await called_back.put(company.redis, COMPANY, one, called_back.Mark(at=now(), by="li"))
        found: list[str] = []
        after = ""
        while True:
            page = json.loads((await visit.get(f"{path}&limit={size}{after}")).text)
            found += [one["number"] for one in page["callers"]]
            if page["next"] is None:
                break
            assert len(page["callers"]) == size
            after = f"&after={page['next']}"
        for one in marked:
            await called_back.remove(company.redis, COMPANY, one)
    assert found == [one["number"] for one in whole if not opened or one["number"] not in marked]
