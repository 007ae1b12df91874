"""What `hotline check` says about tariffs, each mistake at its line."""

import pytest

from services.domain.check import check
from services.domain.reading import Reading, read
from tests.harness.state import ROOT

TARIFF = """kind: tariff
id: std
name: x
bill_from: agent
prices:
- inbound:
    rules:
    - rule: night
      when: {hours: ["22:00-06:00"]}
      steps: [{rate: "0.06"}]
    - rule: standard
      steps: [{rate: "0.12", per: 180, increment: 180}, {from: 180, rate: "0.11"}]
"""


def problems(text: str) -> list[str]:
    reading = Reading.of_all([read("t.yaml", text)])
    return [str(problem) for problem in [*reading.problems, *check(reading)]]


def test_a_tariff_that_is_right_comes_back_from_json_as_it_was() -> None:
    assert problems(TARIFF) == []
    [item] = read("t.yaml", TARIFF).located
    assert type(item.document).model_validate_json(item.document.model_dump_json(exclude_none=True)) == item.document


INBOUND = "t.yaml:6: prices.0.inbound: "
RULE = "t.yaml:{}: prices.0.inbound.rules.{}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "    - rule: standard\n",
            "    - rule: standard\n      when: {day: [weekend]}\n",
            f"{INBOUND}the last rule, 'standard', has conditions: calls that no rule takes have no price",
        ),
        ('rate: "0.06"', 'rate: "0.0600001"', f"{RULE.format(10, 0)}.steps.0.rate: '0.0600001': Decimal input should"),
        ('rate: "0.06"', 'rate: "-1"', f"{RULE.format(10, 0)}.steps.0.rate: '-1': Input should be greater"),
        ("22:00-06:00", "22-6", f"{RULE.format(9, 0)}.when.hours.0: '22-6': expected hours of a day"),
        (
            'hours: ["22:00-06:00"]',
            "region: [深圳]",
            f"{RULE.format(9, 0)}.when.region.0: '深圳': '深圳' begins with no",
        ),
        ('{hours: ["22:00-06:00"]}', "{}", f"{RULE.format(9, 0)}.when: names no condition; leave 'when' out"),
        ("from: 180", "from: 0", f"{RULE.format(11, 1)}: 'steps' begin from 0, and each later than the one before"),
        ("increment: 180", "increment: 0", f"{RULE.format(12, 1)}.steps.0.increment: 0: Input should be greater"),
        ("rule: night", "rule: standard", f"{RULE.format(11, 1)}.rule: 'standard': a rule before has this name"),
        (
            "    rules:",
            "    maximum: '1'\n    minimum: '2'\n    rules:",
            f"{INBOUND}'maximum' 1 is less than 'minimum' 2",
        ),
        (
            "prices:\n",
            "prices:\n- {inbound: {rules: [{rule: a, steps: [{rate: '1'}]}]}}\n",
            "t.yaml:1: 'prices' are valid one after the other",
        ),
    ],
)
def test_mistakes(old: str, new: str, expected: str) -> None:
    assert old in TARIFF
    [found] = problems(TARIFF.replace(old, new, 1))
    assert found.startswith(expected)


def rule(name: str, when: str) -> str:
    return f"    - {{rule: {name}, when: {when}, steps: [{{rate: '1'}}]}}\n"


@pytest.mark.parametrize(
    "rules",
    [
        rule("a", "{type: [mobile, fixed]}") + rule("b", "{type: [fixed], day: [weekend]}"),
        rule("a", "{region: [广东]}") + rule("b", "{region: [广东深圳]}"),
        rule("a", "{hours: ['00:00-12:00']}") + rule("c", "{hours: ['12:00-24:00']}") + rule("b", "{day: [holiday]}"),
        rule("a", "{day: [working_day]}") + rule("c", "{day: [weekend, holiday]}") + rule("b", "{type: [mobile]}"),
        rule("a", "{hours: ['22:00-06:00']}") + rule("b", "{hours: ['23:00-01:00'], type: [withheld]}"),
        rule("b", "{type: [international], region: [北京]}"),
        rule("b", "{type: [withheld], region: [home_city]}"),
    ],
)
def test_a_rule_that_no_call_comes_to_is_found(rules: str) -> None:
    found = problems(TARIFF.replace("    - rule: night\n", rules + "    - rule: night\n"))
    assert any("rule: 'b': no call comes to this rule" in problem for problem in found)


@pytest.mark.parametrize(
    "rules",
    [
        rule("a", "{region: [广东深圳]}") + rule("b", "{region: [广东]}"),
        rule("a", "{region: [广东]}") + rule("b", "{region: [home_city]}"),
        rule("a", "{region: [home_city]}") + rule("b", "{region: [北京]}"),
        rule("a", "{hours: ['22:00-06:00']}") + rule("b", "{hours: ['21:59-06:00']}"),
        rule("a", "{day: [working_day]}") + rule("b", "{day: [working_day, weekend]}"),
        rule("a", "{type: [mobile], region: [unknown]}") + rule("b", "{region: [unknown]}"),
    ],
)
def test_rules_that_some_calls_come_to_are_right(rules: str) -> None:
    found = problems(TARIFF.replace("    - rule: night\n", rules + "    - rule: night\n"))
    assert not any("rule: 'b'" in problem for problem in found)


def test_calendar_and_numbering_must_be_there() -> None:
    assert problems(TARIFF.replace("prices:", "calendar: own\nnumbering: plan\nprices:")) == [
        "t.yaml:5: calendar: 'own': there is no calendar of this id",
        "t.yaml:6: numbering: 'plan': there is no numbering of this id",
    ]


def test_the_pages_examples_are_right() -> None:
    for name in ("tariffs.md", "packages.md"):
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for example in page.split("```yaml\n")[1:]:
            assert [one for one in problems(example.split("```")[0]) if "there is no" not in one] == []


def test_an_accounts_packages_fit_it() -> None:
    account = (
        "kind: account\nid: a\nname: x\ntariff: std\npackages: [{package: p, since: 2026-03-02, extras: {sms: 1}}]\n"
    )
    package = "kind: package\nid: p\nname: x\ncurrency: USD\ncycle: {}\nfee: 1\nextras: {sms: {price: 1, per: use}}\n"
    assert problems(f"{account}---\n{package}---\n{TARIFF}") == [
        "t.yaml:5: packages.0.extras.sms: 'sms': the package has no extra service of this name that is paid per cycle",
        "t.yaml:5: packages.0.package: 'p': its currency is not the tariff's",
    ]
    [missing, _] = problems(f"{account}---\n{TARIFF}".replace("tariff: std", "tariff: other"))
    assert missing == "t.yaml:4: tariff: 'other': there is no tariff of this id"


MINIMUM = "---\nkind: package\nid: {id}\nname: x\ncycle: {{months: 12, renews: {renews}}}\nfee: 1\nminimum: 40\n"


@pytest.mark.parametrize(
    ("renews", "since", "wrong"), [("false", "2027-03-01", 0), ("false", "2027-02-28", 1), ("true", "2027-03-01", 1)]
)
def test_a_month_has_one_minimum(renews: str, since: str, wrong: int) -> None:
    account = f"kind: account\nid: a\nname: x\ntariff: std\npackages:\n- {{package: q, since: {since}}}\n"
    account += "- {package: p, since: 2026-03-02}\n"
    packages = MINIMUM.format(id="p", renews=renews) + MINIMUM.format(id="q", renews="true")
    expected = "it has a 'minimum' as packages.1 has at the same time: a month's calls count for one"
    assert problems(f"{account}{packages}---\n{TARIFF}") == [f"t.yaml:6: packages.0.package: 'q': {expected}"] * wrong


def test_only_what_is_counted_is_paid_per_use() -> None:
    package = "kind: package\nid: p\nname: x\ncycle: {}\nfee: 1\nextras: {%s: {price: 1, per: %s}}\n"
    for name, per in (("sms", "use"), ("recording", "use"), ("recording", "cycle"), ("fax", "cycle")):
        assert problems(package % (name, per)) == []
    assert problems(package % ("fax", "use")) == [
        "t.yaml:6: extras: nobody counts the uses of 'fax'; paid per use are sms and recording"
    ]
