"""``hotline graph``: a hotline's flow as a picture."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, cast

import graphviz
import typer
from redis.asyncio import Redis

from services.cli import session
from services.cli.files import reading_of, refuse
from services.cli.terminal import Refused, out
from services.configuration.changes import document_at
from services.domain.check import check_each
from services.domain.documents import Document, Hotline
from services.domain.drawing import Box, Drawing, Look, cells, drawing

Format = Literal["mermaid", "svg"]

# Fill and line of each look.
_COLOURS: dict[Look, tuple[str, str]] = {
    "begin": ("#1f2937", "#1f2937"),
    "asks": ("#dbeafe", "#2563eb"),
    "people": ("#dcfce7", "#15803d"),
    "decides": ("#f3f4f6", "#6b7280"),
    "over": ("#fee2e2", "#b91c1c"),
    "jump": ("#ffffff", "#9ca3af"),
    "missing": ("#ffffff", "#b91c1c"),
}
_POINTS_PER_CELL, _POINTS_PER_LINE, _PADDING = 6.7, 16, 22
_MERMAID_SHAPES: dict[Look, tuple[str, str]] = {
    "begin": ("([", "])"),
    "asks": ("[", "]"),
    "people": ("[[", "]]"),
    "decides": ("{{", "}}"),
    "over": ("([", "])"),
    "jump": (">", "]"),
    "missing": (">", "]"),
}


def command(
    number: Annotated[str, typer.Argument(help="The hotline that is drawn.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Documents (YAML), or folders of them; left out: those that were applied."),
    ] = None,
    *,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="What to make; svg needs Graphviz. Left out: svg into a file .svg, else mermaid."
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="Left out: standard output.")] = None,
) -> None:
    """Draw a hotline's flow: what callers are asked, where keys and branches lead, where calls end.

    Example: hotline graph 4001234567 examples/shop --out flow.svg
    """
    found = _hotline(number, files)
    made = form or ("svg" if to and to.suffix == ".svg" else "mermaid")
    text = _svg(drawing(found)) if made == "svg" else _mermaid(drawing(found))
    if to is None:
        out.print(text, markup=False, soft_wrap=True, end="")
    else:
        to.write_text(text, "utf-8")


def _hotline(number: str, files: list[Path] | None) -> Hotline:
    async def stored(redis: Redis) -> Document:
        return await document_at(redis, "hotline", number, None)

    if not files:
        return cast("Hotline", session.run(stored))
    reading = reading_of(files)
    refuse([*reading.problems, *check_each(reading)])
    known = (item.document for item in reading.located)
    hotline = next((one for one in known if isinstance(one, Hotline) and one.number == number), None)
    if hotline is None:
        raise Refused(f"{number!r}: there is no hotline of this number")
    return hotline


def _mermaid(drawn: Drawing) -> str:
    return "\n".join([*_mermaid_lines(drawn), ""])


def _mermaid_lines(drawn: Drawing) -> Iterator[str]:
    names = {box.name: f"n{index}" for index, box in enumerate(drawn.boxes)}
    yield f"flowchart {drawn.direction}"
    for box in drawn.boxes:
        before, after = _MERMAID_SHAPES[box.look]
        text = "<br/>".join(_quoted(line) for line in (box.title, box.detail) if line)
        yield f'    {names[box.name]}{before}"{text}"{after}:::{box.look}'
    for line in drawn.lines:
        label = f'|"{_quoted(line.label)}"|' if line.label else ""
        yield f"    {names[line.source]} -->{label} {names[line.target]}"
    for look, (fill, stroke) in _COLOURS.items():
        colour = "#ffffff" if look == "begin" else "#111827"
        yield f"    classDef {look} fill:{fill},stroke:{stroke},color:{colour}"


def _quoted(text: str) -> str:
    """Mermaid's own entities: whatever could close the text, or be taken for a tag."""
    return "".join(f"#{ord(sign)};" if sign in '"#&<>`*_' else sign for sign in text)


def _svg(drawn: Drawing) -> str:
    if shutil.which("dot") is None:
        raise Refused("dot is not installed: it comes with Graphviz, which Debian calls graphviz")
    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": drawn.direction,
            "ordering": "out",
            "nodesep": "0.16",
            "ranksep": "0.5",
            "bgcolor": "white",
            "pad": "0.3",
        },
        node_attr={"shape": "box", "fontname": "sans-serif", "fontsize": "11", "fixedsize": "true"},
        edge_attr={"fontname": "sans-serif", "fontsize": "10", "color": "#6b7280", "arrowsize": "0.6"},
    )
    for box in drawn.boxes:
        graph.node(box.name, graphviz.escape("\n".join(_lines(box))), **_attributes(box))
    for line in drawn.lines:
        graph.edge(line.source, line.target, f" {graphviz.escape(line.label)} " if line.label else "")
    return str(graph.pipe("svg", encoding="utf-8"))


def _lines(box: Box) -> list[str]:
    return [line for line in (box.title, box.detail) if line]


def _attributes(box: Box) -> dict[str, str]:
    """The size is told rather than left to whatever fonts are here: they may have no Chinese."""
    fill, stroke = _COLOURS[box.look]
    lines = _lines(box)
    return {
        "width": f"{(max(map(cells, lines)) * _POINTS_PER_CELL + _PADDING) / 72:.2f}",
        "height": f"{(len(lines) * _POINTS_PER_LINE + 8) / 72:.2f}",
        "style": "filled,rounded",
        "fillcolor": fill,
        "color": stroke,
        "fontcolor": "#ffffff" if box.look == "begin" else "#111827",
        "peripheries": "2" if box.ends else "1",
    }
