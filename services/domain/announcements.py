"""What a caller who waits is told, put together of pieces that are spoken once, when documents are applied."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from services.domain import numerals
from services.domain.numerals import Numerals
from services.domain.waiting import MINUTE, Band

EXACT = 10
"""Up to so many callers ahead are told by their number, beyond as more than one of ``ABOUT``."""
ABOUT = (10, 20, 30, 50, 100)
MINUTES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60)
"""What a told wait begins and ends with."""


@dataclass(frozen=True)
class Language:
    """Texts with ``{}`` for a number in words; a tuple's texts are pieces of their own, one after the other."""

    numbers: Mapping[int, str]
    numerals: Numerals
    """Of what is not known to be one of ``numbers``."""
    following: str
    """Nobody is ahead."""
    ahead: str
    about: str
    soon: str
    within: tuple[str, str]
    between: tuple[str, str, str]


_TENS = {15: "十五", 20: "二十", 30: "三十", 45: "四十五", 50: "五十", 60: "六十", 100: "一百"}

MANDARIN = Language(
    numbers=dict(enumerate("一两三四五六七八九十", 1)) | _TENS,
    numerals=numerals.MANDARIN,
    following="您是下一位。",
    ahead="您前面还有{}位。",
    about="您前面还有{}多位。",
    soon="预计等待不到一分钟。",
    within=("预计等待不超过", "{}分钟。"),
    between=("预计等待", "{}到", "{}分钟。"),
)

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MORE = {15: "fifteen", 20: "twenty", 30: "thirty", 45: "forty-five", 50: "fifty", 60: "sixty", 100: "a hundred"}

ENGLISH = Language(
    numbers=dict(enumerate(_WORDS, 1)) | _MORE,
    numerals=numerals.ENGLISH,
    following="You are next.",
    ahead="Callers ahead of you: {}.",
    about="Callers ahead of you: more than {}.",
    soon="The expected wait is less than a minute.",
    within=("The expected wait is up to", "{} minutes."),
    between=("The expected wait is", "{} to", "{} minutes."),
)

_LANGUAGES = {"cmn": MANDARIN, "zh": MANDARIN, "yue": MANDARIN, "en": ENGLISH}


def language_of(voice: str) -> Language | None:
    """Of a voice such as ``cmn``, ``en-us``, ``en+f3`` or ``zh_CN-huayan``. None: there are no texts for it."""
    return _LANGUAGES.get(re.split(r"[-+_]", voice)[0])


def sayable(wait: Band) -> Band | None:
    """The band widened to what there are words for; None when it ends beyond an hour."""
    most = next((minutes * MINUTE for minutes in MINUTES if minutes * MINUTE >= wait.most), None)
    if most is None:
        return None
    return Band(max(minutes * MINUTE for minutes in (0, *MINUTES) if minutes * MINUTE <= wait.least), most)


def of_position(position: int, language: Language) -> str:
    ahead = position - 1
    if ahead == 0:
        return language.following
    if ahead <= EXACT:
        return language.ahead.format(language.numbers[ahead])
    return language.about.format(language.numbers[max(number for number in ABOUT if number < ahead)])


def of_wait(wait: Band, language: Language) -> tuple[str, ...]:
    """The pieces for a band that is ``sayable``."""
    least, most = wait.least // MINUTE, wait.most // MINUTE
    if most == 1:
        return (language.soon,)
    if least == 0:
        return tuple(text.format(language.numbers[most]) for text in language.within)
    intro, begin, end = language.between
    return intro, begin.format(language.numbers[least]), end.format(language.numbers[most])


def every_position(language: Language) -> Iterator[str]:
    """Every text that ``of_position`` gives."""
    for position in (*range(1, EXACT + 2), *(number + 2 for number in ABOUT)):
        yield of_position(position, language)


def every_wait(language: Language) -> Iterator[str]:
    """Every piece that ``of_wait`` gives, some more than once."""
    for least, most in combinations((0, *MINUTES), 2):
        yield from of_wait(Band(least * MINUTE, most * MINUTE), language)
