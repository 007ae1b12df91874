"""Whose desk it is: the agent that whoever asks is at a phone."""

from dataclasses import dataclass

from services.console.context import At
from services.console.problems import Refused
from services.domain.agents import Standing
from services.domain.documents import Agent
from services.domain.people import Person
from services.store import agents, documents
from services.store.distribution import Distribution


@dataclass(frozen=True, slots=True)
class Seat:
    person: Person
    agent: Agent
    distribution: Distribution

    async def standing(self) -> Standing:
        """Raises Refused for an agent to whom no calls are distributed."""
        found = await agents.get(self.distribution, self.agent.id)
        if found is None:
            raise Refused("No calls are distributed to agent %(agent)s.", agent=self.agent.id)
        return found

    async def groups(self) -> list[str]:
        return await agents.groups(self.distribution, self.agent.id)


async def seat(at: At) -> Seat:
    """Raises Refused for who is no agent, as programs and administrators are."""
    person = at.identity.person
    if person is None or person.agent is None:
        raise Refused(
            "The desk is an agent's, and %(login)s is none: the agent is named with the person.",
            login=at.identity.login,
        )
    found = await documents.get(at.redis, Agent, person.agent)
    if found is None or found.document.account != at.account:
        raise Refused("There is no agent %(agent)s in this account.", agent=person.agent)
    return Seat(person, found.document, Distribution(at.redis, at.account))
