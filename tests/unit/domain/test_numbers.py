import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.numbers import as_dialled, dialable, takes_texts, to_e164


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


@pytest.mark.parametrize(
    ("dialled", "spellings"),
    [
        ("13800138000", ["13800138000", "013800138000", "8613800138000", "+8613800138000", "008613800138000"]),
        ("02161234567", ["02161234567", "2161234567", "862161234567", "+862161234567", "+8602161234567"]),
        ("01061234567", ["01061234567", "1061234567", "+861061234567"]),
        ("07551234567", ["07551234567", "867551234567"]),
        ("4008001234", ["4008001234", "04008001234", "+864008001234"]),
        ("17400001234", ["17400001234", "+8617400001234"]),
        ("+442079460000", ["+442079460000", "00442079460000"]),
        ("95588", ["95588"]),
        ("1010000", ["1010000", "01010000", "861010000", "+861010000", "00861010000"]),
        ("16000000", ["16000000", "016000000", "8616000000", "+8616000000"]),
        ("1380013800", ["1380013800"]),
        ("１３８００１３８０００", ["１３８００１３８０００"]),
        ("", [""]),
    ],
)
def test_all_spellings_of_a_number_are_one(dialled: str, spellings: list[str]) -> None:
    assert {as_dialled(spelling) for spelling in spellings} == {dialled}


@given(
    st.from_regex(
        r"(\+|00)?(86)?0?(1[3-9][0-9]{9}|10[0-9]{8}|2[0-9]{9}|[3-9][0-9]{9,10}|[48]00[0-9]{7}|[1-9][0-9]{6,11})",
        fullmatch=True,
    )
)
def test_what_the_numbering_plan_takes_for_one_number_is_one(number: str) -> None:
    plan = to_e164(number)
    assert plan is None or number.startswith("8600") or as_dialled(number) == as_dialled(plan)
    assert dialable(number) in {None, as_dialled(number)}


def test_only_mobiles_take_texts() -> None:
    mobiles = ("13800138000", "+8619912345678", "01380013800", "075512345678", "95588", "4001234567", "")
    assert [takes_texts(number) for number in mobiles] == [True, True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("13800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("02161234567", "02161234567"),
        ("+862161234567", "02161234567"),
        ("01061234567", "01061234567"),
        ("075581234567", "075581234567"),
    ],
)
def test_what_may_be_called_back(number: str, dialled: str) -> None:
    assert dialable(number) == dialled


@pytest.mark.parametrize(
    "number",
    [
        "", "anonymous", "4008001234", "04008001234", "+864008001234", "8008101234", "95588", "02195588", "110",
        "12580", "16812345678", "01016812345", "17400001234", "13491234567", "61234567", "2161234567",
        "00441632960123",
        "+441632960123", "001234567890123", "0013800138000", "138001380001", "1380013800", "13800138000#",
        "*13800138000",
    ],
)  # fmt: skip
def test_what_may_not_be_called_back(number: str) -> None:
    assert dialable(number) is None
