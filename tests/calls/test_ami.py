"""The link to a real Asterisk, as the user that manager.conf makes."""

import asyncio
import os
import re
import signal
from functools import partial
from pathlib import Path

import pytest

from services.ami import Link, LinkLostError, Message, NotSentError, RefusedError, State
from tests.harness.node import Node, running
from tests.harness.waiting import until
from tests.unit.ami.fake_asterisk import kept


def new_link(node: Node, secret: str | None = None) -> Link:
    """With the limits that services run with."""
    known = re.search(r"secret = (\S+)", (node.conf / "manager.conf").read_text())
    assert known
    return Link("127.0.0.1", node.ports.ami, "hotline", secret or known[1])


async def reaches(link: Link, state: State, deadline: float = 10) -> float:
    """Seconds until the link has come to this state."""
    began = asyncio.get_running_loop().time()

    async def has() -> bool:
        return link.state is state

    await until(has, f"the link to be {state.name}", deadline)
    return asyncio.get_running_loop().time() - began


async def test_actions_lists_and_refusals(node: Node) -> None:
    async with kept(new_link(node)) as link:
        await link.ready(5)
        pongs = await asyncio.gather(*(link.action("Ping") for _ in range(300)))
        assert {pong["Ping"] for pong in pongs} == {"Pong"}
        assert len({pong["ActionID"] for pong in pongs}) == 300
        assert "CoreCurrentCalls" in await link.action("CoreStatus")
        assert await link.list_action("CoreShowChannels") == []
        with pytest.raises(RefusedError, match="Permission denied"):
            await link.action("DBPut", Family="x", Key="y", Val="z")
        with pytest.raises(RefusedError, match="unknown command"):
            await link.list_action("NoSuchThing")


async def test_the_longest_action_is_read_whole(node: Node) -> None:
    log = node.log / "messages.log"
    before = log.stat().st_size
    async with kept(new_link(node)) as link:
        await link.ready(5)
        assert (await link.action("Ping", Foo="x" * 1017))["Ping"] == "Pong"
        assert (await link.action("Ping", Variable=["张=三"] * 126))["Ping"] == "Pong"
    assert "WARNING" not in log.read_bytes()[before:].decode()


async def test_a_phone_that_registers_is_told_and_listed(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    async def takes(event: Message) -> None:
        told.append((event["Device"], event["State"]))

    async def was_told() -> bool:
        return ("PJSIP/1001", "NOT_INUSE") in told

    async with running(Node(tmp_path)) as node:
        link = new_link(node)
        link.subscribe("DeviceStateChange", takes)
        async with kept(link):
            await link.ready(5)
            assert ("PJSIP/1001", "UNAVAILABLE") in await devices(link)
            await node.phone("1001")
            await until(was_told, "the phone's state to be told")
            assert ("PJSIP/1001", "NOT_INUSE") in await devices(link)


async def devices(link: Link) -> list[tuple[str, str]]:
    return [(device["Device"], device["State"]) for device in await link.list_action("DeviceStateList")]


async def test_a_wrong_password(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    async with kept(new_link(node, "wrong")) as link:
        await reaches(link, State.REFUSED)
        with pytest.raises(NotSentError, match="password"):
            await link.action("CoreStatus")
    [record] = [record for record in caplog.records if record.name.startswith("services.ami")]
    assert record.levelname == "ERROR"
    assert "Authentication failed" in record.getMessage()


def is_stopped(pid: int) -> bool:
    """One thread heeds the signal and then stops the others."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return {(thread / "stat").read_text().rpartition(") ")[2][0] for thread in threads} == {"T"}


async def test_asterisk_dies_hangs_and_comes_back(tmp_path: Path) -> None:
    asked = 0

    async def asks() -> None:
        nonlocal asked
        assert "CoreCurrentCalls" in await link.action("CoreStatus")
        asked += 1

    async with running(Node(tmp_path)) as node:
        link = new_link(node)
        link.on_resync(asks)
        async with kept(link):
            await link.ready(5)
            await node.asterisk.kill()
            await reaches(link, State.AWAY)
            await node.asterisk.start()
            await link.ready(15)
            assert asked == 2
            os.kill(node.asterisk.pid, signal.SIGSTOP)
            try:
                await until(
                    partial(asyncio.to_thread, is_stopped, node.asterisk.pid), "Asterisk's threads to be stopped"
                )
                unanswered = asyncio.create_task(link.action("CoreStatus", deadline=20))
                assert await reaches(link, State.AWAY) < 5
                with pytest.raises(LinkLostError):
                    await unanswered
            finally:
                os.kill(node.asterisk.pid, signal.SIGCONT)
            await link.ready(15)
            assert asked == 3
            await node.asterisk.stop()
            await reaches(link, State.AWAY)
            with pytest.raises(NotSentError):
                await link.action("CoreStatus")
