"""Telephone numbers as callers' operators send them."""

from functools import lru_cache

import phonenumbers


@lru_cache(maxsize=10_000)
def to_e164(number: str) -> str | None:
    """``13800138000`` and ``+8613800138000`` alike; None when it is no valid number, read as in mainland China."""
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
