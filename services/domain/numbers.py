"""Telephone numbers as callers' operators send them, and as callers key them in."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

_COUNTRY = re.compile(r"(?:\+|00)?86(?=\d{10})")
_MOBILE = re.compile(r"1(?!349|74)[3-9]\d{9}")
"""1349 and 174 are satellite telephones."""
_FIXED = re.compile(r"0(?:10|2\d)[2-8]\d{7}|0[3-9]\d{2}[2-8]\d{6,7}")
"""No line of a subscriber begins with 1 or 9: those are services, some at a premium."""
_INBOUND_ONLY = re.compile(r"0?[48]00")
_MAINLAND = re.compile(
    r"(?:(?:\+|00)?86)?0?(?:(?P<whole>1[3-9]\d{9}|[48]00\d{7})|(?P<fixed>(?:10|2\d)\d{8}|(?!86)[3-9]\d{9,10}))",
    re.ASCII,
)
"""Looser than the numbering plan: two spellings of a number that it does not know are one number, too.

No area code begins with 86.
"""

_TAKE_TEXTS = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache(maxsize=10_000)
def to_e164(number: str) -> str | None:
    """``13800138000`` and ``+8613800138000`` alike; None when it is no valid number, read as in mainland China."""
    parsed = _valid(number)
    return None if parsed is None else phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def as_dialled(number: str) -> str:
    """The one form of a number that its operators send in many: ``13800138000``, ``02161234567``, ``+442079460000``.

    What is neither of mainland China nor valid is given back as it came: ``95588``. Quick: a list has 100,000.
    """
    if mainland := _MAINLAND.fullmatch(number):
        return mainland["whole"] or "0" + mainland["fixed"]
    e164 = to_e164(number) if number.startswith(("+", "0", "86")) else None
    return e164.removeprefix("+86") if e164 else number


def dialable(number: str) -> str | None:
    """The number as it is dialled within China, ``13800138000`` or ``02161234567``: a mobile, or fixed with area code.

    None for whatever else a caller may name, so that nobody can have us ring what costs more (toll fraud): premium,
    shared-cost (400), 95 and short numbers, satellites, other countries.
    """
    national = _COUNTRY.sub("", number, count=1) if _COUNTRY.match(number) else number
    if national != number and not _MOBILE.fullmatch(national):
        national = "0" + national.removeprefix("0")
    if not (_MOBILE.fullmatch(national) or _FIXED.fullmatch(national)):
        return None
    parsed = _valid(national)
    ordinary = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE}
    return national if parsed and phonenumbers.number_type(parsed) in ordinary else None


def inbound_only(number: str) -> bool:
    """400 and 800 numbers: calling out while showing one gets it shut down (FIELD 1)."""
    return _INBOUND_ONLY.match(_COUNTRY.sub("", number, count=1)) is not None


@lru_cache(maxsize=10_000)
def takes_texts(number: str) -> bool:
    """Whether it is a mobile's number, or may be one."""
    parsed = _valid(number)
    return parsed is not None and phonenumbers.number_type(parsed) in _TAKE_TEXTS


def _valid(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
