"""Pictures of a flow: every box and line is there, and Chinese fits."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from services.cli import graph, main
from services.domain.drawing import cells, drawing
from tests.unit.domain.test_drawing import FLOW, HEAD

SVG = "{http://www.w3.org/2000/svg}"
ROWS = "    welcome: {kind: say, prompt: 'a \"b\" <c> 中', next: bye}\n    bye: {kind: hangup}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "hotline.yaml").write_text(HEAD + ROWS)
    return tmp_path


def test_mermaid(shop: Path) -> None:
    done = CliRunner().invoke(main, ["graph", "4005300001", str(shop)])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:6] == [
        "flowchart TB",
        '    n0(["4005300001 医院"]):::begin',
        '    n1{{"welcome · say<br/>a #34;b#34; #60;c#62; 中"}}:::decides',
        '    n2(["bye · hangup<br/>normal"]):::over',
        "    n0 --> n1",
        "    n1 --> n2",
    ]


def test_svg(shop: Path) -> None:
    done = CliRunner().invoke(main, ["graph", "4005300001", str(shop), "--out", str(shop / "flow.svg")])
    assert done.exit_code == 0, done.output
    picture = ET.fromstring((shop / "flow.svg").read_text())  # noqa: S314 - our own
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"4005300001 医院", "welcome · say", 'a "b" <c> 中', "bye · hangup"} <= set(texts)


def test_boxes_are_as_wide_as_their_text() -> None:
    picture = ET.fromstring(graph._svg(drawing(FLOW)))  # noqa: S314 - our own
    for group in picture.iter(f"{SVG}g"):
        if group.get("class") != "node":
            continue
        points = [float(number.split(",")[0]) for path in group.iter(f"{SVG}path") for number in _points(path.get("d"))]
        widest = max(cells(text.text or "") for text in group.iter(f"{SVG}text"))
        assert max(points) - min(points) >= widest * 11 / 2, "a Chinese character is as wide as it is high: 11 points"


def _points(path: str | None) -> list[str]:
    return (path or "").replace("M", " ").replace("C", " ").split()


def test_what_there_is_not_is_said(shop: Path) -> None:
    done = CliRunner().invoke(main, ["graph", "4005300002", str(shop)])
    assert (done.exit_code, done.output) == (1, "'4005300002': there is no hotline of this number\n")


def test_a_flow_that_is_wrong_is_not_drawn(shop: Path) -> None:
    (shop / "hotline.yaml").write_text(HEAD + ROWS.replace("next: bye", "next: by"))
    done = CliRunner().invoke(main, ["graph", "4005300001", str(shop)])
    assert done.exit_code == 1
    assert "there is no node of this name; did you mean 'bye'?" in done.output


def test_without_graphviz_it_is_said(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(shop))
    done = CliRunner().invoke(main, ["graph", "4005300001", str(shop), "--format", "svg"])
    assert done.output == "dot is not installed: it comes with Graphviz, which Debian calls graphviz\n"
