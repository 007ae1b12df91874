"""Secrets never leave for a browser: what stands for one there, and comes back as what it was."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from services.domain.problem import SECRET

_MASK = re.compile(r"<kept ([^<>]{1,300})>")


def mask(path: str) -> str:
    return f"<kept {path}>"


def is_mask(value: Any) -> bool:
    return isinstance(value, str) and _MASK.fullmatch(value) is not None


def masked(data: Any) -> Any:
    """In place: every secret of a document's values."""
    for holder, key, path in _secrets(data, ""):
        holder[key] = mask(path)
    return data


def unmasked(data: Any, old: Any) -> Any:
    """In place: what is a mask becomes again what ``old`` has at its path."""
    known = {mask(path): holder[key] for holder, key, path in _secrets(old, "")}
    for holder, key, _ in list(_secrets(data, "")):
        if isinstance(holder[key], str):
            holder[key] = known.get(holder[key], holder[key])
    return data


def masked_text(text: str) -> str:
    """The same in YAML, comments and all."""
    return _rewritten(text, masked)


def unmasked_text(text: str, old: Any) -> str:
    """Text that is no YAML stays as it is: whoever reads it will say so."""
    return _rewritten(text, lambda data: unmasked(data, old)) if _MASK.search(text) else text


def _rewritten(text: str, change: Any) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 100_000
    try:
        found = list(yaml.load_all(text))
    except (YAMLError, RecursionError, ValueError):
        return text
    if not any(True for one in found for _ in _secrets(one, "")):
        return text
    for one in found:
        change(one)
    written = StringIO()
    yaml.dump_all(found, written)
    return written.getvalue()


def _secrets(data: Any, path: str, *, secret: bool = False) -> Iterator[tuple[Any, Any, str]]:
    """What holds each, at which key, and where."""
    if isinstance(data, dict):
        items: list[tuple[Any, Any]] = list(data.items())
    elif isinstance(data, list):
        items = list(enumerate(data))
    else:
        return
    for key, value in items:
        at = f"{path}.{key}" if path else str(key)
        own = secret or key in SECRET
        if isinstance(value, dict | list):
            yield from _secrets(value, at, secret=own)
        elif own and value is not None:
            yield data, key, at
