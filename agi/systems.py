"""Companies' own systems, which a flow asks over HTTP."""

from typing import Protocol

import aiohttp
from yarl import URL

from services.domain.nodes.ask import LONGEST


class UnreachableError(Exception):
    """No answer came, for reasons that may be gone a moment later."""


class Systems(Protocol):
    async def ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and at most one byte more of the answer than there may be. Raises UnreachableError."""


class Nobody:
    """Where there is no network."""

    async def ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        del method, body, headers
        raise UnreachableError(f"nobody is asked at {url}")


class Http:
    """``session``: one that neither follows what it is told nor unpacks what it is sent (``session``)."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            address = URL(url, encoded=True)  # as it was signed
            request = self._session.request(method, address, data=body or None, headers=headers, allow_redirects=False)
            async with request as response:
                said = b""
                async for piece in response.content.iter_any():
                    said += piece
                    if len(said) > LONGEST:
                        break
                return response.status, said[: LONGEST + 1]
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a name that is none
            raise UnreachableError(f"{type(error).__name__}: {error}") from error


def session() -> aiohttp.ClientSession:
    """Without cookies, without a limit that one company could use up, and packed answers stay packed."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )
