"""The one script that changes agents and queues: whatever happens and whom it brings together is one atomic step."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.domain.agents import FACTS, TRANSITIONS, Event, IllegalTransition, State
from services.store import keys
from services.store.breaker import UNGUARDED, Guard
from services.store.scripts import Script


class Unknown(Exception):  # noqa: N818 - whoever asked is told
    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name!r}")
        self.kind, self.name = kind, name


def _tables() -> str:
    """The domain's tables of what may happen to an agent, as Lua."""
    legal = ", ".join(
        f"{state} = {{{', '.join(f'{e} = true' for e in after)}}}" for state, after in TRANSITIONS.items()
    )
    facts = ", ".join(
        f"{event} = {{{', '.join(f'{name} = {str(value)!r}' for name, value in known.items())}}}"
        for event, known in FACTS.items()
    )
    return f"local TRANSITIONS = {{{legal}}}\nlocal FACTS = {{{facts}}}\n"


_PARTS = (
    *("base", "callbacks", "groups", "workday", "cards", "agents", "today"),
    *("callers", "operations", "callback_operations", "picture", "administration"),
)
_SCRIPT = Script(*(f"lua/{part}.lua" for part in _PARTS), head=_tables())


def _seed() -> int:
    return 1 + secrets.randbelow(2**31 - 2)


def _nobody_sleeps(_account: str, _due: int | None) -> None:
    pass


@dataclass(frozen=True)
class Distribution:
    """Agents and queues of one account. Times are milliseconds since 1970."""

    redis: Redis
    account: str
    next_due: Callable[[str, int | None], None] = _nobody_sleeps
    """Told after every operation when time will next change something (None: never): call ``queues.advance`` then."""
    guard: Guard = UNGUARDED
    """Entered around each operation."""
    live: str = keys.LIVE_STREAM
    """On a Redis Cluster, a name with the account's hash tag."""
    seed: Callable[[], int] = _seed

    async def run(self, operation: str, now: int, *args: str | int) -> Any:
        """The operation's reply. Raises Unknown, IllegalTransition and redis.exceptions.RedisError."""
        names = [keys.due(self.account), self.live]
        common: list[str | bytes | int] = [operation, self.account, keys.distribution(self.account), now, self.seed()]
        try:
            with self.guard:
                due, reply = await _SCRIPT.run(self.redis, names, [*common, *args])
        except ResponseError as error:
            raise _told(str(error)) or error from None
        self.next_due(self.account, None if due is None else int(due))
        return reply


def _told(message: str) -> Exception | None:
    match message.split()[:4]:
        case ["UNKNOWN", kind, name, *_]:
            return Unknown(kind, name)
        case ["ILLEGAL", agent, state, event]:
            return IllegalTransition(agent, State(state), Event(event))
    return None
