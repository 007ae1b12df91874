"""What is drawn of a hotline's flow: boxes, and lines between them that say which key or branch they stand for."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from services.domain.documents import Hotline
from services.domain.nodes import Node
from services.domain.nodes.base import Branch, Prompt, Ringing

Look = Literal["begin", "asks", "people", "decides", "over", "jump", "missing"]
"""``asks``: waits for the caller; ``people``: a talk ends the call; ``decides``: everything that goes on by itself;
``jump``: stands for a node that so many lines lead to that they would hide all others; ``missing``: there is no
node of this name."""

WIDEST = 30
"""Cells of a line of text: a Chinese character takes two."""
MANY = 4
"""Lines to one node; beyond it each of them ends at a jump."""
SMALL = 40
"""Boxes."""
BEGIN = "(begin)"


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    """Unique in the drawing."""
    look: Look
    title: str
    detail: str = ""
    ends: bool = False
    """A call may end here."""
    node: str = ""
    """The flow's node that it is, or stands for; empty: none."""


@dataclass(frozen=True, slots=True)
class Line:
    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: list[Box]
    lines: list[Line]

    @property
    def direction(self) -> Literal["TB", "LR"]:
        """From the top down; a large flow from left to right, as menus in menus become far wider than deep."""
        return "TB" if len(self.boxes) <= SMALL else "LR"


Word = Callable[[str], str]
"""What a reader calls a kind of node, or a way."""


def drawing(hotline: Hotline, word: Word = str) -> Drawing:
    """Also of a flow that ``check`` finds something wrong with."""
    nodes = hotline.flow.nodes
    ways = {name: _ways(node, word) for name, node in nodes.items()}
    coming: dict[str, int] = defaultdict(int)
    for named in ways.values():
        for to in named:
            coming[to] += 1
    crowded = {name for name, count in coming.items() if count > MANY and name in nodes}
    boxes = [Box(BEGIN, "begin", cut(f"{hotline.number} {hotline.name}"))]
    # A crowded node that has nothing to say but its end is drawn wherever a line ends at it, and not by itself.
    boxes += [_box(name, node, word) for name, node in nodes.items() if name not in crowded or node.kind != "hangup"]
    missing = [name for name in dict.fromkeys([hotline.flow.start, *coming]) if name not in nodes]
    boxes += [Box(name, "missing", cut(f"{name}?")) for name in missing]
    lines = [Line(BEGIN, hotline.flow.start, "")]
    for source, named in ways.items():
        for to, labels in named.items():
            target = to
            if to in crowded:
                target = f"{source} {to}"
                end = nodes[to].kind == "hangup"
                boxes.append(Box(target, "over" if end else "jump", to if end else f"→ {to}", ends=end, node=to))
            lines.append(Line(source, target, cut(", ".join(dict.fromkeys(labels)))))
    return Drawing(boxes, lines)


def cut(text: str, widest: int = WIDEST) -> str:
    """What fits so many cells."""
    if cells(text) <= widest:
        return text
    while cells(text) >= widest:
        text = text[:-1]
    return f"{text.rstrip()}…"


def cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _box(name: str, node: Node, word: Word) -> Box:
    look: Look = "asks" if node.WAITS else "decides"
    if isinstance(node, Ringing) or node.ends():
        look = "over" if node.kind == "hangup" else "people"
    return Box(name, look, cut(f"{name} · {word(node.kind)}"), cut(_detail(node)), node.ends(), name)


def _detail(node: Node) -> str:
    parts = list(dict.fromkeys(named for _, _, named in node.references()))
    parts += [_said(prompt) for _, prompt in node.prompts()][:1]
    if not parts:
        secret = {name for name, field in type(node).model_fields.items() if not field.repr}
        fields = node.model_dump(exclude={"kind", *node.WAYS, *secret})
        parts = [value for value in fields.values() if isinstance(value, str)]
    return " · ".join(parts)


def _said(prompt: Prompt) -> str:
    """In the first language."""
    if isinstance(prompt, dict):
        return _said(next(iter(prompt.values())))
    return " ".join(prompt.split()) if isinstance(prompt, str) else f"♪ {prompt.file}"


def _ways(node: Node, word: Word) -> dict[str, list[str]]:
    """By where they lead."""
    ways: dict[str, list[str]] = defaultdict(list)
    for key, to in node.nexts():
        ways[to] += _label(node, key, word)
    return ways


def _label(node: Node, key: str, word: Word) -> Iterator[str]:
    """``next`` needs none, ``keys.1`` is ``1``, ``branches.0.next`` is what the branch says."""
    name, _, inner = key.partition(".")
    if not inner:
        if name != "next":
            yield word(name)
        return
    if not inner.endswith(".next"):
        yield inner if name in {"keys", "cases"} else word(inner)
        return
    branch: Branch = getattr(node, name)[int(inner.removesuffix(".next"))]
    said = branch.model_dump(exclude={"next"}, exclude_none=True)
    yield " ".join(f"{word(key)} {_words(value)}" for key, value in said.items())


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)
