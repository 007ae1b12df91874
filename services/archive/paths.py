"""A call's way through the flow, step by step, as it is counted for the key path."""

from collections.abc import Sequence

from services.domain.record import Keys, Record

Row = dict[str, str | int]
DEEPEST = 12
"""Nodes of a way that are told apart; of a longer one only its end is said."""
END = "end"
"""``next_kind`` of a step that was the last: ``next`` is the call's end state."""


def steps_of(record: Record) -> list[Row]:
    """One for each node: ``keys`` that the caller pressed there last, and where the call went then."""
    hops = record.hops[:DEEPEST]
    begins = [hop.at for hop in hops[1:]] + [record.ended + 1]
    steps: list[Row] = []
    for depth, (hop, until) in enumerate(zip(hops, begins, strict=True)):
        pressed = [one for one in record.keys if one.node == hop.node and hop.at <= one.at < until]
        following = hops[depth + 1] if depth + 1 < len(hops) else None
        step: Row = {"depth": depth, "node": hop.node, "node_kind": hop.kind, "keys": _keys(pressed)}
        step |= (
            {"next": record.end_state, "next_kind": END}
            if following is None
            else {"next": following.node, "next_kind": following.kind}
        )
        steps.append(step)
    return steps


def _keys(pressed: Sequence[Keys]) -> str:
    """As pressed when they led somewhere, else why they did not; empty where none were asked for."""
    if not pressed:
        return ""
    last = pressed[-1]
    return last.keys if last.outcome == "match" else last.outcome
