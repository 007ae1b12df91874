"""Lists of numbers, and the files beside them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain import listfile
from services.domain.lists import AN_ENTRY, NumberList, entries_for, entry_of
from services.domain.numbers import as_dialled
from services.domain.reading import read

BLOCKED: dict[str, Any] = {
    "kind": "list", "id": "blocked", "account": "shop", "name": "x",
    "reasons": {"fraud": "您的号码已被限制呼入。", "debt": "请先缴费。"},
}  # fmt: skip
DOCUMENT = """
kind: list
id: blocked
account: shop
name: x
reasons: {fraud: 您的号码已被限制呼入。}
entries:
  ENTRY
"""


def blocked(**more: Any) -> NumberList:
    return NumberList.model_validate(BLOCKED | more)


@pytest.mark.parametrize(
    ("entry", "spellings"),
    [
        ("13800138000", ["13800138000", "+86 138-0013-8000", "013800138000"]),
        ("02161234567", ["021-61234567", "(021) 6123 4567", "+862161234567", "2161234567"]),
        ("4008001234", ["400-800-1234"]),
        ("95588", ["95588"]),
        ("+442079460000", ["+442079460000", "0044 20 7946 0000"]),
        ("1701*", ["1701*", "+861701*", "0086 1701*", "01701*"]),
        ("0755*", ["0755", "0755*", "+86755*"]),
        ("010*", ["010", "+8610*"]),
        ("0755888*", ["0755-888*"]),
        ("+852*", ["+852*", "00852*"]),
        ("0*", ["0*"]),
        ("1*", ["1*"]),
        ("+*", ["+*", "00*"]),
        ("95013*", ["95013*"]),
    ],
)
def test_all_spellings_of_an_entry_are_one(entry: str, spellings: list[str]) -> None:
    assert {entry_of(spelling) for spelling in spellings} == {entry}
    assert entry_of(entry) == entry


@pytest.mark.parametrize(
    "text",
    ["", "*", "1701", "0", "00", "1380013800", "138001380001", "1.38E+10", "abc", "13800138000;fraud", "86*", "+86*",
     "+861*", "1*7", "５５", "+86", "61234567", "number", "13800138000\n", "755"],
)  # fmt: skip
def test_what_is_no_entry(text: str) -> None:
    assert entry_of(text) is None


SPELLED = st.tuples(
    st.sampled_from(["", "0", "86", "+86", "0086"]), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
).map("".join)
BEGINS = st.from_regex(r"(1[3-9][0-9]{0,6}|0755[0-9]{0,3}|010|\+852)", fullmatch=True)


@given(SPELLED, BEGINS)
def test_a_number_is_asked_for_by_the_entries_that_it_has(number: str, begin: str) -> None:
    asked = entries_for(as_dialled(number))
    assert (entry_of(number) in asked, entry_of(f"{begin}*") in asked) == (True, as_dialled(number).startswith(begin))


def test_the_longest_entry_counts_first() -> None:
    assert entries_for("95588") == ["95588", "95588*", "9558*", "955*", "95*", "9*"]


def test_entries_in_a_document_have_one_form() -> None:
    text = DOCUMENT.replace("ENTRY", '{"+8613800138000": fraud, 0755: , 13900139000: , "013800138000": fraud}')
    reading = read("x", text.replace("0755", '"0755"'))
    assert not reading.problems
    document = reading.located[0].document
    assert isinstance(document, NumberList)
    assert document.entries == {"13800138000": "fraud", "0755*": None, "13900139000": None}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('"1380013800": fraud', f"x:8: entries.1380013800: '1380013800': {AN_ENTRY}"),
        ('0755: ""', "entries.0755: "),
        ('{"1": , "13": }', f"x:8: entries.1: '1': {AN_ENTRY}"),
        ('"13800138000": spam', "there is no reason spam among 'reasons'"),
        (
            '{"13800138000": fraud, "8613800138000": }',
            "entries: '13800138000' and '8613800138000' are the same and have different reasons",
        ),
    ],
)
def test_what_is_wrong_in_a_document_is_said(entry: str, problem: str) -> None:
    problems = [str(one) for one in read("x", DOCUMENT.replace("ENTRY", entry)).problems]
    assert [one for one in problems if problem in one], problems


@pytest.mark.parametrize(
    "data",
    [
        "13800138000,fraud\n0755\n",
        "\ufeffnumber,reason\r\n+8613800138000,fraud\r\n\r\n0755-,\r\n",
        "号码,原因\n 138 0013 8000 , fraud \n0755*,\n",
        '"013800138000","fraud"\n"0755"\n8613800138000,fraud',
    ],
)
def test_a_file_is_read(data: str) -> None:
    listed = listfile.read(data.encode(), blocked())
    assert (listed.mistakes, listed.entries) == ([], {"13800138000": "fraud", "0755*": None})


@pytest.mark.parametrize(
    ("data", "line", "value", "expected"),
    [
        ("13800138000\n1380013800", 2, "'1380013800'", AN_ENTRY),
        ("13800138000\n\n13900139000,spam", 3, "'spam'", "there is no such reason; expected one of: fraud, debt"),
        ("13800138000;fraud", 1, "'13800138000;fraud'", AN_ENTRY),
        ("13800138000,fraud,1", 1, "'13800138000,fraud,1'", "expected an entry, or an entry, a comma and its reason"),
        (
            "13800138000,fraud\n013800138000,debt",
            2,
            "'013800138000'",
            "stands on line 1 already, with reason 'fraud', here with reason 'debt'",
        ),
        ("1701*,fraud", 1, "'1701*'", "stands in the document already, with no reason, here with reason 'fraud'"),
        ("13800138000\nx" + "1" * 100, 2, "'x" + "1" * 38 + "…", AN_ENTRY),
    ],
)
def test_a_line_that_is_wrong(data: str, line: int, value: str, expected: str) -> None:
    listed = listfile.read(data.encode(), blocked(entries={"1701*": None}))
    assert listed.mistakes == [listfile.Mistake(line, value, expected)]


def test_a_file_in_another_encoding_says_its_line() -> None:
    listed = listfile.read("13800138000\n13900139000,欺诈\n".encode("gbk"), blocked())
    assert [(one.line, one.expected) for one in listed.mistakes] == [
        (2, "is no UTF-8; in a spreadsheet, save as 'CSV UTF-8'"),
    ]  # fmt: skip


def test_a_file_that_is_no_csv_says_so() -> None:
    listed = listfile.read(b'13800138000\n"' + b"x" * 200_000, blocked())
    assert [one.expected for one in listed.mistakes] == ["is no CSV: field larger than field limit (131072)"]


def test_a_list_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listfile, "MOST_ENTRIES", 2)
    assert not listfile.read(b"13800138000\n", blocked(entries={"1701*": None})).mistakes
    [mistake] = listfile.read(b"13800138000\n13800138001\n", blocked(entries={"1701*": None})).mistakes
    assert mistake.expected == "expected at most 2 entries"


def test_of_many_mistakes_some_are_shown_and_the_others_counted() -> None:
    mistakes = listfile.read(b"x\n" * 60, blocked()).mistakes
    shown = list(listfile.first_of(mistakes))
    assert [one.line for one in shown[:-1]] == list(range(2, 52))  # the first may be a header
    assert shown[-1] == listfile.Mistake(52, "", "and 9 more lines are wrong")
    assert list(listfile.first_of(mistakes[:50])) == mistakes[:50]


ENTRIES = st.dictionaries(
    (SPELLED | BEGINS.map(lambda begin: f"{begin}*")).map(entry_of).filter(bool),
    st.sampled_from([None, "fraud", "debt"]),
)


@given(ENTRIES)
def test_what_is_written_is_read_as_it_was(entries: dict[str, str | None]) -> None:
    document = blocked(entries=entries)
    again = listfile.read(listfile.written(document).encode(), blocked())
    assert (again.mistakes, again.entries) == ([], document.entries)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_is_a_list_or_told_in_sentences(data: bytes) -> None:
    listed = listfile.read(data, blocked())
    for one in listed.mistakes:
        assert 1 <= one.line <= 201
        assert one.expected.isprintable()
        assert one.value.isprintable()
    assert all(entry_of(entry) == entry for entry in listed.entries)
