"""A Redis of a test's own, on a socket in a folder of its own."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.harness.process import Process
from tests.harness.waiting import until


class RedisServer:
    """Keeps what it is told across ``kill`` and ``start``, as an append-only file written at once."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "redis.sock"
        self.url = f"unix://{socket}"
        self._process = Process(
            "redis",
            [
                *("redis-server", "--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""),
                *("--appendonly", "yes", "--appendfsync", "always"),
            ],
            folder,
        )

    async def start(self) -> None:
        await self._process.start()
        await until(self._answers, "Redis to answer")

    async def kill(self) -> None:
        await self._process.kill()

    def freeze(self) -> None:
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    async def stop(self) -> None:
        await self._process.stop()

    async def _answers(self) -> bool:
        try:
            async with Redis.from_url(self.url) as redis:
                return bool(await redis.ping())
        except RedisError:
            return False


@asynccontextmanager
async def running() -> AsyncIterator[RedisServer]:
    # Not pytest's folder: the path of a Unix socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        try:
            await server.start()
            yield server
        finally:
            await server.stop()
