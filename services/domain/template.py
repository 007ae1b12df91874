"""Texts with placeholders in braces: ``{caller}``."""

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

CALLER_TEXT = ("caller", "hotline", "name")
"""What a text to the caller may name: its number, the 400 number, the hotline's name."""


def _known(text: str) -> str:
    expected = "write one of " + ", ".join(f"{{{name}}}" for name in CALLER_TEXT) + ", and {{ for a brace"
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; {expected}") from error
    for _, name, specification, conversion in parts:
        if name is not None and (name not in CALLER_TEXT or specification or conversion):
            raise ValueError(f"there is no placeholder {{{name}}}; {expected}")
    return text


CallerText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_known)
]


def fill(text: str, *, caller: str, hotline: str, name: str) -> str:
    """``text`` must be a CallerText: only then are its placeholders nothing but names."""
    return text.format(caller=caller, hotline=hotline, name=name)
