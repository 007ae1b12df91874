"""Lua scripts that stand beside the modules that use them."""

import hashlib
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import NoScriptError


class Script:
    """The files one after the other, ``head`` before them."""

    def __init__(self, *names: str, head: str = "") -> None:
        texts = [(Path(__file__).parent / name).read_text(encoding="utf-8") for name in names]
        self._text = head + "".join(texts)
        self._sha = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def load(self, pipe: Pipeline) -> None:
        """First in every pipeline that calls the script: Redis forgets its scripts when it is restarted."""
        pipe.script_load(self._text)

    def call(self, pipe: Pipeline, keys: list[str], args: list[str | bytes | int]) -> None:
        pipe.evalsha(self._sha, len(keys), *keys, *args)

    async def run(self, redis: Redis, keys: list[str], args: list[str | bytes | int]) -> Any:
        """The script alone, its text sent only when Redis does not have it."""
        try:
            return await redis.evalsha(self._sha, len(keys), *keys, *args)
        except NoScriptError:
            return await redis.eval(self._text, len(keys), *keys, *args)
