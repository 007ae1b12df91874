"""Whose phone is rung."""

from dataclasses import dataclass
from typing import Protocol


class Callee(Protocol):
    """An agent, or whoever has a number outside."""

    @property
    def id(self) -> str:
        """The agent's; empty: no agent of ours."""

    @property
    def bound(self) -> str | None:
        """What is dialled over the trunk; None: the agent's SIP phone rings."""

    @property
    def confirm(self) -> bool: ...


@dataclass(frozen=True)
class Outside:
    bound: str
    id: str = ""
    confirm: bool = False
