from collections.abc import Iterator
from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import Ringing


class AgentNode(Ringing):
    """Rings one agent, who is reserved before it rings."""

    WAYS = ("busy", "unanswered", "off_duty", "after", "otherwise")

    kind: Literal["agent"]
    agent: Id
    group: Id | None = None
    """On whose terms: ringing and wrap-up time, recording; left out: those of a group that says nothing of them."""
    busy: Id | None = None
    """Where the call goes when the agent has another, or rejects it as busy."""
    unanswered: Id | None = None
    off_duty: Id | None = None
    """Where it goes when the agent is logged out or paused, and so not rung."""

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "agent", "agent", self.agent
        if self.group is not None:
            yield "group", "group", self.group
