from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import money


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
    ("amount", "mode", "digits", "expected"),
    [
        (Fraction(100, 3), "half_up", 6, 33),
        (Fraction(200, 3), "half_up", 6, 67),
        (Fraction(1, 2), "half_up", 6, 1),
        (Fraction(-1, 2), "half_up", 6, -1),
        (Fraction(49, 100), "half_up", 6, 0),
        (Fraction(5, 2), "half_even", 6, 2),
        (Fraction(7, 2), "half_even", 6, 4),
        (Fraction(51, 20), "half_even", 6, 3),
        (Fraction(1, 100), "up", 6, 1),
        (Fraction(-1, 100), "up", 6, -1),
        (2, "up", 6, 2),
        (Fraction(199, 100), "down", 6, 1),
        (15_000, "half_up", 2, 20_000),
        (14_999, "half_up", 2, 10_000),
        (15_000, "half_even", 2, 20_000),
        (25_000, "half_even", 2, 20_000),
        (10_001, "up", 2, 20_000),
        (500_000, "half_up", 0, 1_000_000),
    ],
)
def test_rounded(amount: Fraction | int, mode: money.Rounding, digits: int, expected: int) -> None:
    assert money.rounded(amount, mode, digits) == expected


@given(st.fractions(-(10**12), 10**12), st.sampled_from(["half_up", "half_even"]), st.integers(0, 6))
def test_rounded_to_the_nearest_is_off_by_half_a_step_at_most(
    amount: Fraction, mode: money.Rounding, digits: int
) -> None:
    step = 10 ** (6 - digits)
    found = money.rounded(amount, mode, digits)
    assert found % step == 0
    assert abs(found - amount) <= Fraction(step, 2)


@given(st.fractions(-(10**12), 10**12), st.integers(0, 6))
def test_up_is_away_from_zero_and_down_towards_it(amount: Fraction, digits: int) -> None:
    down, up = (abs(money.rounded(amount, mode, digits)) for mode in ("down", "up"))
    assert down <= abs(amount) <= up < down + 2 * 10 ** (6 - digits)
