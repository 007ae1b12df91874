"""Numbers as they are spoken; the other way round they are read by rules of their own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.numerals import ENGLISH, MANDARIN, MOST, Numerals

HAN = {**{han: value for value, han in enumerate("零一二三四五六七八九")}, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000}
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
WORDS = {word: value for value, word in enumerate(SMALL.split(" "))}
WORDS |= {word: 20 + 10 * value for value, word in enumerate(TENS.split(" "))}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (22, "二十二"), (99, "九十九"), (100, "一百"),
        (101, "一百零一"), (102, "一百零二"), (110, "一百一十"), (112, "一百一十二"), (120, "一百二十"), (200, "二百"),
        (1000, "一千"), (1001, "一千零一"), (1010, "一千零一十"), (1015, "一千零一十五"), (1020, "一千零二十"),
        (1100, "一千一百"), (1101, "一千一百零一"), (2000, "两千"), (2002, "两千零二"), (2222, "两千二百二十二"),
        (9999, "九千九百九十九"),
    ],
)  # fmt: skip
def test_mandarin(number: int, words: str) -> None:
    assert "".join(MANDARIN.number(number)) == words


@pytest.mark.parametrize(("number", "words"), [(2, "两"), (12, "十二"), (22, "二十二"), (102, "一百零二"), (0, "零")])
def test_two_things_are_liang(number: int, words: str) -> None:
    assert "".join(MANDARIN.number(number, counting=True)) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"), (13, "thirteen"), (20, "twenty"), (21, "twenty-one"), (100, "one hundred"),
        (105, "one hundred five"), (1000, "one thousand"), (9999, "nine thousand nine hundred ninety-nine"),
    ],
)  # fmt: skip
def test_english(number: int, words: str) -> None:
    assert " ".join(ENGLISH.number(number, counting=True)) == words


def test_telephone_numbers_are_read_digit_by_digit() -> None:
    assert "".join(MANDARIN.each("13800138000")) == "幺三八零零幺三八零零零"
    assert " ".join(ENGLISH.each("102")) == "one zero two"


@given(st.integers(0, MOST), st.booleans())
def test_what_is_said_means_the_number_and_was_prepared(number: int, counting: bool) -> None:  # noqa: FBT001
    for numerals, read in ((MANDARIN, read_mandarin), (ENGLISH, read_english)):
        words = numerals.number(number, counting=counting)
        assert read(words) == number
        assert set(words) <= set(numerals.words())
        assert re.search("零.?$", "".join(words)) is None or number % 100 < 10


@pytest.mark.parametrize("numerals", [MANDARIN, ENGLISH])
def test_so_few_words_make_all_numbers(numerals: Numerals) -> None:
    assert len(set(numerals.words())) < 135
    assert len(numerals.below_hundred) == 100


def read_mandarin(words: tuple[str, ...]) -> int:
    total, digit = 0, 0
    for han in "".join(words):
        if han in UNITS:
            total += (digit or 1) * UNITS[han]
            digit = 0
        else:
            digit = HAN[han]
    return total + digit


def read_english(words: tuple[str, ...]) -> int:
    total = 0
    for word in " ".join(words).replace("-", " ").split():
        if word == "hundred":
            total += total % 100 * 99
        elif word == "thousand":
            total *= 1000
        else:
            total += WORDS[word]
    return total
