"""What a simulated call meets: who calls, when, with which keys, and what the agents do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from services.domain.documents import Document

Behaviour = Literal["ready", "ignores", "busy", "talking", "paused", "away"]
"""``ready`` answers; ``ignores`` lets it ring; ``busy`` has a phone that says so; ``talking`` and ``paused`` are on
duty and not to be had; ``away`` is logged out."""

SILENCE, ASKED = ",", "|"
"""Among keys: nothing is pressed this time; the next key only at the next prompt."""
KEYS = frozenset("0123456789*#" + SILENCE + ASKED)


@dataclass(frozen=True, kw_only=True)
class Agent:
    does: Behaviour = "ready"
    answers_after: float = 5.0
    """Seconds of ringing."""
    talks: float = 60.0
    """Seconds, then the agent hangs up."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    documents: Sequence[Document]
    """All that the call may come by, among them its hotline."""
    number: str
    caller: str = ""
    """As the carrier sends it; empty: withheld."""
    at: int
    """Milliseconds since 1970."""
    keys: str = ""
    """What the caller presses, as ``checked_keys``; then nothing any more."""
    hangs_up_after: float | None = None
    """Seconds from the begin of the call; None: never by itself."""
    agents: Mapping[str, Agent] = field(default_factory=dict)
    """Those who do something else than ``otherwise``."""
    otherwise: Agent = Agent()
    answers: Mapping[str, str] = field(default_factory=dict)
    """What the company's own system says, by the node that asks: JSON. Others fail."""
    call: str = ""
    """Its id, on which shares of ``percent`` nodes depend; empty: one made of the time."""

    def agent(self, name: str) -> Agent:
        return self.agents.get(name, self.otherwise)


def agents_of(text: str) -> dict[str, Agent]:
    """``li wang=busy zhao=ready:8:30``: what each does and, if ready, after how many seconds and for how long.

    Raises ValueError with a sentence.
    """
    return dict(_agent(word) for word in text.replace(",", " ").split())


def _agent(word: str) -> tuple[str, Agent]:
    name, _, told = word.partition("=")
    does, *seconds = (told or "ready").split(":")
    found = next((known for known in get_args(Behaviour) if known == does), None)
    if found is None:
        raise ValueError(f"{word!r}: {does!r} is none of {', '.join(get_args(Behaviour))}")
    if len(seconds) > 2 or not all(each.isascii() and each.isdigit() and len(each) < 5 for each in seconds):  # noqa: PLR2004
        raise ValueError(f"{word!r}: expected seconds, like {name}=ready:5:60 (answers after 5 s, talks for 60 s)")
    return name, Agent(does=found, **dict(zip(("answers_after", "talks"), map(float, seconds), strict=False)))


def checked_keys(text: str) -> str:
    """Without spaces. Raises ValueError with a sentence."""
    keys = "".join(text.split())
    if wrong := sorted(set(keys) - KEYS):
        raise ValueError(
            f"{text!r}: {wrong[0]!r} is no key; expected 0-9, *, #, or ',' for none this time, '|' for a next prompt"
        )
    return keys
