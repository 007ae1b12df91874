"""A speech service that is asked over HTTP: docs/prompts.md has what it is sent and what it answers."""

import asyncio
import hashlib
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from services import uploads
from services.programs import SoundError

SECONDS_A_TRY = 20.0
PAUSES = (0.5, 2.0)
"""Seconds before it is asked again."""
LARGEST = 20_000_000
OK, SERVER_ERROR, TOO_MANY = 200, 500, 429


class _Passing(Exception):  # noqa: N818 - what may have passed at the next try
    """Says what went wrong."""


class Web:
    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._host = urlsplit(url).netloc
        self.name = f"web-{hashlib.sha256(url.encode()).hexdigest()[:12]}"

    async def why_not(self, voice: str) -> str | None:  # noqa: ARG002 - only speaking tells
        return None

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        sound = await self._ask({"text": text, "voice": voice})
        with tempfile.TemporaryDirectory() as work:
            raw = Path(work) / "raw"
            await asyncio.to_thread(raw.write_bytes, sound)
            try:
                await uploads.to_telephone(raw, wav)
            except SoundError as error:
                raise SoundError(f"{self._host} answered with no sound: {error}") from error

    async def _ask(self, question: dict[str, str]) -> bytes:
        timeout = aiohttp.ClientTimeout(total=SECONDS_A_TRY)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session:
            for pause in (*PAUSES, None):
                try:
                    return await self._try(session, question)
                except _Passing as error:
                    if pause is None:
                        raise SoundError(f"{self._host} {error}, {len(PAUSES) + 1} times") from error
                    await asyncio.sleep(pause)
        raise AssertionError

    async def _try(self, session: aiohttp.ClientSession, question: dict[str, str]) -> bytes:
        try:
            async with session.post(self._url, json=question, allow_redirects=False) as response:
                if response.status == OK:
                    return await self._body(response)
                said = f"answered {response.status}"
                if response.status >= SERVER_ERROR or response.status == TOO_MANY:
                    raise _Passing(said)
                raise SoundError(f"{self._host} {said}")
        except TimeoutError as late:
            raise _Passing(f"did not answer within {SECONDS_A_TRY:g} s") from late
        except aiohttp.ClientError as error:
            raise _Passing(f"could not be asked ({error})") from error

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > LARGEST:
                raise SoundError(f"{self._host} answered with more than {LARGEST // 1_000_000} MB")
        return bytes(body)
