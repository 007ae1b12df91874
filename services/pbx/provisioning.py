"""Keeps the phones that Asterisk knows those of the documents, while it runs: whoever is added can log in at once."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from redis.asyncio import Redis

from dialplan.render import phones, write
from services.ami import Link
from services.domain.documents import Agent, Group
from services.programs import run
from services.store import documents, keys

CONCERNED = {b"agent", b"group"}
LISTEN_SECONDS = 60.0
SETTLE_SECONDS = 0.2
"""Changes that follow one another so closely are one."""
RELOADS = {"pjsip_phones.conf": "module reload res_pjsip.so", "extensions_transfer.conf": "dialplan reload"}
"""By file, what Asterisk is told when it was written anew."""
UNLOADED = ".unloaded"
"""Ends the name of a mark that is there from before a file is written until Asterisk has loaded it."""

log = logging.getLogger(__name__)


class ReloadError(Exception):
    pass


class Provisioning:
    """Works on the host, and as the user, of its Asterisk, whose console is a socket in the state folder."""

    def __init__(self, redis: Redis, link: Link, state: Path) -> None:
        self._redis = redis
        self._state = state
        self._due = asyncio.Event()
        link.on_resync(self._asterisk_is_there)

    async def listen(self) -> None:
        """Until cancelled. Raises RedisError; may be run again."""
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(keys.CHANGED_DOCUMENTS)
            self._due.set()  # whatever was published before
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
                if message is not None and CONCERNED & set(message["data"].split()):
                    self._due.set()

    async def follow(self) -> None:
        """Until cancelled. Raises RedisError and OSError; may be run again."""
        while True:
            await self._due.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            self._due.clear()
            try:
                await self.bring()
            except ReloadError as error:  # tried again as Asterisk comes back, or when the next one changes
                log.error("Asterisk was not told of its phones: %s", error)  # noqa: TRY400 - a traceback would say no more
            except BaseException:
                self._due.set()
                raise

    async def bring(self) -> None:
        """Once. Raises RedisError, OSError and ReloadError; what Asterisk was not told it is told the next time."""
        agents = await documents.readable(self._redis, Agent)
        if not agents:  # Redis is new, or has lost everything: nobody's phone is to be switched off for that
            return
        files = phones(agents, await documents.readable(self._redis, Group))
        for name in await asyncio.to_thread(_written, self._state, files):
            await run("asterisk", "-s", str(self._state / "asterisk.ctl"), "-rx", RELOADS[name], failure=ReloadError)
            (self._state / f"{name}{UNLOADED}").unlink()
            log.info("Asterisk was told of %s", name)

    async def _asterisk_is_there(self) -> None:
        self._due.set()


def _written(state: Path, files: Mapping[str, str]) -> list[str]:
    """Those that Asterisk has to load; blocks."""
    for name, text in files.items():
        if _read(state / name) != text:
            (state / f"{name}{UNLOADED}").touch()
            write(state / name, text)
    return [name for name in files if (state / f"{name}{UNLOADED}").exists()]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
