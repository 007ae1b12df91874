"""A call that there was, as a scene: its caller, time and keys, and agents who do what they did."""

from collections.abc import Iterator, Mapping, Sequence

from services.domain.documents import Document, Group, Hotline
from services.domain.nodes import Node
from services.domain.record import Attempt, Keys, Record
from services.simulation.scene import ASKED, SILENCE, Agent, Behaviour, Scene

_DOES: dict[str, Behaviour] = {
    "busy": "busy",
    "rejected": "busy",
    "unreachable": "away",
}
"""By an attempt's result; whoever was rung in vain otherwise let it ring."""

REACHES = frozenset({"group", "queue", "agent", "transfer", "voicemail", "callback"})
"""Kinds of nodes at which a call gets somewhere; the others only lead there."""


def scene_of(record: Record, documents: Sequence[Document]) -> Scene:
    """``documents``: by which it is led this time. A password is keyed in as it now is, if it was right then."""
    left = record.hung_up_by == "caller" and record.agent is None
    return Scene(
        documents=documents,
        number=record.hotline,
        caller=record.caller or "",
        at=record.started,
        keys="".join(_keys(record, documents)),
        hangs_up_after=record.total_ms / 1000 if left else None,
        agents=dict(_agents(record, documents)),
        call=record.call_id,
    )


def destination(record: Record) -> tuple[str, ...]:
    """Where a call got to: groups and mailboxes, or else the node at which it ended; and its end state."""
    reached = tuple(hop.group or hop.node for hop in record.hops if hop.kind in REACHES)
    return (*(reached or tuple(hop.node for hop in record.hops[-1:])), record.end_state)


def path(record: Record) -> str:
    return " ".join([*(hop.node for hop in record.hops), record.end_state])


def _keys(record: Record, documents: Sequence[Document]) -> Iterator[str]:
    kinds, nodes = {hop.node: hop.kind for hop in record.hops}, _nodes(record, documents)
    for number, pressed in enumerate(record.keys):
        keys = _password(pressed, nodes) or pressed.keys
        # A queue asks for nothing: whoever presses a key there does so at once.
        at_a_prompt = number and kinds.get(pressed.node) != "queue"
        yield (ASKED if at_a_prompt else "") + keys if keys else SILENCE


def _nodes(record: Record, documents: Sequence[Document]) -> Mapping[str, Node]:
    return next((one.flow.nodes for one in documents if isinstance(one, Hotline) and one.number == record.hotline), {})


def _password(pressed: Keys, nodes: Mapping[str, Node]) -> str | None:
    node = nodes.get(pressed.node)
    return node.codes[0] if node and node.kind == "password" and pressed.outcome == "match" else None


def _agents(record: Record, documents: Sequence[Document]) -> Iterator[tuple[str, Agent]]:
    """Last of an agent counts: those of a queue who were not rung were not to be had."""
    groups = {document.id: document for document in documents if isinstance(document, Group)}
    nodes = _nodes(record, documents)
    for hop in record.hops:
        node = nodes.get(hop.node)
        if hop.wait is not None and node and node.kind == "queue" and node.group in groups:
            away = hop.wait.overflow == "nobody_on_duty"
            yield from ((member, Agent(does="away" if away else "talking")) for member in groups[node.group].members)
    for hop in record.hops:
        yield from ((attempt.agent, _agent(attempt)) for attempt in hop.attempts)


def _agent(attempt: Attempt) -> Agent:
    if attempt.result != "answered" or attempt.answered is None:
        return Agent(does=_DOES.get(attempt.result, "ignores"))
    talks = attempt.answered if attempt.ended is None else attempt.ended
    return Agent(
        answers_after=max(0, attempt.answered - attempt.started) / 1000,
        talks=max(0, talks - attempt.answered) / 1000,
    )
