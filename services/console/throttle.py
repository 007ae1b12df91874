"""How often may be tried to log in: by one address to one person, to one person at all, by one address at all."""

from ipaddress import ip_address
from typing import Any

from aiohttp import web
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis

from services.console.problems import TooMany
from services.settings import Settings

TO_ONE_BY_ONE: RateLimitItem = RateLimitItemPerMinute(10, 5)
TO_ONE: RateLimitItem = RateLimitItemPerHour(100)
BY_ONE: RateLimitItem = RateLimitItemPerMinute(60, 5)


LIMITER = web.AppKey("limiter", MovingWindowRateLimiter)


def limiter(redis: Redis) -> MovingWindowRateLimiter:
    more: Any = {"connection_pool": redis.connection_pool}
    storage = RedisStorage("async+redis://", implementation="redispy", **more)
    return MovingWindowRateLimiter(storage)


async def check(request: web.Request, settings: Settings, login: str) -> None:
    """Counts each attempt before anything is looked at, so that many at once are no way around it. Raises TooMany."""
    address = address_of(request, settings)
    for limit, whose in ((BY_ONE, (address,)), (TO_ONE_BY_ONE, (login, address)), (TO_ONE, (login,))):
        if not await request.app[LIMITER].hit(limit, "login", *whose):
            raise TooMany("Too many attempts to log in: wait some minutes, then try again.")


async def forget(request: web.Request, settings: Settings, login: str) -> None:
    """Whoever has got in may mistype anew."""
    await request.app[LIMITER].clear(TO_ONE_BY_ONE, "login", login, address_of(request, settings))


def address_of(request: web.Request, settings: Settings) -> str:
    """What proxies of ours say it is, else who is connected."""
    remote = request.remote or ""
    if remote in settings.console_proxies:
        said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return said if _is_address(said) else remote
    return remote


def _is_address(said: str) -> bool:
    try:
        return bool(ip_address(said))
    except ValueError:
        return False
