"""Telephone numbers as callers' operators send them."""

from functools import lru_cache

import phonenumbers

_TAKE_TEXTS = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@lru_cache(maxsize=10_000)
def to_e164(number: str) -> str | None:
    """``13800138000`` and ``+8613800138000`` alike; None when it is no valid number, read as in mainland China."""
    parsed = _parsed(number)
    return None if parsed is None else phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=10_000)
def takes_texts(number: str) -> bool:
    """Whether it is a mobile's number, or may be one."""
    parsed = _parsed(number)
    return parsed is not None and phonenumbers.number_type(parsed) in _TAKE_TEXTS


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
