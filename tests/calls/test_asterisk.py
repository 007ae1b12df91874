"""Asterisk as the rendered configuration makes it."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

from tests.harness.demo_calls import CALLER, DEMO_CALLS, HOTLINE
from tests.harness.node import Node, running
from tests.harness.play import play
from tests.harness.sipp import Headers, Phone, hangs_up, hears
from tests.harness.waiting import until


async def test_its_log_has_not_one_error_or_warning(node: Node, phones: Mapping[str, Phone]) -> None:
    log = node.log / "messages.log"
    await node.asterisk.stop()
    start = log.stat().st_size  # whom it could not answer while it stopped is no matter
    await node.asterisk.start()
    await node.asterisk_ready()
    for agent in ("1001", "1002"):
        await node.sipp.register(agent, node.passwords[agent], port=phones[agent].port)
    for call in (DEMO_CALLS[1], DEMO_CALLS[4]):
        await play(node.sipp, node.stream, call, phones)
    said = log.read_bytes()[start:].decode()
    assert re.findall(r".*(?:ERROR|WARNING).*", said) == []


async def test_ami_tells_nothing_of_callers_and_takes_no_orders(node: Node) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", node.ports.ami)
    secret = re.search(r"secret = (\S+)", (node.conf / "manager.conf").read_text())
    assert secret
    writer.write(f"Action: Login\r\nUsername: hotline\r\nSecret: {secret[1]}\r\n\r\n".encode())
    await said(reader, b"Authentication accepted")
    caller = await node.sipp.call(
        CALLER, HOTLINE, [hears(300), hangs_up()], headers=Headers(user="138%0d%0aEvent:%20Forged%0d%0a")
    )
    assert await caller.wait(20) == 0
    for order in ("Command", "UpdateConfig", "Reload", "DBPut", "ModuleLoad"):
        writer.write(f"Action: {order}\r\nCommand: core stop now\r\nActionID: {order}\r\n\r\n".encode())
    shell = "Channel: PJSIP/1001\r\nApplication: System\r\nData: true\r\nAsync: true"
    writer.write(f"Action: Originate\r\n{shell}\r\nActionID: shell\r\n\r\n".encode())
    writer.write(b"Action: CoreStatus\r\nActionID: last\r\n\r\n")
    heard = await said(reader, b"CoreReloadDate")
    assert heard.count(b"Permission denied") == 5
    assert b"Originate Access Forbidden" in heard
    assert set(re.findall(rb"^Event: (\S+)", heard, re.MULTILINE)) <= {b"FullyBooted", b"DeviceStateChange"}
    writer.close()
    await writer.wait_closed()


async def said(reader: asyncio.StreamReader, last: bytes) -> bytes:
    heard = b""
    async with asyncio.timeout(5):
        while last not in heard:
            chunk = await reader.read(65536)
            assert chunk, heard
            heard += chunk
    return heard


async def test_a_trunk_that_wants_to_be_registered_at(tmp_path: Path) -> None:
    """Asterisk registers at the carrier and answers its challenge with the document's password."""
    node = Node(tmp_path, trunk={"registration": {"user": "4001234567", "password": "carriers-own-secret"}})
    registrar = await node.sipp.registrar("4001234567", "carriers-own-secret")
    async with running(node):
        assert await registrar.wait(20) == 0
        await until(lambda: _is_registered(node), "the registration to be known")


async def _is_registered(node: Node) -> bool:
    return "Registered" in await node.console("pjsip show registrations")
