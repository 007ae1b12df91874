"""Spoken text with variables in braces: ``您的订单 {order:digits} 已 {status}``."""

from dataclasses import dataclass
from string import Formatter

FORMATS = ("digits", "number", "count")
"""One digit after the other; as a number; as a number of things, 两位. Left out: as the value is."""
CALLER, AHEAD = "caller", "ahead"
"""What the platform knows: the caller's number; in a queue, how many are ahead."""
OWN_FORMATS = {CALLER: "digits", AHEAD: "count"}


@dataclass(frozen=True)
class Variable:
    name: str
    format: str
    """One of FORMATS, or empty."""


Part = str | Variable


def split(text: str) -> tuple[Part, ...]:
    """Text to speak as it stands, without what nothing can be spoken of, and variables.

    Raises ValueError with a sentence.
    """
    parts: list[Part] = [""]
    try:
        found = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{error}; expected names in braces, {{order}}, and {{{{ for a brace") from error
    for literal, name, how, conversion in found:
        parts[-1] = f"{parts[-1]}{literal}"  # a brace that is meant begins a literal of its own
        if name is not None:
            parts += [_variable(name, how or "", conversion), ""]
    texts = (part if isinstance(part, Variable) else part.strip() for part in parts)
    return tuple(part for part in texts if isinstance(part, Variable) or any(map(str.isalnum, part)))


def speakable(text: str) -> str:
    """Raises ValueError with a sentence when ``split`` does, and when nothing would be heard."""
    if not split(text):
        raise ValueError("there is nothing in it to speak; expected words")
    return text


def plain(text: str) -> str:
    """As ``speakable``; and when there are variables."""
    if any(isinstance(part, Variable) for part in split(speakable(text))):
        raise ValueError("there are no variables here; write {{ for a brace")
    return text


def _variable(name: str, how: str, conversion: str | None) -> Variable:
    if not name.isidentifier() or conversion:
        raise ValueError(f"{{{name}}} is not the name of a variable; expected letters, digits and _")
    if how and how not in FORMATS:
        raise ValueError(f"there is no format {how!r}; expected one of {', '.join(FORMATS)}, or none")
    return Variable(name, how or OWN_FORMATS.get(name, ""))
