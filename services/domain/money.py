"""Money as integers: millionths of a currency unit, the finest rate that a tariff can name.

Rounding happens in one place, ``ratio``; what is added later is exact.
"""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

UNIT = 1_000_000
DIGITS = 6
"""Decimals of a millionth."""

_STEPS: list[int] = [10 ** (DIGITS - digits) for digits in range(DIGITS + 1)]

Rounding = Literal["half_up", "half_even", "up", "down"]


def micros(amount: Decimal) -> int:
    """Millionths of ``amount``; ValueError when it is finer than that, or no number."""
    numerator, denominator = _ratio(amount)
    whole, rest = divmod(numerator * UNIT, denominator)
    if rest:
        raise ValueError(f"{amount} has more than six decimals")
    return whole


def rounded(amount: Fraction | int, mode: Rounding = "half_up", digits: int = DIGITS) -> int:
    """Millionths, to so many decimals of a unit; ``amount`` is in millionths too, and may be negative."""
    return ratio(amount.numerator, amount.denominator, mode, digits)


def ratio(numerator: int, denominator: int, mode: Rounding = "half_up", digits: int = DIGITS) -> int:
    """``numerator`` / ``denominator`` rounded, in millionths.

    ``up`` and ``down`` mean away from zero and towards it, ``half_up`` takes the half away from zero.
    """
    step = _STEPS[digits]
    divisor = denominator * step
    whole, rest = divmod(abs(numerator), divisor)
    size = (whole + _more(whole, 2 * rest, divisor, mode)) * step
    return -size if numerator < 0 else size


def _more(whole: int, twice: int, divisor: int, mode: Rounding) -> bool:
    """Whether ``twice`` / 2 / ``divisor`` is taken for one."""
    if mode == "half_up":
        return twice >= divisor
    if mode == "half_even":
        return twice > divisor or (twice == divisor and whole % 2 == 1)
    return mode == "up" and twice > 0


@lru_cache(maxsize=10_000)
def text(amount: int) -> str:
    """In whole units with two to six decimals: 240000 is ``0.24``, 12000 is ``0.012``."""
    units, rest = divmod(abs(amount), UNIT)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{units}.{decimals}"


def _ratio(amount: Decimal) -> tuple[int, int]:
    try:
        return amount.as_integer_ratio()
    except OverflowError:
        raise ValueError(f"{amount} is no amount of money") from None
