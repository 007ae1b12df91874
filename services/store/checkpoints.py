"""Where billing starts again: the begin of the oldest call that it has not committed."""

import json
from dataclasses import dataclass

from redis.asyncio import Redis

from services.store import keys
from services.store.scripts import Script

_MOVE = Script("move.lua")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    file: str
    """Fingerprint of the CEL file."""
    offset: int


async def get(redis: Redis, pbx: str) -> Checkpoint | None:
    text = await redis.get(keys.checkpoint(pbx))
    return None if text is None else Checkpoint(**json.loads(text))


async def move(redis: Redis, pbx: str, old: Checkpoint | None, new: Checkpoint) -> bool:
    """False, and nothing is changed, when the checkpoint is not at ``old``.

    That is so when another billing works for the same pbx, and when Redis was restarted and has lost what it did last:
    the checkpoint is moved after the commits it covers, so whatever tail Redis loses, it loses the checkpoint first.
    """
    async with redis.pipeline(transaction=False) as pipe:
        _MOVE.load(pipe)
        _MOVE.call(pipe, [keys.checkpoint(pbx)], [_text(old), _text(new)])
        _, moved = await pipe.execute()
    return bool(moved)


def _text(checkpoint: Checkpoint | None) -> str:
    return "" if checkpoint is None else json.dumps({"file": checkpoint.file, "offset": checkpoint.offset})
