"""Lua scripts that stand beside the modules that use them."""

import hashlib
from pathlib import Path

from redis.asyncio.client import Pipeline


class Script:
    def __init__(self, name: str) -> None:
        self._text = (Path(__file__).parent / name).read_text(encoding="utf-8")
        self._sha = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def load(self, pipe: Pipeline) -> None:
        """First in every pipeline that calls the script: Redis forgets its scripts when it is restarted."""
        pipe.script_load(self._text)

    def call(self, pipe: Pipeline, keys: list[str], args: list[str | bytes | int]) -> None:
        pipe.evalsha(self._sha, len(keys), *keys, *args)
