"""A command that is sent twice with the same key is done once."""

import asyncio
import json

import pytest

from services.console.once import HEADER, RUNNING_SECONDS, Done
from services.console.problems import ProblemBody
from services.store import books, keys
from tests.console.conftest import Console
from tests.harness.console import Answer, Visit

AT = "/api/v1/accounts/prepaid/money/top-ups"


async def top_up(visit: Visit, key: str, name: str, amount: str = "5.00") -> Answer:
    return await visit.api("POST", AT, {"id": name, "amount": amount}, **{HEADER: key})


async def balance(console: Console) -> int:
    return (await books.get(console.redis, "prepaid")).book.balance


async def test_the_same_key_has_the_same_answer_and_another_body_is_refused(console: Console) -> None:
    async with console.visiting("root") as visit, console.visiting("watcher") as other:
        first, again = await top_up(visit, "once-1", "o-1"), await top_up(visit, "once-1", "o-1")
        assert (first.status, again.text) == (200, first.text)
        assert ("Idempotent-Replay" in first.headers, again.headers["Idempotent-Replay"]) == (False, "true")
        refused = await top_up(visit, "once-1", "o-1", "6.00")
        assert ProblemBody.model_validate_json(refused.text).id == "refused"
        assert (await top_up(other, "once-1", "o-1")).status == 403, "a key is its program's own"


async def test_many_at_once_are_done_once(console: Console) -> None:
    """Though each has another id of its own, which would be added each time."""
    async with console.visiting("root") as visit:
        before = await balance(console)
        body = {"id": "at-once", "amount": "5.00"}
        sent = [visit.api("POST", AT, body, **{HEADER: "once-2"}) for _ in range(8)]
        answers = await asyncio.gather(*sent)
        assert {answer.status for answer in answers} <= {200, 409}
        assert sum(answer.status == 200 and "Idempotent-Replay" not in answer.headers for answer in answers) == 1
        assert await balance(console) - before == 5_000_000


async def test_what_was_refused_may_be_sent_again(console: Console) -> None:
    async with console.visiting("root") as visit:
        assert (await top_up(visit, "once-3", "o-3", "0")).status == 409
        assert (await top_up(visit, "once-3", "o-3")).status == 200


async def test_a_process_that_dies_in_between_leaves_what_is_sent_again_later(console: Console) -> None:
    """Before it has answered, having done it or not: what it does has its own id, and is not done twice."""
    async with console.visiting("root") as visit:
        before = await balance(console)
        assert (await top_up(visit, "once-4", "o-4")).status == 200
        kept = keys.once("root", "once-4")
        done = Done.model_validate_json(await console.redis.get(kept) or b"")
        await console.redis.set(kept, Done(asked=done.asked).model_dump_json(), ex=RUNNING_SECONDS)
        running = await top_up(visit, "once-4", "o-4")
        assert (running.status, "is being done" in running.text) == (409, True)
        assert 0 < await console.redis.ttl(kept) <= RUNNING_SECONDS
        await console.redis.delete(kept)
        again = await top_up(visit, "once-4", "o-4")
        assert (again.status, json.loads(again.text)["again"]) == (200, True)
        assert await balance(console) - before == 5_000_000


async def test_a_secret_is_told_once_and_kept_nowhere(console: Console) -> None:
    body = {"id": "secret", "name": "x", "scopes": ["see_calls"]}
    async with console.visiting("root") as visit:
        told = await visit.api("POST", "/api/v1/tokens", body, **{HEADER: "once-5"})
        shown = json.loads(told.text)["token"]
        again = await visit.api("POST", "/api/v1/tokens", body, **{HEADER: "once-5"})
        assert (again.status, "told once" in again.text) == (409, True)
        kept = Done.model_validate_json(await console.redis.get(keys.once("root", "once-5")) or b"")
        assert (kept.body, shown in kept.model_dump_json()) == (b"", False)
        await visit.api("DELETE", "/api/v1/tokens/secret")


@pytest.mark.parametrize("key", ["", "a b", "a" * 101, "é"])
async def test_a_key_that_is_none_is_told(console: Console, key: str) -> None:
    async with console.visiting("root") as visit:
        answer = await top_up(visit, key, "o-6")
        assert ProblemBody.model_validate_json(answer.text).where[0].at == HEADER
