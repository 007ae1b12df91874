"""What is wrong is told with its place, value and what was expected, or is why a call has no price; nothing is guessed.

What becomes of such calls in Redis is in tests/store/test_unrated.py.
"""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.domain import callfile
from services.domain.callfile import Line
from services.domain.documents import Account, Document, Hotline
from services.domain.numbers import to_e164
from services.domain.office import Office
from services.domain.reading import read
from services.domain.region import party
from services.domain.usage import UnratableError
from tests.harness.tariffs import per_increment
from tests.unit.domain.test_tariff import TARIFF, problems

CALL: dict[str, Any] = {
    "hotline": "4001234567",
    "caller": "13800138000",
    "started": "2026-03-02T10:00:00+08:00",
    "answered": "2026-03-02T10:00:05+08:00",
    "agent_answered": None,
    "ended": "2026-03-02T10:01:00+08:00",
}
LEG = {"agent": "wang", "number": "13900139000", "answered": CALL["started"], "ended": CALL["ended"]}
A_TIME = "expected a time with its zone, like '2026-03-02T10:00:00+08:00', from 1970 to 2099"


def sentences(line: bytes | str | dict[str, Any]) -> list[str]:
    """Of one line of a file of calls."""
    text = json.dumps(line) if isinstance(line, dict) else line
    found = list(callfile.read(iter([text.encode() if isinstance(text, str) else text])))
    return [item[1] for item in found if not isinstance(item, Line)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        # a clock that was set back, or a line that was cut
        (
            {"ended": "2026-03-02T10:00:04+08:00"},
            "'ended', 2026-03-02T02:00:04.000Z, is before 'answered', 2026-03-02T02:00:05.000Z",
        ),
        (
            {"agent_answered": "2026-03-02T09:00:00+08:00"},
            "'agent_answered', 2026-03-02T01:00:00.000Z, is before 'answered', 2026-03-02T02:00:05.000Z",
        ),
        (
            {"ended": "2026-04-11T10:00:05+08:00"},
            "ended: 2026-04-11T02:00:05.000Z: it ended 960 hours after the platform answered: "
            "more than a week is a mistake",
        ),
        # times that could mean this or that
        ({"started": "2026-03-02T10:00:00"}, f"started: '2026-03-02T10:00:00': {A_TIME}"),
        ({"started": 1772416800}, f"started: 1772416800: {A_TIME}"),
        ({"started": 1772416800000.5}, f"started: 1772416800000.5: {A_TIME}"),
        ({"started": True}, f"started: True: {A_TIME}"),
        ({"started": "yesterday"}, f"started: 'yesterday': {A_TIME}"),
        ({"started": "2026-02-30T10:00:00+08:00"}, f"started: '2026-02-30T10:00:00+08:00': {A_TIME}"),
        ({"started": "0001-01-01T00:00:00+14:00"}, f"started: '0001-01-01T00:00:00+14:00': {A_TIME}"),
        ({"started": "2026\n\x1b[31m"}, f"started: '2026\\n\\x1b[31m': {A_TIME}"),
        ({"ended": None}, f"ended: None: {A_TIME}"),
        # numbers that are none
        ({"caller": "ten"}, "caller: 'ten': String should match pattern '^\\+?[0-9]{2,20}$'"),
        (
            {"caller": "１３８００１３８０００"},
            "caller: '１３８００１３８０００': String should match pattern '^\\+?[0-9]{2,20}$'",
        ),
        ({"caller": 13800138000}, "caller: 13800138000: Input should be a valid string"),
        ({"hotline": "400123456７"}, "hotline: '400123456７': String should match pattern '^400[0-9]{7}$'"),
        # legs
        (
            {"outbound": [LEG | {"number": "*"}]},
            "outbound.0.number: '*': String should match pattern '^\\+?[0-9]{2,20}$'",
        ),
        (
            {"outbound": [LEG, LEG | {"answered": CALL["ended"], "ended": CALL["started"]}]},
            "outbound.1: 'ended', 2026-03-02T02:00:00.000Z, is before 'answered', 2026-03-02T02:01:00.000Z",
        ),
    ],
)
def test_a_line_that_is_wrong(change: dict[str, Any], sentence: str) -> None:
    assert sentences(CALL | change) == [sentence]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('{"hotline": ', "Invalid JSON: EOF while parsing a value at line 1 column 12"),
        ("[]", "Input should be an object"),
        (b'{"caller": "\xd6\xd0"}', "Invalid JSON: invalid unicode code point at line 1 column 13"),
        ("[" * 10_000, "Invalid JSON: recursion limit exceeded at line 1 column 202"),
        ('{"started": ' + "1" * 10_000 + "}", "Invalid JSON: number out of range at line 1 column 4314"),
    ],
)
def test_a_line_that_is_no_call(line: str | bytes, sentence: str) -> None:
    assert sentences(line) == [sentence]


def test_all_that_is_missing_is_told_at_once_and_more_is_passed_over() -> None:
    assert sentences("{}") == [f"{key}: Field required" for key in CALL]
    assert sentences(CALL | {"more": 1}) == []


def test_windows_marks_are_read() -> None:
    assert sentences(b"\xef\xbb\xbf" + json.dumps(CALL).encode() + b"\r\n") == []


def documents(hotline: str, account: str, tariff: str) -> list[Document]:
    flow = {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}
    of_hotline = {"kind": "hotline", "number": hotline, "account": "shop", "name": "x", "flow": flow}
    return [
        Hotline.model_validate(of_hotline),
        Account(kind="account", id=account, name="x", tariff=tariff),
        per_increment("0.12"),
    ]


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (
            documents("4007654321", "shop", "standard"),
            "hotline: '4001234567': no document of this hotline; add it, or say --tariff",
        ),
        (
            documents("4001234567", "other", "standard"),
            "account: 'shop': no document of this account, which hotline 4001234567 belongs to; "
            "add it, or say --tariff",
        ),
        (documents("4001234567", "shop", "gone"), "there is no tariff 'gone' among the documents"),
    ],
)
def test_a_call_without_its_documents(known: list[Document], reason: str) -> None:
    [line] = callfile.read(iter([json.dumps(CALL).encode()]))
    assert isinstance(line, Line)
    with pytest.raises(UnratableError) as refused:
        Office(known, None, []).rate(line.served)
    assert str(refused.value) == reason


HOURS = "prices.0.inbound.rules.0.when.hours.0"
NO_DAY = "t.yaml:6: prices.0.valid_from: '2026-02-30': there is no such day"
RATE = "t.yaml:10: prices.0.inbound.rules.0.steps.0.rate: "


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        # amounts
        ('"0.06"', '"0.0600001"', f"{RATE}'0.0600001': Decimal input should have no more than 6 decimal places"),
        ('"0.06"', '"1000001"', f"{RATE}'1000001': Decimal input should have no more than 6 digits"),
        ('"0.06"', '"-0.06"', f"{RATE}'-0.06': Input should be greater than or equal to 0"),
        ('"0.06"', ".nan", f"{RATE}nan: Input should be a finite number"),
        ('"0.06"', '"six"', f"{RATE}'six': Input should be a valid decimal"),
        ('"0.06"', "yes please", f"{RATE}'yes please': Input should be a valid decimal"),
        ('"0.06"', "0x" + "f" * 6000, f"{RATE}'0x{'f' * 54}…: too long for a number"),
        ('"0.06"', "1" * 6000, f"{RATE}'{'1' * 56}…: too long for a number"),
        # hours and days
        ("22:00-06:00", "22:00-22:00", f"t.yaml:9: {HOURS}: '22:00-22:00': begins and ends at"),
        ("22:00-06:00", "25:00-06:00", f"t.yaml:9: {HOURS}: '25:00-06:00': there is no 25:00 at"),
        ("- inbound", "- valid_from: 2026-02-30\n  inbound", NO_DAY),
        ("- inbound", "- valid_from: '2026-02-30'\n  inbound", NO_DAY),
        ("- inbound", "- valid_from: 20260101\n  inbound", "t.yaml:6: prices.0.valid_from: 20260101: expected"),
        ('"0.06"', "&a 0.06", f"{RATE}'&a': anchors are not read"),
    ],
)  # fmt: skip
def test_a_tariff_that_is_wrong(old: str, new: str, sentence: str) -> None:
    assert old in TARIFF
    [found] = problems(TARIFF.replace(old, new, 1))
    assert found.startswith(sentence)


def test_prices_that_overlap_and_tariffs_that_are_there_twice() -> None:
    first = 'prices:\n- {valid_from: 2026-04-01, inbound: {rules: [{rule: a, steps: [{rate: "1"}]}]}}\n'
    [found] = problems(TARIFF.replace("prices:\n- ", f"{first}- valid_from: 2026-04-01\n  "))
    assert (
        found == "t.yaml:1: 'prices' are valid one after the other; those from 2026-04-01 follow those from 2026-04-01"
    )
    assert problems(f"{TARIFF}---\n{TARIFF}") == ["t.yaml:15: id: 'std': this tariff stands already at t.yaml:2"]


def test_a_hotline_of_which_prices_ask_where_it_is_at_home() -> None:
    hotline = (
        'kind: hotline\nnumber: "4001234567"\naccount: shop\nname: x\n'
        "flow: {start: a, nodes: {a: {kind: hangup}}}\n---\n"
        "kind: account\nid: shop\nname: x\ntariff: std\n"
    )
    home = TARIFF.replace('{hours: ["22:00-06:00"]}', "{region: [home_city]}")
    [found] = problems(f"{hotline}---\n{home}")
    assert found == (
        "t.yaml:3: account: 'shop': tariff 'std' of this account asks for 'home_city', and the hotline has no 'city'"
    )
    of_shenzhen = hotline.replace("name: x", "name: x\ncity: 广东深圳", 1)
    assert problems(f"{of_shenzhen}---\n{home}") == []
    package = "kind: package\nid: p\nname: x\ncycle: {}\nfee: 1\nincluded: [{minutes: 1, region: [home_city]}]\n"
    with_package = f"{hotline}packages: [{{package: p, since: 2026-03-01}}]\n---\n{package}---\n{TARIFF}"
    assert [one for one in problems(with_package) if "package 'p' of this account asks" in one]


# Whatever a file holds, it is told in sentences.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
TIMES = st.datetimes().map(lambda at: f"{at.isoformat()}+08:00") | st.sampled_from([CALL["started"], CALL["ended"]])
JSON = st.recursive(SCALARS | TIMES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
LINES = st.dictionaries(st.sampled_from([*CALL, "outbound"]), JSON | TIMES).map(lambda change: CALL | change)
BYTES = (
    LINES.map(lambda line: json.dumps(line).encode()) | JSON.map(lambda any_: json.dumps(any_).encode()) | st.binary()
)
CUT = st.tuples(BYTES, st.integers(0, 200)).map(lambda both: both[0][: both[1]])


@settings(max_examples=300)
@given(BYTES | CUT)
@example(b'{"started": ' + b"9" * 5000 + b"}")
def test_any_line_is_a_call_or_sentences(line: bytes) -> None:
    lines = line.split(b"\n")
    for item in callfile.read(iter(lines)):
        number, said = (item.number, "") if isinstance(item, Line) else item
        assert 1 <= number <= len(lines)
        assert isinstance(item, Line) or (said and said.isprintable()), said


NUMBERS = st.text(max_size=25) | st.from_regex(r"[+0]{0,3}(86|1|852|400)?[0-9]{0,16}[*#;@a-z]{0,2}", fullmatch=True)


@given(NUMBERS)
def test_any_number_is_somebodys(number: str) -> None:
    """What a carrier sends is filtered before; whatever comes all the same has a type, and with it a price."""
    e164 = to_e164(number)
    found = party(number, e164, None, places=True)
    assert (found.type == "unknown") == (e164 is None)
    assert found.region is None or found.type in {"mobile", "fixed"}


YAML_VALUES = st.one_of(
    st.text(alphabet="0123456789-:.eExa+_'\"[]{}&*!?|>%@#~ ", max_size=30),
    st.sampled_from(
        ["2026-02-30", "2026-13-01", "24:61", "0b2", "0o9", "!!int x", "!!float x", "!!timestamp x", "1e999"]
    ),
)


@settings(max_examples=300)
@given(YAML_VALUES, st.sampled_from(['"0.06"', "180", "22:00-06:00", "agent", "std", "inbound"]))
def test_any_value_of_a_tariff_is_right_or_told_in_sentences(value: str, place: str) -> None:
    for problem in read("t.yaml", TARIFF.replace(place, value, 1)).problems:
        assert problem.file == "t.yaml"
        assert 1 <= problem.line <= len(TARIFF.splitlines()) + 1
        assert problem.expected
