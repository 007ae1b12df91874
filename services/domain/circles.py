"""Nodes of a flow that a call would never get away from."""

from collections.abc import Collection, Iterator, Mapping

from services.domain.nodes.base import NodeModel

Nodes = Mapping[str, NodeModel]


def endless(nodes: Nodes, reached: Collection[str]) -> Iterator[list[str]]:
    """Circles from which no way leads to a node where a call may end; of the nodes that can be ``reached``.

    A way to a node that there is not is one out, whatever it was meant to be.
    """
    ways = _ways(nodes, reached)
    before: dict[str, list[str]] = {name: [] for name in reached}
    for name, following in ways.items():
        for to in following:
            before[to].append(name)
    ending = {name for name in reached if nodes[name].ends() or any(to not in nodes for _, to in nodes[name].nexts())}
    ahead = list(ending)
    while ahead:
        new = [name for name in before[ahead.pop()] if name not in ending]
        ending.update(new)
        ahead += new
    yield from _circles(ways, [name for name in nodes if name in reached and name not in ending])


def restless(nodes: Nodes, reached: Collection[str]) -> Iterator[list[str]]:
    """Circles in which nothing is waited for: a call would turn in them as fast as it is told."""
    moving = [name for name in nodes if name in reached and not nodes[name].WAITS]
    yield from _circles(_ways(nodes, reached), moving)


def _ways(nodes: Nodes, reached: Collection[str]) -> dict[str, list[str]]:
    return {name: [to for _, to in nodes[name].nexts() if to in nodes] for name in reached}


def _circles(ways: Mapping[str, list[str]], among: list[str]) -> Iterator[list[str]]:
    """One for each knot of circles, in the order of ``among``: from a node on to the same node."""
    left = dict.fromkeys(among)
    while left:
        path = [next(iter(left))]
        while path:
            following = next((to for to in ways[path[-1]] if to in left), None)
            if following is None:
                left.pop(path.pop())
            elif following in path:
                circle = path[path.index(following) :]
                yield [*circle, following]
                _drop(ways, left, following)
                break
            else:
                path.append(following)


def _drop(ways: Mapping[str, list[str]], left: dict[str, None], begin: str) -> None:
    """Everything that hangs together with ``begin``: it has been told of."""
    together, ahead = {begin}, [begin]
    while ahead:
        name = ahead.pop()
        near = {to for to in ways[name] if to in left} | {other for other in left if name in ways[other]}
        ahead += near - together
        together |= near
    for name in together:
        left.pop(name, None)
