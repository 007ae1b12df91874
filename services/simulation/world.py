"""The Redis that a simulated call finds: the documents, and agents who are on duty or not."""

from collections.abc import Iterable

from redis.asyncio import Redis

from services.domain.documents import Account, Agent, Document, Hotline, Ref, ref
from services.simulation.scene import Scene
from services.store import agents, documents, staff
from services.store.distribution import Distribution
from services.store.due import now


async def furnish(redis: Redis, scene: Scene, hotline: Hotline) -> None:
    found = [_solvent(document) for document in _met_by(hotline, scene.documents)]
    await documents.apply(redis, found)
    await staff.put(redis, found)
    for agent in _agents(found):
        await _takes_post(Distribution(redis, agent.account), agent, scene)


def _met_by(hotline: Hotline, documents: Iterable[Document]) -> list[Document]:
    """What the call may come by: what the hotline refers to, what that refers to, and so on; who can be dialled."""
    known = {ref(document): document for document in documents}
    found, ahead = dict[Ref, Document](), [ref(hotline)]
    if any(node.kind == "menu" and node.extensions for node in hotline.flow.nodes.values()):
        ahead += [name for name, one in known.items() if getattr(one, "account", "") == hotline.account]
    while ahead:
        name = ahead.pop()
        if name in known and name not in found:
            found[name] = known[name]
            ahead += [(kind, one) for _, kind, one in known[name].references()]
    return list(found.values())


def _solvent(document: Document) -> Document:
    """What an account has left is not known here: its calls are taken."""
    return document.model_copy(update={"prepaid": False, "caps": None}) if isinstance(document, Account) else document


def _agents(found: Iterable[Document]) -> list[Agent]:
    return [document for document in found if isinstance(document, Agent)]


async def _takes_post(distribution: Distribution, agent: Agent, scene: Scene) -> None:
    does = scene.agent(agent.id).does
    if does == "away":
        if agent.bound:
            await agents.logout(distribution, agent.id, now())
        return
    if agent.sip:  # who answers at a bound number is on duty from the first
        await agents.login(distribution, agent.id, now())
    if does == "paused":
        await agents.pause(distribution, agent.id, "paused", now())
    if does == "talking":
        await agents.phone(distribution, agent.id, "in_use", now())
