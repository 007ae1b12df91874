"""Other programs: run with a deadline, their failures told in a sentence."""

import asyncio
from typing import NamedTuple

PROGRAM_DEADLINE = 60.0
"""Seconds that one run may take."""


class SoundError(Exception):
    """A sound could not be made; says why, and what the program said."""


class Output(NamedTuple):
    printed: str
    said: str
    """On its standard error."""


async def run(*command: str, stdin: bytes = b"", failure: type[Exception] = SoundError) -> Output:
    """Ends the program when it takes too long, or when nobody waits for it any more. Raises ``failure``."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as missing:
        raise failure(f"{command[0]} is not installed") from missing
    try:
        async with asyncio.timeout(PROGRAM_DEADLINE):
            printed, said = await process.communicate(stdin)
    except TimeoutError as late:
        raise failure(f"{command[0]} took more than {PROGRAM_DEADLINE:g} s") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise failure(f"{command[0]} failed with {process.returncode}: {_shown(said)}")
    return Output(printed.decode(errors="replace"), said.decode(errors="replace"))


def _shown(said: bytes) -> str:
    return " ".join(said.decode(errors="replace").split())[-300:]
