"""The demonstration's calls against the containers."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.store.keys import RATED_STREAM
from tests.harness.console import Visit
from tests.harness.demo_calls import DEMO_CALLS, DemoCall
from tests.harness.waiting import until
from tests.stack.stack import SERVICES, Stack

pytestmark = pytest.mark.stack

Outcomes = dict[str, dict[str, Any] | str]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("documents"))
    try:
        stack.build()
        stack.up()
        yield stack
    finally:
        stack.close()


@pytest.fixture(scope="module")
def outcomes(stack: Stack) -> Outcomes:
    return dict(json.loads(line) for line in stack.run("sipp").splitlines() if line.startswith("["))


@pytest.mark.parametrize("call", DEMO_CALLS, ids=lambda call: call.title)
def test_call(call: DemoCall, outcomes: Outcomes) -> None:
    assert outcomes.get(call.title) == call.expected


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_is_root(stack: Stack, service: str) -> None:
    assert stack.execute(service, "id", "--user") != "0"


def test_agents_follow_their_phones(stack: Stack, outcomes: Outcomes) -> None:
    """Their phones registered for the calls, which is known by way of AMI alone."""
    assert outcomes
    assert stack.execute("redis", "redis-cli", "hget", "acd:{demo}:agent:1001", "pbx") == "pbx1"


async def test_a_new_agents_phone_is_known_without_anybodys_doing(stack: Stack) -> None:
    agent = "{kind: agent, id: '1078', account: demo, name: new, sip: {password: abcdefghijkl}}"
    stack.execute("agi", "sh", "-c", f'echo "{agent}" > /tmp/new.yaml && hotline apply /tmp/new.yaml')

    async def known() -> bool:
        asks = ("asterisk", "-C", "/run/hotline/conf/asterisk.conf", "-rx", "pjsip show endpoint 1078")
        return "Unable to find" not in await asyncio.to_thread(stack.execute, "asterisk", *asks)

    await until(known, "Asterisk to know the phone", 20)


def test_the_manager_lets_nobody_else_in(stack: Stack) -> None:
    """Not from the phones' network, though it listens there and the password is right."""
    login = f"Action: Login\\r\\nUsername: hotline\\r\\nSecret: {stack.ami_secret}\\r\\n\\r\\n"
    asks = (
        "import socket; s = socket.create_connection(('pbx-phones', 5038), 5); s.settimeout(5); "
        f"s.sendall(b'{login}'); print(s.makefile('rb').read(100))"
    )
    assert "Authentication failed" in stack.run("sipp", "python", "-c", asks)


async def test_the_console_is_reached_and_lets_its_people_in(stack: Stack, outcomes: Outcomes) -> None:
    """``hotline person`` in the container makes them; all the calls are in the archive that it reads."""
    assert outcomes
    said = stack.execute("console", "hotline", "person", "add", "root", "platform_admin")
    async with Visit(stack.console_url) as visit:
        assert (await visit.log_in("root", said.partition(": ")[2])).status == 303
        assert "示范商店" in (await visit.get("/accounts")).text


def test_units_hold_on_the_images_python(stack: Stack) -> None:
    units = ["tests/golden", "tests/unit/domain", "tests/unit/billing", "tests/unit/agi"]
    said = stack.run("sipp", "python", "-m", "pytest", "-q", "-o", "cache_dir=/tmp/cache", *units)
    assert " passed" in said


def test_records_outlive_the_containers(stack: Stack, outcomes: Outcomes) -> None:
    stack.compose("down")
    stack.up()
    assert stack.execute("redis", "redis-cli", "xlen", RATED_STREAM) == str(len(outcomes))
