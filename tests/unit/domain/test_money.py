from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import money

AMOUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("amount", "micros"), [("0.12", 120_000), ("0.000001", 1), ("1000", 10**9), ("-0.5", -500_000), ("1E+3", 10**9)]
)
def test_micros(amount: str, micros: int) -> None:
    assert money.micros(Decimal(amount)) == micros


@pytest.mark.parametrize(
    ("amount", "why"), [("0.0000001", "six decimals"), ("NaN", "NaN"), ("Infinity", "no amount of money")]
)
def test_no_amount_is_made_up(amount: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        money.micros(Decimal(amount))


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00"),
        (240_000, "0.24"),
        (12_000, "0.012"),
        (1, "0.000001"),
        (5_000_000, "5.00"),
        (123_456_789, "123.456789"),
        (-10_000, "-0.01"),
        (-1_500_000, "-1.50"),
    ],
)
def test_text(micros: int, text: str) -> None:
    assert money.text(micros) == text


@given(st.integers(-(10**15), 10**15))
def test_text_is_exact(micros: int) -> None:
    assert money.micros(Decimal(money.text(micros))) == micros


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [(100, 1, 3, 33), (100, 2, 3, 67), (1, 1, 2, 1), (3, 1, 2, 2), (1, 49, 100, 0), (7, 60, 60, 7)],
)
def test_share_rounds_half_up(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert money.share(amount, numerator, denominator) == expected


@given(AMOUNTS, st.integers(0, 10**6), st.integers(1, 10**4))
def test_share_is_off_by_half_a_millionth_at_most(amount: int, numerator: int, denominator: int) -> None:
    exact = Fraction(amount * numerator, denominator)
    assert abs(money.share(amount, numerator, denominator) - exact) <= Fraction(1, 2)
