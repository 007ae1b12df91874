"""What Asterisk is to know of phones, where there is no Asterisk; with one: tests/calls/test_provisioning.py."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.ami import Link
from services.domain.documents import Agent
from services.pbx.provisioning import Provisioning, ReloadError
from services.store import documents, keys
from services.store.due import end, keep
from tests.harness.waiting import until

FILE, MARK = "pjsip_phones.conf", "pjsip_phones.conf.unloaded"


def agent(name: str) -> Agent:
    fields = {"kind": "agent", "id": name, "account": "demo", "name": "x", "sip": {"password": "abcdefghijkl"}}
    return Agent.model_validate(fields)


@pytest.fixture
def provisioning(redis: Redis, tmp_path: Path) -> Provisioning:
    (tmp_path / FILE).write_text("as it was")
    return Provisioning(redis, Link("127.0.0.1", 1, "hotline", ""), tmp_path)


async def test_a_redis_without_agents_switches_no_phones_off(provisioning: Provisioning, tmp_path: Path) -> None:
    await provisioning.bring()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # noqa: ASYNC240
    assert (tmp_path / FILE).read_text() == "as it was"


async def test_what_asterisk_was_not_told_is_remembered(
    redis: Redis, provisioning: Provisioning, tmp_path: Path
) -> None:
    await documents.apply(redis, [agent("1002"), agent("1001")])
    for _ in range(2):
        with pytest.raises(ReloadError, match="asterisk"):
            await provisioning.bring()
        assert (tmp_path / MARK).exists()
    written = (tmp_path / FILE).read_text()
    assert written.index("[1001](sip-phone)") < written.index("[1002](sip-phone)")


async def test_a_document_that_cannot_be_read_keeps_nobody_out(
    redis: Redis, provisioning: Provisioning, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await documents.apply(redis, [agent("1001"), agent("1002")])
    await redis.hset(keys.document("agent", "1001"), "body", '{"kind": "agent", "id": "1001", "shoe_size": 43}')
    with pytest.raises(ReloadError):
        await provisioning.bring()
    written = (tmp_path / FILE).read_text()
    assert ("[1001]" in written, "[1002]" in written) == (False, True)
    assert "agent '1001' cannot be read" in caplog.text
    assert "43" not in caplog.text


async def test_whoever_begins_to_listen_looks_first(
    redis: Redis, provisioning: Provisioning, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the connection was lost: nobody knows what was published meanwhile."""
    looked = 0

    async def looks(_: Provisioning) -> None:
        nonlocal looked
        looked += 1

    async def so(times: int) -> bool:
        return looked >= times

    monkeypatch.setattr(Provisioning, "bring", looks)
    tasks = [asyncio.create_task(keep(work)) for work in (provisioning.listen, provisioning.follow)]
    try:
        for times in (1, 2):
            await until(partial(so, times), "it to look")
            await redis.client_kill_filter(_type="pubsub")
    finally:
        await end(tasks)


async def test_whoever_changes_documents_says_of_which_kinds(redis: Redis) -> None:
    async with redis.pubsub() as subscription:
        await subscription.subscribe(keys.CHANGED_DOCUMENTS)
        await subscription.get_message(timeout=5)
        for change, kinds in (([agent("1001")], b"agent"), ([agent("1001")], b""), ([], b"agent")):
            await documents.apply(redis, change, gone=[] if change else [("agent", "1001")])
            message = await subscription.get_message(timeout=5)
            assert message is not None
            assert message["data"] == kinds
