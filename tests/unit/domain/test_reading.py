import pytest

from services.domain.nodes import KINDS
from services.domain.reading import read

TARIFF = """
kind: tariff
id: per-minute
name: 每分钟
bill_from: platform
prices: [{inbound: {rules: [{rule: all, steps: [{rate: "0.12"}]}]}}]
"""


def problems(text: str) -> list[str]:
    reading = read("shop.yaml", text)
    assert not reading.located
    return [str(problem) for problem in reading.problems]


def test_a_file_may_hold_several_documents() -> None:
    reading = read("shop.yaml", TARIFF + "---" + TARIFF.replace("per-minute", "cheap") + "---\n")
    assert [item.document.id for item in reading.located] == ["per-minute", "cheap"]
    assert reading.problems == []


def test_all_problems_of_all_documents_are_found_at_once() -> None:
    text = TARIFF.replace("0.12", "dear").replace("bill_from", "billfrom") + "---" + TARIFF.replace("tariff", "tarif")
    assert problems(text) == [
        "shop.yaml:2: bill_from: is missing",
        "shop.yaml:6: prices.0.inbound.rules.0.steps.0.rate: 'dear': Input should be a valid decimal",
        "shop.yaml:5: billfrom: 'platform': unknown key; did you mean 'bill_from'?",
        "shop.yaml:8: kind: 'tarif': unknown kind; expected one of "
        "'account', 'tariff', 'package', 'calendar', 'numbering', 'list', 'agent', 'group', 'hotline', 'pbx'",
    ]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("number: 4001234567", "shop.yaml:3: number: 4001234567: expected text; put numbers in quotes"),
        (
            'number: "4001234567890"',
            "shop.yaml:3: number: '4001234567890': String should match pattern '^400[0-9]{7}$'",
        ),
    ],
)
def test_a_number_without_quotes_would_lose_its_zeros(key: str, line: str) -> None:
    text = f"\nkind: hotline\n{key}\naccount: demo\nname: x\nflow: {{start: a, nodes: {{a: {{kind: hangup}}}}}}\n"
    assert problems(text) == [line]


def test_a_problem_deep_in_a_flow_names_its_place() -> None:
    text = """
kind: hotline
number: "4001234567"
account: demo
name: x
flow:
  start: welcome
  nodes:
    welcome:
      kind: menu
      prompt: {fiel: a.wav}
      keys:
        1: sales
        "1#": sales
      timeout: 0
      otherwise: sales
    sales:
      kind: grup
"""
    assert problems(text) == [
        "shop.yaml:11: flow.nodes.welcome.prompt.file: is missing",
        "shop.yaml:11: flow.nodes.welcome.prompt.fiel: 'a.wav': unknown key; did you mean 'file'?",
        "shop.yaml:15: flow.nodes.welcome.timeout: 0: Input should be greater than or equal to 1",
        "shop.yaml:14: flow.nodes.welcome.keys.1#: '1#': String should match pattern '^([0-9*#]|[0-9*]{2,6})$'",
        f"shop.yaml:18: flow.nodes.sales.kind: 'grup': unknown kind; expected one of {', '.join(map(repr, KINDS))}",
    ]


def test_a_password_is_never_shown() -> None:
    text = "kind: agent\nid: '1001'\naccount: demo\nname: x\nsip: {password: hunter2}\n"
    assert problems(text) == [
        "shop.yaml:5: sip.password: String should match pattern '^[A-Za-z0-9._~!@#%^*+=-]{12,64}$'"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: [", "shop.yaml:1: not valid YAML: "),
        ("kind: \x07", "shop.yaml:1: not valid YAML: "),
        ("- 1", "shop.yaml:1: "),
        ("just words", "shop.yaml:1: "),
    ],
)
def test_what_is_no_document_is_a_problem_not_a_crash(text: str, line: str) -> None:
    [found] = problems(text)
    assert found.startswith(line)


def test_a_secret_is_not_shown() -> None:
    [short] = problems(ACCOUNT.format(url="https://example.com/", secret="tooshort"))
    assert short == "shop.yaml:6: notify.secret: String should match pattern '^[!-~]{16,128}$'"


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "file:///etc/passwd", "https://", "https://me:word@example.com/", "http://[x", "//x/"]
)
def test_only_http_is_taken(url: str) -> None:
    [wrong] = problems(ACCOUNT.format(url=url, secret="abcdefghijklmnop"))
    assert wrong.endswith("expected an address such as https://example.com/hotline, without user and password")


def test_a_placeholder_that_there_is_not() -> None:
    [wrong] = problems(
        """
kind: hotline
number: "4001234567"
account: demo
name: x
flow:
  start: text
  nodes:
    text: {kind: text_message, text: "hello {calller}", next: text}
"""
    )
    assert wrong == (
        "shop.yaml:9: flow.nodes.text.text: 'hello {calller}': there is no placeholder {calller}; "
        "write one of {caller}, {hotline}, {name}, and {{ for a brace"
    )


ACCOUNT = """kind: account
id: shop
name: x
tariff: t
notify:
  secret: {secret}
  url: "{url}"
"""
