from services.domain.documents import Hotline
from services.domain.drawing import BEGIN, WIDEST, Line, cells, cut, drawing
from services.domain.reading import read

HEAD = 'kind: hotline\nnumber: "4005300001"\naccount: demo\nname: 医院\nflow:\n  start: welcome\n  nodes:\n'


def hotline(*rows: str) -> Hotline:
    [item] = read("", HEAD + "".join(f"    {row}\n" for row in rows)).located
    assert isinstance(item.document, Hotline)
    return item.document


FLOW = hotline(
    "welcome:",
    "  {kind: menu, prompt: 您好，欢迎致电康宁医院，挂号请按1, keys: {1: place, 2: place}, otherwise: bye}",
    "place: {kind: region, branches: [{region: [上海], type: [mobile], next: desk}], otherwise: welcome}",
    "desk: {kind: queue, group: sales, announcements: {hint: {file: hint.wav}}, waited: bye, otherwise: welcome}",
    "bye: {kind: hangup, cause: busy}",
)


def test_every_node_is_a_box_that_says_what_it_is() -> None:
    boxes = drawing(FLOW).boxes
    assert [(box.look, box.title, box.detail, box.ends) for box in boxes] == [
        ("begin", "4005300001 医院", "", False),
        ("asks", "welcome · menu", "您好，欢迎致电康宁医院，挂号…", False),
        ("decides", "place · region", "", False),
        ("people", "desk · queue", "sales · ♪ hint.wav", True),
        ("over", "bye · hangup", "busy", True),
    ]


def test_lines_say_what_they_stand_for() -> None:
    assert drawing(FLOW).lines == [
        Line(BEGIN, "welcome", ""),
        Line("welcome", "place", "1, 2"),
        Line("welcome", "bye", "otherwise"),
        Line("place", "desk", "type mobile region 上海"),
        Line("place", "welcome", "otherwise"),
        Line("desk", "bye", "waited"),
        Line("desk", "welcome", "otherwise"),
    ]


def test_lines_to_where_all_go_end_beside_where_they_begin() -> None:
    says = [f"s{n}: {{kind: say, prompt: x, next: {'bye' if n % 2 else 'welcome'}}}" for n in range(10)]
    keys = ", ".join(f"{n}: s{n}" for n in range(10))
    drawn = drawing(
        hotline(f"welcome: {{kind: menu, prompt: x, keys: {{{keys}}}, otherwise: s0}}", *says, "bye: {kind: hangup}")
    )
    assert Line("s1", "s1 bye", "") in drawn.lines
    assert Line("s2", "s2 welcome", "") in drawn.lines
    titles = [(box.look, box.title) for box in drawn.boxes]
    assert (titles.count(("over", "bye")), titles.count(("jump", "→ welcome"))) == (5, 5)
    assert ("over", "bye · hangup") not in titles, "it is where its lines end"
    assert len({box.name for box in drawn.boxes}) == len(drawn.boxes)
    assert {line.target for line in drawn.lines} <= {box.name for box in drawn.boxes}


def test_what_is_large_goes_from_left_to_right() -> None:
    says = [f"s{n}: {{kind: say, prompt: x, next: s{n + 1}}}" for n in range(50)]
    chain = drawing(hotline("welcome: {kind: say, prompt: x, next: s0}", *says, "s50: {kind: hangup}"))
    assert (drawing(FLOW).direction, chain.direction) == ("TB", "LR")


def test_a_line_of_text_is_cut_by_its_width() -> None:
    assert cut("x" * WIDEST) == "x" * WIDEST
    assert cut("x" * (WIDEST + 1)) == "x" * (WIDEST - 1) + "…"
    assert cells(cut("中" * 40)) <= WIDEST


def test_no_secret_is_drawn() -> None:
    drawn = drawing(
        hotline(
            "welcome: {kind: ask, url: 'http://x.example', secret: a-secret-for-tests-only, next: bye, failed: bye}",
            "bye: {kind: hangup}",
        )
    )
    assert "http://x.example" in str(drawn)
    assert "secret" not in str(drawn)


def test_talks_that_go_on_are_with_people() -> None:
    drawn = drawing(
        hotline(
            "welcome: {kind: menu, prompt: x, keys: {1: line}, extensions: {otherwise: line}, otherwise: line}",
            "line: {kind: agent, agent: li, after: rate, otherwise: rate}",
            "rate: {kind: survey, prompt: x}",
        )
    )
    assert [(box.look, box.ends) for box in drawn.boxes[1:]] == [
        ("people", True), ("people", False), ("people", True),
    ]  # fmt: skip
