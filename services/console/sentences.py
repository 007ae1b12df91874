"""Sentences that the core says in English, whole, said in the reader's language: told by their pattern."""

import re
from collections.abc import Mapping
from functools import cache

from services.console.problems import Sentences
from services.console.texts import Texts, area_texts
from services.domain.people import Language

_SAYING = {"kind", "why", "problem", "before", "now"}
"""Values that are words or sentences themselves; others are names, and stay."""


def translated(texts: Texts, sentence: str) -> str:
    """The sentence itself where nobody has foreseen it."""
    for said, pattern in _patterns(texts.language):
        if found := pattern.fullmatch(sentence):
            return told(texts, said, found.groupdict())
    return texts(sentence)


def told(texts: Texts, said: str, values: Mapping[str, object]) -> str:
    """What a ``Problem`` says."""
    return texts(said, **{name: _value(texts, name, value) for name, value in values.items()})


def _value(texts: Texts, name: str, value: object) -> object:
    match value:
        case Sentences(of=of):
            return Sentences([(place, translated(texts, one)) for place, one in of])
        case _ if name in _SAYING:
            return translated(texts, str(value))
    return value


@cache
def _patterns(language: Language) -> list[tuple[str, re.Pattern[str]]]:
    """Of the catalogue ``sentences``, in its order: the first that fits is meant."""
    return [(said, _pattern(said)) for said in area_texts(language, "sentences")]


def _pattern(said: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(said)), re.DOTALL)
