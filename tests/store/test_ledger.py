import asyncio
import json
from dataclasses import replace

from redis.asyncio import Redis

from services.domain.record import Record
from services.store import keys, ledger
from services.store.ledger import Committed, Entry
from tests.store.entries import entries
from tests.unit.domain.test_rating import CALL


def call(number: int) -> Record:
    return replace(CALL, call_id=f"pbx1-1772416800.{number}")


async def test_an_entry_has_the_fields_of_the_contract(redis: Redis) -> None:
    [committed] = await ledger.commit(redis, [Entry(CALL)])
    [(entry_id, fields)] = await entries(redis, keys.RATED_STREAM)
    assert committed == Committed(entry_id.decode(), new=True)
    assert fields.keys() == {b"schema", b"call_id", b"account", b"record"}
    assert (fields[b"schema"], fields[b"call_id"], fields[b"account"]) == (b"1", b"pbx1-1772416800.1", b"shop")
    assert json.loads(fields[b"record"])["call_id"] == "pbx1-1772416800.1"


async def test_a_call_committed_twice_stands_once_and_its_first_entry_stays(redis: Redis) -> None:
    [first] = await ledger.commit(redis, [Entry(CALL)])
    [again] = await ledger.commit(redis, [Entry(replace(CALL, account="other"), unrated="there is no account 'other'")])
    assert again == Committed(first.entry_id, new=False)
    [(_, fields)] = await entries(redis, keys.RATED_STREAM)
    assert fields[b"account"] == b"shop"
    assert await redis.xlen(keys.UNRATED_STREAM) == 0


async def test_concurrent_commits_of_the_same_calls_write_each_once(redis: Redis) -> None:
    entries = [Entry(call(number)) for number in range(100)]
    rounds = await asyncio.gather(
        *(ledger.commit(redis, entries[turn:] + entries[:turn]) for turn in range(0, 100, 10))
    )
    assert await redis.xlen(keys.RATED_STREAM) == 100
    assert sum(done.new for committed in rounds for done in committed) == 100


async def test_unrated_goes_to_its_own_stream_with_the_reason(redis: Redis) -> None:
    await ledger.commit(redis, [Entry(CALL, unrated="there is no tariff 'x'"), Entry(call(2))])
    [(_, fields)] = await entries(redis, keys.UNRATED_STREAM)
    assert fields[b"reason"] == b"there is no tariff 'x'"
    assert json.loads(fields[b"record"])["charge"] is None
    assert await redis.xlen(keys.RATED_STREAM) == 1


async def test_a_call_without_an_account_has_an_empty_account_field(redis: Redis) -> None:
    await ledger.commit(redis, [Entry(replace(CALL, account=None))])
    [(_, fields)] = await entries(redis, keys.RATED_STREAM)
    assert fields[b"account"] == b""


async def test_the_marker_ends_some_day(redis: Redis) -> None:
    await ledger.commit(redis, [Entry(CALL)])
    left = await redis.ttl(keys.committed(CALL.call_id))
    assert ledger.MARKER_SECONDS - 60 < left <= ledger.MARKER_SECONDS


async def test_commits_go_on_after_redis_forgot_its_scripts(redis: Redis) -> None:
    await ledger.commit(redis, [Entry(CALL)])
    await redis.script_flush()
    [committed] = await ledger.commit(redis, [Entry(call(2))])
    assert committed.new
