import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.announcements import (
    ENGLISH,
    MANDARIN,
    Language,
    every_position,
    every_wait,
    language_of,
    of_position,
    of_wait,
    sayable,
)
from services.domain.waiting import MINUTE, Band

LANGUAGES = st.sampled_from([MANDARIN, ENGLISH])


@pytest.mark.parametrize(
    ("position", "mandarin", "english"),
    [
        (1, "您是下一位。", "You are next."),
        (3, "您前面还有两位。", "Callers ahead of you: two."),
        (11, "您前面还有十位。", "Callers ahead of you: ten."),
        (12, "您前面还有十多位。", "Callers ahead of you: more than ten."),
        (21, "您前面还有十多位。", "Callers ahead of you: more than ten."),
        (22, "您前面还有二十多位。", "Callers ahead of you: more than twenty."),
        (5000, "您前面还有一百多位。", "Callers ahead of you: more than a hundred."),
    ],
)
def test_a_position_in_words(position: int, mandarin: str, english: str) -> None:
    assert (of_position(position, MANDARIN), of_position(position, ENGLISH)) == (mandarin, english)


@pytest.mark.parametrize(
    ("least", "most", "mandarin", "english"),
    [
        (0, 1, "预计等待不到一分钟。", "The expected wait is less than a minute."),
        (0, 2, "预计等待不超过两分钟。", "The expected wait is up to two minutes."),
        (2, 5, "预计等待两到五分钟。", "The expected wait is two to five minutes."),
    ],
)
def test_a_wait_in_words(least: int, most: int, mandarin: str, english: str) -> None:
    wait = Band(least * MINUTE, most * MINUTE)
    assert ("".join(of_wait(wait, MANDARIN)), " ".join(of_wait(wait, ENGLISH))) == (mandarin, english)


def test_a_band_is_widened_to_what_can_be_said() -> None:
    assert sayable(Band(7 * MINUTE, 11 * MINUTE)) == Band(6 * MINUTE, 15 * MINUTE)
    assert sayable(Band(0, 60 * MINUTE)) == Band(0, 60 * MINUTE)
    assert sayable(Band(30 * MINUTE, 61 * MINUTE)) is None


@given(LANGUAGES, st.integers(1, 10_000))
def test_every_position_is_prepared(language: Language, position: int) -> None:
    assert of_position(position, language) in set(every_position(language))


@given(LANGUAGES, st.integers(0, 70), st.integers(1, 20))
def test_every_wait_is_prepared(language: Language, least: int, width: int) -> None:
    if wait := sayable(Band(least * MINUTE, (least + width) * MINUTE)):
        assert wait.least <= least * MINUTE < (least + width) * MINUTE <= wait.most
        assert set(of_wait(wait, language)) <= set(every_wait(language))


def test_no_text_has_digits() -> None:
    for language in (MANDARIN, ENGLISH):
        assert not [text for text in (*every_position(language), *every_wait(language)) if any(map(str.isdigit, text))]


def test_the_voice_decides() -> None:
    assert language_of("cmn") is language_of("yue+f3") is MANDARIN
    assert language_of("en-us+m2") is ENGLISH
    assert language_of("ja") is None
