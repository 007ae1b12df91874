"""What people prove to be themselves with. Argon2 takes its time, so it runs beside the loop."""

import asyncio
import secrets
import time

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from redis.asyncio import Redis

from services.store import people
from services.store.people import Known

STEP_SECONDS = 30
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(16))
"""Compared with where there is no such person, so that nobody can tell by the time that it takes."""


async def hashed(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(known: Known | None, password: str) -> bool:
    kept = known.password if known and known.password else _NOBODYS
    try:
        await asyncio.to_thread(_HASHER.verify, kept, password)
    except VerificationError:
        return False
    return known is not None and bool(known.password)


def new_secret() -> str:
    return pyotp.random_base32()


def step_of(secret: str, code: str) -> int | None:
    """The step of time that a code belongs to: now, the one before or the one after (RFC 6238, 5.2). None: none."""
    now = int(time.time()) // STEP_SECONDS
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    return next((step for step in (now, now - 1, now + 1) if totp.verify(code, for_time=step * STEP_SECONDS)), None)


async def takes_code(redis: Redis, known: Known, code: str) -> bool:
    """Whether it is right, and was not used before."""
    step = step_of(known.totp, code)
    return step is not None and await people.use_totp(redis, known.person.login, known.totp_used, step)
