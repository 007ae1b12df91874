"""Money as integers: millionths of a currency unit, the finest rate that a tariff can name.

Rounding happens in one place, ``share``, and each amount comes out of it once; what is added later is exact.
"""

from decimal import Decimal

UNIT = 1_000_000


def micros(amount: Decimal) -> int:
    """Millionths of ``amount``; ValueError when it is finer than that, or no number."""
    numerator, denominator = _ratio(amount)
    whole, rest = divmod(numerator * UNIT, denominator)
    if rest:
        raise ValueError(f"{amount} has more than six decimals")
    return whole


def share(amount: int, numerator: int, denominator: int) -> int:
    """``amount`` x ``numerator`` / ``denominator``, half a millionth and more rounded up; none may be negative."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


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
