"""Every key in Redis, in one place."""

RATED_STREAM = "cdr:rated"
"""Stream of rated records: docs/cdr-stream.md."""

UNRATED_STREAM = "cdr:unrated"
"""Stream of records that no tariff could be found for: docs/cdr-stream.md."""


def document(kind: str, name: str) -> str:
    """Hash of one document: ``body`` and ``version`` now, ``v1``, ``v2``, … every version there was."""
    return f"doc:{kind}:{name}"


def committed(call_id: str) -> str:
    """Marks a call's record as written; the value is its stream entry."""
    return f"cdr:committed:{call_id}"


def checkpoint(pbx: str) -> str:
    """Where in the CEL folder of one pbx billing starts again."""
    return f"cel:checkpoint:{pbx}"
