"""An amount of money in words, as it is written beside the figures so that a slip is seen."""

from services.domain.money import UNIT
from services.domain.numerals import ENGLISH

_CENT = UNIT // 100
_HAN = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_ONES = ENGLISH.digits
_BELOW_HUNDRED = ENGLISH.below_hundred
MOST = 10**12
"""Units of the currency that there are words for; that many no more."""


def in_words(amount: int, currency: str, language: str) -> str:
    """``amount``: millionths, whole cents. ``language``: ``zh-CN`` or ``en``. Raises ValueError."""
    cents, rest = divmod(abs(amount), _CENT)
    units, cents = divmod(cents, 100)
    if rest or units >= MOST:
        raise ValueError(f"{amount} millionths have no words: expected whole cents, below {MOST} units")
    if language == "zh-CN":
        return ("负" if amount < 0 else "") + _chinese(units, cents, currency)
    return ("minus " if amount < 0 else "") + _english(units, cents, currency)


def _chinese(units: int, cents: int, currency: str) -> str:
    """As cheques have it: 壹万零伍拾元整, 叁元零伍分."""
    name = "人民币" if currency == "CNY" else f"{currency} "
    tenths, hundredths = divmod(cents, 10)
    whole = f"{_chinese_whole(units)}元" if units or not cents else ""
    if not cents:
        return f"{name}{whole}整"
    rest = f"{_HAN[tenths]}角" if tenths else ("零" if whole else "")
    return f"{name}{whole}{rest}{f'{_HAN[hundredths]}分' if hundredths else '整'}"


def _chinese_whole(units: int) -> str:
    if not units:
        return "零"
    found = ""
    gap = False
    for power, name in ((2, "亿"), (1, "万"), (0, "")):
        four = units // 10_000**power % 10_000
        if not four:
            gap = bool(found)
            continue
        if found and (gap or four < 1000):  # noqa: PLR2004
            found += "零"
        found += _chinese_four(four) + name
        gap = False
    return found


def _chinese_four(number: int) -> str:
    found = ""
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            found += _HAN[digit] + _PLACES[place]
        elif found and number % 10**place:
            found = found.removesuffix("零") + "零"
    return found


def _english(units: int, cents: int, currency: str) -> str:
    name = "yuan" if currency == "CNY" else currency
    return f"{_english_whole(units)} {name}" + (f" and {cents} cents" if cents else "")


def _english_whole(units: int) -> str:
    if units < 100:  # noqa: PLR2004
        return _BELOW_HUNDRED[units]
    if units < 1000:  # noqa: PLR2004
        hundreds, rest = divmod(units, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {_BELOW_HUNDRED[rest]}" if rest else "")
    size, name = next(
        (10**power, name) for power, name in ((9, "billion"), (6, "million"), (3, "thousand")) if units >= 10**power
    )
    whole, rest = divmod(units, size)
    link = " and " if 0 < rest < 100 else " "  # noqa: PLR2004
    return f"{_english_whole(whole)} {name}" + (f"{link}{_english_whole(rest)}" if rest else "")
