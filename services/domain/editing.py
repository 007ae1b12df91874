"""Changes of a flow as a whole: a node comes in between, gets another name, or goes. Flows are plain values here."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.domain.documents import Hotline

Flow = dict[str, Any]
"""``start`` and ``nodes``, as JSON has them."""


def ways_to(hotline: Hotline, name: str) -> Iterator[tuple[str, str]]:
    """Which nodes lead there, by which of their keys; the flow's own ``start`` is of a node without a name."""
    if hotline.flow.start == name:
        yield "", "start"
    for source, node in hotline.flow.nodes.items():
        yield from ((source, key) for key, to in node.nexts() if to == name)


def flow_of(hotline: Hotline) -> Flow:
    flow: Flow = hotline.flow.model_dump(mode="json", by_alias=True, exclude_none=True)
    return flow


def renamed(hotline: Hotline, old: str, new: str) -> Flow:
    """Whatever led to it still does."""
    flow = led(hotline, old, new)
    flow["nodes"] = {new if name == old else name: node for name, node in flow["nodes"].items()}
    return flow


def removed(hotline: Hotline, name: str, instead: str) -> Flow:
    """Whatever led to it leads to ``instead``."""
    flow = led(hotline, name, instead)
    del flow["nodes"][name]
    return flow


def inserted(hotline: Hotline, before: str, way: str, name: str, node: Mapping[str, Any]) -> Flow:
    """``way`` of the node ``before`` leads to the new one; a ``way`` that there is not yet is made.

    ``before`` empty: the flow's start does.
    """
    flow = flow_of(hotline)
    flow["nodes"][name] = dict(node)
    _lead(flow["nodes"][before] if before else flow, way, name)
    return flow


def led(hotline: Hotline, old: str, new: str) -> Flow:
    flow = flow_of(hotline)
    for source, key in ways_to(hotline, old):
        _lead(flow["nodes"][source] if source else flow, key, new)
    return flow


def _lead(values: Any, way: str, to: str) -> None:
    *parents, last = way.split(".", 1) if way.startswith(("keys.", "cases.")) else way.split(".")
    for key in parents:
        values = values[int(key)] if isinstance(values, list) else values.setdefault(key, {})
    values[last] = to
