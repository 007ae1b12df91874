"""When a message that could not be delivered is tried again, and when no more."""

from datetime import UTC
from email.utils import parsedate_to_datetime

ATTEMPTS = 12
FIRST_MS = 2_000
LONGEST_MS = 3_600_000
"""All attempts lie within about two hours, unless the receiver asks for more time."""


def pause_ms(failed: int, draw: float, asked_ms: int | None = None) -> int | None:
    """How long to wait after ``failed`` attempts; None: it is given up.

    The pauses double; each is drawn between its half and its whole, so that what failed together is not tried
    together. ``draw``: 0 to 1. ``asked_ms``: what the receiver asked for.
    """
    if failed >= ATTEMPTS:
        return None
    whole = min(FIRST_MS << (failed - 1), LONGEST_MS)
    return max(round(whole * (1 + draw) / 2), min(asked_ms or 0, LONGEST_MS))


def asked_ms(retry_after: str | None, now: int) -> int | None:
    """What a ``Retry-After`` header asks for: seconds, or a date (RFC 9110); None when it is neither."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(int(retry_after[:9]) * 1000, LONGEST_MS)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0, int((until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() * 1000) - now)
