"""Single values of a row, which is to be trusted in nothing."""

from services.domain.cel import CelRow

_DIGITS = 15
"""Of the longest number that an event of ours says."""


def number(values: dict[str, str], key: str) -> int | None:
    value = values.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _DIGITS else None


def cause(row: CelRow) -> int | None:
    """Q.850."""
    value = row.extra.get("hangupcause")
    return value if isinstance(value, int) else None


def text(row: CelRow, key: str) -> str:
    """Empty when there is none."""
    value = row.extra.get(key)
    return value if isinstance(value, str) else ""
