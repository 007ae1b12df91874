from decimal import Decimal

import pytest

from services.domain import money
from services.domain.amounts import in_words
from services.domain.money import UNIT


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [
        ("0.00", "人民币零元整", "zero yuan"),
        ("3000.00", "人民币叁仟元整", "three thousand yuan"),
        ("30.00", "人民币叁拾元整", "thirty yuan"),
        ("10050.00", "人民币壹万零伍拾元整", "ten thousand and fifty yuan"),
        ("100000.00", "人民币壹拾万元整", "one hundred thousand yuan"),
        ("1005.00", "人民币壹仟零伍元整", "one thousand and five yuan"),
        (
            "1500305.21",
            "人民币壹佰伍拾万零叁佰零伍元贰角壹分",
            "one million five hundred thousand three hundred and five yuan and 21 cents",
        ),
        ("200000003.00", "人民币贰亿零叁元整", "two hundred million and three yuan"),
        ("200030000.00", "人民币贰亿零叁万元整", "two hundred million thirty thousand yuan"),
        ("0.50", "人民币伍角整", "zero yuan and 50 cents"),
        ("3.05", "人民币叁元零伍分", "three yuan and 5 cents"),
        ("-42.10", "负人民币肆拾贰元壹角整", "minus forty-two yuan and 10 cents"),
    ],
)
def test_amounts_as_cheques_have_them(amount: str, chinese: str, english: str) -> None:
    micros = money.micros(Decimal(amount))
    assert in_words(micros, "CNY", "zh-CN") == chinese
    assert in_words(micros, "CNY", "en") == english


def test_what_has_no_words_is_told() -> None:
    with pytest.raises(ValueError, match="whole cents"):
        in_words(1, "CNY", "en")
    with pytest.raises(ValueError, match="below"):
        in_words(10**12 * UNIT, "CNY", "en")


def test_another_currency_is_named() -> None:
    assert in_words(5 * UNIT, "HKD", "zh-CN") == "HKD 伍元整"
    assert in_words(5 * UNIT, "HKD", "en") == "five HKD"
