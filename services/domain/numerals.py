"""Numbers as they are spoken, put together of words that are spoken once, when documents are applied."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

MOST = 9999
"""Numbers beyond are read digit by digit."""


@dataclass(frozen=True)
class Numerals:
    digits: tuple[str, ...]
    """One by one, as of a telephone number."""
    below_hundred: tuple[str, ...]
    counted: Mapping[int, str]
    """Instead, when things are counted: 两位, not 二位."""
    after_hundreds: Mapping[int, str]
    """Instead, after hundreds or thousands: 一百一十, not 一百十."""
    hundreds: tuple[str, ...]
    """1 … 9."""
    thousands: tuple[str, ...]
    gap: str
    """Said where a place is empty between two that are not: 一百零五. Empty: nothing is."""

    def number(self, number: int, *, counting: bool = False) -> tuple[str, ...]:
        """Words of 0 … MOST."""
        thousands, hundreds, rest = number // 1000, number // 100 % 10, number % 100
        if number < 100:  # noqa: PLR2004
            return (self.counted.get(rest, self.below_hundred[rest]) if counting else self.below_hundred[rest],)
        words = [self.thousands[thousands - 1]] if thousands else []
        if hundreds:
            words.append(self.hundreds[hundreds - 1])
        if self.gap and rest and (not hundreds or rest < 10):  # noqa: PLR2004
            words.append(self.gap)
        if rest:
            words.append(self.after_hundreds.get(rest, self.below_hundred[rest]))
        return tuple(words)

    def each(self, digits: str) -> tuple[str, ...]:
        return tuple(self.digits[int(digit)] for digit in digits)

    def words(self) -> Iterator[str]:
        """All that ``number`` is made of."""
        yield from (*self.below_hundred, *self.counted.values(), *self.after_hundreds.values())
        yield from (*self.hundreds, *self.thousands)
        if self.gap:
            yield self.gap


_HAN = "零一二三四五六七八九"
_HAN_TENS = ("", "十", *(f"{digit}十" for digit in _HAN[2:]))
_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

MANDARIN = Numerals(
    digits=tuple("零幺二三四五六七八九"),
    below_hundred=tuple((tens + ones.strip("零")) or "零" for tens, ones in product(_HAN_TENS, _HAN)),
    counted={2: "两"},
    after_hundreds={10 + ones: "一十" + _HAN[ones].strip("零") for ones in range(10)},
    hundreds=tuple(f"{digit}百" for digit in _HAN[1:]),
    thousands=tuple(f"{digit}千" for digit in "一两三四五六七八九"),
    gap="零",
)

ENGLISH = Numerals(
    digits=tuple(_ONES),
    below_hundred=(
        *_ONES,
        *_TEENS,
        *(f"{tens}-{ones}" if ones != "zero" else tens for tens, ones in product(_TENS, _ONES)),
    ),
    counted={},
    after_hundreds={},
    hundreds=tuple(f"{digit} hundred" for digit in _ONES[1:]),
    thousands=tuple(f"{digit} thousand" for digit in _ONES[1:]),
    gap="",
)
