"""YAML that is read by its plain meaning, and YAML that is refused: with its line, and quickly."""

import time
from math import isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.reading import read
from services.domain.source import parse, text_of


def value(text: str) -> Any:
    [found], problems = parse("x.yaml", text)
    assert problems == []
    return found


def problems(text: str) -> list[str]:
    return [str(problem).removeprefix("x.yaml:") for problem in parse("x.yaml", text)[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("true", True), ("False", False), ("null", None), ("~", None),
        ("12:30", "12:30"), ("12:30:00", "12:30:00"), ("09:00-18:00", "09:00-18:00"), ("2026-01-31", "2026-01-31"),
        ("7", 7), ("-7", -7), ("+7", 7), ("0", 0), ("0o17", 15), ("0x1F", 31), ("0b1", "0b1"), ("1_000", "1_000"),
        ("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), (".inf", float("inf")), ("'010'", "010"), ('"5"', "5"),
        ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, expected: object) -> None:
    [found] = value(f"[{text}]")
    assert (found, type(found)) == (expected, type(expected))


def test_no_number_is_none() -> None:
    assert isnan(value("[.nan]")[0])


def test_a_key_is_as_it_is_written() -> None:
    assert value("{1: a, '02': b, yes: c, 2026-01-31: d}") == {"1": "a", "02": "b", "yes": "c", "2026-01-31": "d"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: {c: 1}\na: 2", "3: a: is there twice, first on line 1"),
        ("keys: {1: a, '1': b}", "1: keys.1: is there twice, first on line 1"),
        ("a: &x [1]", "1: a: '&x': anchors are not read; put a & that is meant in quotes"),
        ("a:\n- *x", "2: a.0: '*x': aliases are not read: write it out; put a * that is meant in quotes"),
        ("a: !!python/object/apply:os.system [ls]", "1: a: 'tag:yaml.org,2002:python/object/apply:os.system': tags"),
        ("keys: {*: a}", "1: not valid YAML: a * that is meant wants quotes"),
        ("? [a]\n: b", "1: a key is a word or a number"),
        ("a: 010", "1: a: '010': no number begins with 0; put text, like that of a telephone, in quotes"),
        ("a:\n\tb: 1", "2: not valid YAML: a tab; indent with spaces"),
        ("a: @b", "1: not valid YAML: no text begins with @; put it in quotes"),
        ("a: 1\nb: \0", "2: not valid YAML: the sign 0x00 cannot stand in text"),
        ("a: [", "1: not valid YAML: did not find expected node content"),
        ("a: b: c", "1: not valid YAML: mapping values are not allowed in this context"),
        ("a: " + "[" * 100_000, "1: a.0.0: more than 30 lists and mappings in one another"),
        ("\n" + "- " * 100_000, "2: 0.0.0: more than 30 lists and mappings in one another"),
        ("a: " + "{a: " * 100_000, "1: a.a.a: more than 30 lists and mappings in one another"),
        ("sip: {password: 0123456789012}", "1: sip.password: no number begins with 0"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, sentence: str) -> None:
    [found] = problems(text)
    assert found.startswith(sentence)


def test_a_bomb_does_not_go_off() -> None:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    began = time.process_time()
    found = problems("\n".join(["a0: &a0 [ha]", *rows]))
    assert len(found) == 30 + 29 * 9
    assert found[:2] == [
        "1: a0: '&a0': anchors are not read; put a & that is meant in quotes",
        "2: a1: '&a1': anchors are not read; put a & that is meant in quotes",
    ]
    assert time.process_time() - began < 2


def test_too_much_is_not_read_to_its_end() -> None:
    began = time.process_time()
    [found] = problems("[" + "[]," * 5_000_000 + "]")
    assert found == "1: 499999: more than 500000 values in one file"
    assert time.process_time() - began < 10


def test_what_stands_before_an_error_is_read() -> None:
    values, found = parse("x.yaml", "a: 1\n---\nb: [\n---\nc: 1\n")
    assert (values, len(found)) == ([{"a": 1}], 1)


def test_other_encodings_are_told_by_their_line() -> None:
    assert text_of("x.yaml", b"\xef\xbb\xbfa: 1") == ("a: 1", [])
    text, [found] = text_of("x.yaml", "kind: hotline\nname: 中国".encode("gbk"))
    assert (text, str(found)) == ("", "x.yaml:2: byte 0xd6 is not UTF-8; save the file as UTF-8")


@given(st.text(alphabet="ab: \n-[]{}&*!|>'\"?,#%@`~0.1\t\r\x00\x85\ufeff\uffff中", max_size=60))
def test_any_text_is_values_or_sentences(text: str) -> None:
    for problem in [*parse("x.yaml", text)[1], *read("x.yaml", text).problems]:
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.expected


OTHER = "kind: account\nid: shop\nname: x\ntariff: std\nfuture: {more: 1}\n"


def test_a_document_of_another_schema_is_refused_for_that_alone() -> None:
    assert not read("x.yaml", "schema: 1\n" + OTHER.replace("future: {more: 1}\n", "")).problems
    [found] = read("x.yaml", "schema: 2\n" + OTHER).problems
    assert str(found) == "x.yaml:1: schema: 2: written in schema 2; this release reads schema 1"
    [found] = read("x.yaml", "schema: one\n" + OTHER).problems
    assert str(found) == "x.yaml:1: schema: 'one': Input should be a valid integer"
