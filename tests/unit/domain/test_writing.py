"""Documents written for people say what they said, and files that people keep stay as they are but for what changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.domain.documents import Document, Hotline, ref
from services.domain.lists import NumberList
from services.domain.reading import read
from services.domain.writing import revised, text_of
from tests.harness.state import ROOT
from tests.unit.domain.test_check import ACCOUNT, HOTLINE

TEXTS = st.text(st.characters(exclude_characters="{}"), min_size=1, max_size=30).map(str.strip).filter(str.isprintable)
TEXTS |= st.sampled_from(
    ["no", "12:30", "010", "1e3", "2026-01-31", "null", "~1", "*1", "&a", "'a", "- a", "a: b", "a #b"]
)
TEXTS = TEXTS.filter(lambda text: any(map(str.isalnum, text)))
KEYS = st.dictionaries(st.sampled_from("0123456789*#"), st.sampled_from("abc"), min_size=1)
WAYS = st.sampled_from("abc")
NODES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("menu"), "prompt": TEXTS, "keys": KEYS, "otherwise": WAYS}),
    st.fixed_dictionaries({"kind": st.just("say"), "prompt": TEXTS, "next": WAYS}),
    st.fixed_dictionaries(
        {"kind": st.just("password"), "prompt": TEXTS, "next": WAYS, "otherwise": WAYS, "timeout": st.integers(1, 60)}
        | {"codes": st.lists(st.from_regex(r"\A[0-9]{4,8}\Z"), min_size=1, max_size=3)}
    ),
    st.fixed_dictionaries(
        {"kind": st.just("hours"), "next": WAYS, "closed": WAYS}
        | {"open": st.just([{"days": ["mon"], "hours": ["09:00-12:00", "22:00-06:00"]}])}
        | {"special": st.lists(st.dates().map(lambda day: {"date": day.isoformat(), "hours": []}), max_size=1)}
    ),
    st.fixed_dictionaries({"kind": st.just("hangup")}),
)
HOTLINES = st.builds(
    lambda name, nodes: Hotline.model_validate(
        {"kind": "hotline", "number": "4005300001", "account": "demo", "name": name}
        | {"flow": {"start": "a", "nodes": nodes}}
    ),
    TEXTS,
    st.fixed_dictionaries({}, optional=dict.fromkeys("abc", NODES)).filter(bool),
)


def documents(text: str) -> list[Document]:
    reading = read("x.yaml", text)
    assert not reading.problems
    return [item.document for item in reading.located]


@given(HOTLINES)
def test_what_is_written_is_read_again(hotline: Hotline) -> None:
    assert documents(text_of(hotline)) == [hotline]
    assert text_of(hotline).startswith("schema: 1\nkind: hotline\n")


@given(HOTLINES, HOTLINES)
def test_a_file_becomes_what_it_is_to_say(before: Hotline, after: Hotline) -> None:
    text = f"# ours\n{text_of(before)}---\n{ACCOUNT}"
    new = revised(text, {ref(after): after})
    assert documents(new)[0] == after
    assert [one.kind for one in documents(new)] == ["hotline", "account"]


COMMENTED = """# The shop's hotline
kind: hotline
number: '4001234567'   # bought in 2020
account: demo
name: x
flow:
  start: welcome
  nodes:
    # what everybody hears
    welcome:
      kind: menu
      prompt: "hello"  # recorded soon
      timeout: 5
      keys: {1: sales, "2": bye}
      otherwise: bye
    sales: {kind: group, group: sales, otherwise: bye}
    shut:
      kind: hours
      open:
        - {days: [mon], hours: ["09:00-12:00"]}  # only Mondays
        - {days: [tue], hours: ["09:00-12:00"]}
      next: sales
      closed: bye
    bye: {kind: hangup}
"""


def changed(**nodes: Any) -> str:
    [hotline] = documents(COMMENTED)
    fields = hotline.model_dump(mode="json")
    for name, change in nodes.items():
        fields["flow"]["nodes"][name] |= change
    new = Hotline.model_validate(fields)
    text = revised(COMMENTED, {ref(new): new})
    assert documents(text) == [new]
    return text


def lines_changed(**nodes: Any) -> list[tuple[str, str]]:
    pairs = zip(COMMENTED.splitlines(), changed(**nodes).splitlines(), strict=True)
    return [(old.strip(), new.strip()) for old, new in pairs if old != new]


def test_only_what_is_otherwise_is_replaced() -> None:
    assert changed() == COMMENTED
    [(old, new)] = lines_changed(welcome={"prompt": "good morning"})
    assert old == 'prompt: "hello"  # recorded soon'
    assert " ".join(new.split()) == 'prompt: "good morning" # recorded soon'
    assert lines_changed(welcome={"timeout": 9}) == [("timeout: 5", "timeout: 9")]
    assert lines_changed(welcome={"keys": {"1": "bye", "2": "bye"}}) == [
        ('keys: {1: sales, "2": bye}', 'keys: {1: bye, "2": bye}')
    ]
    [mondays] = [{"days": ["mon"], "hours": ["09:00-12:00"]}]
    for row in ({"days": ["wed"], "hours": ["09:00-12:00"]}, {"days": ["tue"], "hours": ["09:00-18:00"]}):
        assert "# only Mondays" in changed(shut={"open": [mondays, row]})


def test_the_demonstrations_documents_stay_as_they_are() -> None:
    text = (ROOT / "examples" / "demo" / "shop.yaml").read_text()
    found = documents(text)
    assert revised(text, {ref(document): document for document in found}) == text


def test_a_node_comes_and_goes() -> None:
    [hotline] = documents(HOTLINE)
    fields = hotline.model_dump(mode="json")
    fields["flow"]["nodes"]["more"] = {"kind": "say", "prompt": "more", "next": "bye"}
    del fields["flow"]["nodes"]["sales"]
    new = Hotline.model_validate(fields)
    text = revised(HOTLINE, {ref(new): new})
    assert documents(text) == [new]
    assert "sales: {kind" not in text


LIST = """kind: list  # who is not to come through
id: blocked
account: demo
name: x
file: ours.csv
"""


def test_a_list_keeps_the_file_of_its_entries() -> None:
    [blocked] = documents(LIST)
    assert isinstance(blocked, NumberList)
    new = blocked.with_entries({"13800138000": None}).model_copy(update={"name": "y"})
    assert revised(LIST, {ref(new): new}) == LIST.replace("name: x", "name: y")
    assert "file: blocked.csv\n" in text_of(new)
    assert "13800138000" not in text_of(new)
