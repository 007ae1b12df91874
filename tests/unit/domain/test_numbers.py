import pytest

from services.domain.numbers import takes_texts, to_e164


@pytest.mark.parametrize(
    ("number", "e164"),
    [
        ("13800138000", "+8613800138000"),
        ("013800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("+8613800138000", "+8613800138000"),
        ("075512345678", "+8675512345678"),
        ("+442079460000", "+442079460000"),
        ("00442079460000", "+442079460000"),
        ("12345", None),
        ("+", None),
        ("", None),
        ("++++", None),
        ("9" * 32, None),
    ],
)
def test_e164(number: str, e164: str | None) -> None:
    assert to_e164(number) == e164


def test_only_mobiles_take_texts() -> None:
    mobiles = ("13800138000", "+8619912345678", "01380013800", "075512345678", "95588", "4001234567", "")
    assert [takes_texts(number) for number in mobiles] == [True, True, False, False, False, False, False]
