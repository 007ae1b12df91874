"""Where each box and line of a flow's drawing goes.

Graphviz is told sizes and never a word: no text of anybody's reaches it, and what it answers is numbers.
"""

import asyncio
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from services.domain.drawing import Box, Drawing, Line, cells
from services.programs import SoundError, run

SECONDS = 10.0
CELL, ROW, PADDING = 7.0, 17.0, 20.0
"""Points."""


@dataclass(frozen=True, slots=True)
class PlacedBox:
    box: Box
    x: float
    y: float
    """Of its upper left corner."""
    width: float
    height: float

    @property
    def lines(self) -> list[str]:
        return _texts(self.box)


@dataclass(frozen=True, slots=True)
class PlacedLine:
    line: Line
    path: str
    """As of an SVG path's ``d``."""
    x: float
    y: float
    """The middle of its label."""


@dataclass(frozen=True, slots=True)
class Picture:
    width: float = 0.0
    height: float = 0.0
    boxes: list[PlacedBox] = field(default_factory=list)
    lines: list[PlacedLine] = field(default_factory=list)


async def picture(drawn: Drawing) -> Picture | None:
    """None: Graphviz is not here, or takes too long for this flow."""
    try:
        async with asyncio.timeout(SECONDS):
            plain = (await run("dot", "-Tplain", "-y", stdin=_dot(drawn).encode())).printed
    except (SoundError, TimeoutError):
        return None
    return _placed(drawn, plain)


def _dot(drawn: Drawing) -> str:
    return "\n".join(["digraph {", *_statements(drawn), "}"])


def _statements(drawn: Drawing) -> Iterator[str]:
    numbers = {box.name: index for index, box in enumerate(drawn.boxes)}
    yield f"rankdir={drawn.direction}; ordering=out; nodesep=0.25; ranksep=0.5;"
    yield 'node [shape=box fixedsize=true label=""];'
    for box in drawn.boxes:
        width, height = _size(box)
        yield f"{numbers[box.name]} [width={width / 72:.3f} height={height / 72:.3f}];"
    for line in drawn.lines:
        size = f'width="{cells(line.label) * CELL:.0f}" height="16" fixedsize="true"'
        label = f' [label=<<table border="0"><tr><td {size}></td></tr></table>>]' if line.label else ""
        yield f"{numbers[line.source]} -> {numbers[line.target]}{label};"


def _placed(drawn: Drawing, plain: str) -> Picture:
    boxes: list[PlacedBox] = []
    lines: list[PlacedLine] = []
    ways = {(line.source, line.target): line for line in drawn.lines}
    width = height = 0.0
    for row in plain.splitlines():
        what, *words = shlex.split(row)
        if what == "graph":
            width, height = float(words[1]) * 72, float(words[2]) * 72
        elif what == "node":
            box = drawn.boxes[int(words[0])]
            x, y, wide, high = (float(one) * 72 for one in words[1:5])
            boxes.append(PlacedBox(box, x - wide / 2, y - high / 2, wide, high))
        elif what == "edge":
            ends = drawn.boxes[int(words[0])].name, drawn.boxes[int(words[1])].name
            lines.append(_line(ways[ends], words[2:]))
    return Picture(width, height, boxes, lines)


def _line(line: Line, words: list[str]) -> PlacedLine:
    count = int(words[0])
    numbers = [float(one) * 72 for one in words[1 : 1 + 2 * count]]
    points = [f"{x:.1f} {y:.1f}" for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
    x, y = (float(words[-4]) * 72, float(words[-3]) * 72) if line.label else (0.0, 0.0)
    return PlacedLine(line, f"M{points[0]} C{' '.join(points[1:])}", x, y)


def _size(box: Box) -> tuple[float, float]:
    texts = _texts(box)
    return max(map(cells, texts)) * CELL + PADDING, len(texts) * ROW + 12


def _texts(box: Box) -> list[str]:
    return [text for text in (box.title, box.detail) if text]
