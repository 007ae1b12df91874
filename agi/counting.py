"""The calls of this process that count at nodes of kind ``caps``: as long as they last, and no longer."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

from redis.asyncio import Redis

from agi.channel import CallerGone
from agi.owed import Owed
from services.domain.nodes.caps import Cap, CapsNode
from services.store import caps
from services.store.breaker import AWAY, Guard
from services.store.caps import LEASE_MS, Stay
from services.store.due import now

RENEW_SECONDS = LEASE_MS / 1000 / 4


@dataclass(eq=False)
class Counted:
    """What one session holds of its call."""

    hotline: str
    call: str
    session: str = field(default_factory=lambda: secrets.token_hex(4))
    """Tells it from an earlier and a later one of the same call."""
    stays: list[Stay] = field(default_factory=list)

    def stay(self, node: str) -> Stay:
        return Stay(self.hotline, node, self.call, self.session)


class Counting:
    def __init__(self, redis: Redis, guard: Guard, owed: Owed) -> None:
        self._redis = redis
        self._guard = guard
        self._owed = owed
        self._counted: set[Counted] = set()

    @contextlib.asynccontextmanager
    async def session(self, hotline: str, call: str) -> AsyncIterator[Counted]:
        """As long as the session leads the call. When it fails or is cancelled the call goes on, led by another."""
        counted = Counted(hotline, call)
        self._counted.add(counted)
        over = True
        try:
            yield counted
        except CallerGone:
            raise
        except BaseException:
            over = False
            raise
        finally:
            self._counted.discard(counted)
            if over and counted.stays:
                await self._owed.tell(partial(caps.leave, self._redis, counted.stays))

    async def enter(self, counted: Counted, name: str, node: CapsNode, caller: str, zone: ZoneInfo) -> Cap | None:
        """The cap that is reached; None: the call goes on, and counts until the session ends. Raises RedisError."""
        stay = counted.stay(name)
        with self._guard:
            reached = await caps.enter(self._redis, stay, node, caller, now=now(), zone=zone)
        if reached is None and stay not in counted.stays:
            counted.stays.append(stay)
        return reached

    async def take_over(self, counted: Counted, names: Iterable[str]) -> None:
        """The call has come beyond these nodes with a session before."""
        counted.stays += [counted.stay(name) for name in names]
        with contextlib.suppress(*AWAY), self._guard:
            await caps.take_over(self._redis, counted.stays, now())

    async def renew(self) -> None:
        """Until cancelled. Raises RedisError; may be run again."""
        while True:
            stays = [stay for counted in self._counted for stay in counted.stays]
            given_up = set(await caps.renew(self._redis, stays, now())) if stays else set()
            again = [stay for counted in self._counted for stay in counted.stays if stay in given_up]
            if again:
                await caps.take_over(self._redis, again, now())
            await asyncio.sleep(RENEW_SECONDS)
