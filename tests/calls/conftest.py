from collections.abc import AsyncIterator, Generator, Mapping
from pathlib import Path

import pytest

from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.desk import everybody_goes, phone_is
from tests.harness.node import DEMO, PHONES, Node, running
from tests.harness.sipp import Phone

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells what the services had to say, so that a rare one need not be had again to be understood."""
    report = yield
    if report.failed and isinstance(node := item.funcargs.get("node"), Node):
        report.sections.append(("the last lines of the services", node.last_lines()))
    return report


@pytest.fixture(scope="session")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """One installation for all tests of calls; a test that kills a part of it starts that part again."""
    async with running(Node(tmp_path_factory.mktemp("node"), documents=[DEMO, DOCUMENTS])) as up:
        yield up


@pytest.fixture(scope="session")
async def phones(node: Node) -> Mapping[str, Phone]:
    distribution = Distribution(node.redis, "demo")
    registered = {}
    for agent in PHONES:
        await agents.phone(distribution, agent, "unreachable", now())
        registered[agent] = await node.phone(agent)
        await phone_is(distribution, agent, "idle")
    return {**registered, "lao-wang": node.sipp.bound_phone()}


@pytest.fixture(autouse=True)
async def nothing_is_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """A test that failed leaves phones ringing and agents busy: those after it must not fail for that."""
    yield
    if "node" in request.fixturenames:
        node: Node = request.getfixturevalue("node")
        if await node.sipp.stop():
            await node.console("channel request hangup all")


@pytest.fixture
async def desk(node: Node, phones: Mapping[str, Phone]) -> AsyncIterator[Distribution]:
    """Nobody is on duty, before and after."""
    del phones
    distribution = Distribution(node.redis, "demo")
    await everybody_goes(distribution)
    yield distribution
    await everybody_goes(distribution)
