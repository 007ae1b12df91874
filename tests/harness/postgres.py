"""A PostgreSQL of a test's own, on a socket in a folder of its own; root cannot run one, Debian's user postgres can."""

import os
import pwd
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from tests.harness.process import Process, run
from tests.harness.waiting import until

_PROGRAMS = Path("/usr/lib/postgresql")
_USER = "hotline"


class Postgres:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = str(folder / "data")
        options = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        command = [_program("postgres"), "-D", self._data]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._process = Process("postgres", [*_unprivileged(), *command], folder)
        self._databases = 0

    async def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        initdb = [_program("initdb"), "-D", self._data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        await run([*_unprivileged(), *initdb])
        await self.resume()

    async def resume(self) -> None:
        await self._process.start()
        await until(self._answers, "PostgreSQL to answer", 20)

    async def kill(self) -> None:
        await self._process.kill()

    async def stop(self) -> None:
        await self._process.stop()

    async def database(self) -> str:
        """The address of a new one, empty."""
        self._databases += 1
        name = f"archive{self._databases}"
        async with await psycopg.AsyncConnection.connect(self._url("postgres"), autocommit=True) as connection:
            await connection.execute(f"CREATE DATABASE {name}".encode())
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://{_USER}@/{name}?host={self._folder}"

    async def _answers(self) -> bool:
        self._process.must_run()
        try:
            async with await psycopg.AsyncConnection.connect(self._url("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False


def _program(name: str) -> str:
    """The newest version's."""
    found = sorted(_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError(f"{_PROGRAMS}/*/bin/{name}: scripts/setup installs PostgreSQL")
    return str(found[-1])


def _unprivileged() -> list[str]:
    """What a change of user forgets is said again: it dies with us."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig", "KILL"]


@asynccontextmanager
async def running() -> AsyncIterator[Postgres]:
    # Not pytest's folder: the path of a Unix socket has 107 bytes at most, and the user postgres cannot enter it.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            await server.start()
            yield server
        finally:
            await server.stop()
