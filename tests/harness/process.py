"""Programs that a test starts, kills, restarts and always ends."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _dies_with_us() -> None:
    """Tests that are killed leave nothing behind that would serve those after them. Linux' prctl(2)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    def __init__(self, name: str, command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self._env = {**os.environ, **(env or {})}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    def must_run(self) -> None:
        """Raises RuntimeError with the end of its log when it has ended."""
        if not self.running:
            raise RuntimeError(f"{self.name} ended: {self.log.read_text(errors='replace')[-2000:]}")

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_dies_with_us,
            )

    async def kill(self) -> None:
        await self._end(signal.SIGKILL, 5)

    def freeze(self) -> None:
        """It keeps its connections and does not answer, until it is thawed."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def stop(self, deadline: float = 10) -> None:
        """SIGTERM, and SIGKILL when that was not heeded."""
        try:
            await self._end(signal.SIGTERM, deadline)
        except TimeoutError:
            await self.kill()

    async def wait(self, deadline: float) -> int:
        assert self._process is not None
        async with asyncio.timeout(deadline):
            return await self._process.wait()

    async def _end(self, number: signal.Signals, deadline: float) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            async with asyncio.timeout(deadline):
                await self._process.wait()


async def run(command: list[str], env: Mapping[str, str] | None = None, deadline: float = 60) -> str:
    """What a program prints; raises RuntimeError with it when the program fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **(env or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(deadline):
        printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} exited {process.returncode}: {printed.decode(errors='replace')}")
    return printed.decode(errors="replace")
