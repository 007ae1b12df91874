"""Commands for a script to run in its own atomic step."""

import json
from collections.abc import Iterable

Command = tuple[str, ...]
"""A Redis command: its name, its one key, the rest."""


def keys_of(commands: Iterable[Command]) -> list[str]:
    return list(dict.fromkeys(command[1] for command in commands))


def to_json(commands: Iterable[Command]) -> str:
    return json.dumps(list(commands), ensure_ascii=False)
