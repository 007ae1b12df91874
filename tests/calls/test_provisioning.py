"""Agents come, change and go while Asterisk runs: their phones are known, or not any more, without anybody's doing."""

from collections.abc import AsyncIterator, Mapping

import pytest

from services.domain.documents import Agent
from services.store import documents
from tests.calls.test_crashes import in_cel, seen
from tests.harness.demo_calls import CALLER
from tests.harness.desk import rung
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up
from tests.harness.waiting import until

NEW, FIRST, SECOND = "1078", "a-first-password", "another-password"
HOTLINE = "4008010000"
EXTENSION = "78"
FILE = "pjsip_phones.conf"


def agent(password: str, **more: str) -> Agent:
    fields = {"kind": "agent", "id": NEW, "account": "demo", "name": "新来的", "sip": {"password": password}}
    return Agent.model_validate(fields | more)


async def asterisk_knows(node: Node, password: str) -> None:
    """``password``: empty when it is not to know the phone at all."""

    async def knows() -> bool:
        said = await node.console(f"pjsip show auth {NEW}-auth")
        return (password in said) if password else ("Unable to find object" in said)

    await until(knows, f"Asterisk to know {NEW} with {password!r}", 10)


@pytest.fixture(autouse=True)
async def gone(node: Node) -> AsyncIterator[None]:
    yield
    await documents.apply(node.redis, [], gone=[("agent", NEW)])
    await asterisk_knows(node, "")


async def test_a_new_phone_logs_in_and_an_old_password_is_none(node: Node) -> None:
    await documents.apply(node.redis, [agent(FIRST)])
    await asterisk_knows(node, FIRST)
    await node.sipp.register(NEW, FIRST)
    await documents.apply(node.redis, [agent(SECOND)])
    await asterisk_knows(node, SECOND)
    await node.sipp.register(NEW, FIRST, status=401)
    await node.sipp.register(NEW, SECOND)
    await node.sipp.unregister(NEW, SECOND)


async def test_a_new_extension_may_be_transferred_to(node: Node) -> None:
    await documents.apply(node.redis, [agent(FIRST, extension=EXTENSION)])

    async def known() -> bool:
        return f"'{EXTENSION}' =>" in await node.console("dialplan show transfer-demo")

    await until(known, "the extension to be known", 10)


async def test_a_talk_goes_on_meanwhile(node: Node, phones: Mapping[str, Phone]) -> None:
    before = await node.stream.newest()
    bridged = await seen(node, "BRIDGE_ENTER")
    phone = await phones["1001"].answers(is_hung_up(60_000))
    caller = await node.sipp.call(CALLER, HOTLINE, [hears(6000), hangs_up()])
    await in_cel(node, "BRIDGE_ENTER", bridged + 2)
    await documents.apply(node.redis, [agent(FIRST)])
    await asterisk_knows(node, FIRST)
    assert await caller.wait(20) == await phone.wait(20) == 0
    [record] = await node.stream.after(before)
    assert (record.end_state, rung(record)) == ("answered", ["1001 answered"])
    assert record.talk_ms > 3000  # the prompt apart


async def test_what_changed_while_the_service_was_away_is_told_when_it_is_back(node: Node) -> None:
    await node.pbx.stop()
    await documents.apply(node.redis, [agent(FIRST)])
    await node.pbx.start()
    await asterisk_knows(node, FIRST)


async def test_what_was_written_but_not_told_is_told_again(node: Node) -> None:
    """As when the service died between the two."""
    mark = node.folder / "asterisk" / f"{FILE}.unloaded"
    await node.pbx.stop()
    mark.touch()
    await node.pbx.start()

    async def told() -> bool:
        return not mark.exists()

    await until(told, "Asterisk to be told", 10)


async def test_files_that_were_rendered_anew_follow_the_documents_again(node: Node) -> None:
    """A restart of Asterisk renders the files of a folder, in which nobody has put what was added at the console."""
    await documents.apply(node.redis, [agent(FIRST)])
    await asterisk_knows(node, FIRST)
    await node.asterisk.stop()
    await node.render()
    assert FIRST not in (node.folder / "asterisk" / FILE).read_text()
    await node.asterisk.start()
    await node.asterisk_ready()
    await asterisk_knows(node, FIRST)
