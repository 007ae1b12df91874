"""Documents that are to be put beside, or in place of, what stands already."""

from services.domain.check import Standing, check_change
from services.domain.documents import ref
from services.domain.reading import Reading, read
from tests.unit.domain.test_check import ACCOUNT, AGENT, GROUP, HOTLINE, SHOP, TARIFF


def standing(text: str) -> Standing:
    return Standing({ref(item.document): item.document for item in read("", text).located})


def problems(text: str, stands: Standing, *gone: tuple[str, str]) -> list[str]:
    return [str(problem) for problem in check_change(read("1.yaml", text), stands, gone)]


def test_what_is_named_may_stand_already() -> None:
    assert problems(HOTLINE, standing(ACCOUNT + TARIFF + AGENT + GROUP)) == []
    assert problems(HOTLINE.replace("group: sales,", "group: sale,"), standing(SHOP)) == [
        "1.yaml:9: flow.nodes.sales.group: 'sale': there is no group of this id; did you mean 'sales'?"
    ]


def test_what_others_name_is_not_taken_from_them() -> None:
    assert problems(GROUP.replace("strategy: sequence", "strategy: even"), standing(SHOP)) == [
        "hotline 4001234567 as stored: flow.nodes.sales.group: 'sales': "
        "this group's strategy is even, which needs a node of kind queue"
    ]
    assert problems(AGENT.replace("account: demo", "account: other"), standing(SHOP)) == [
        "1.yaml:3: account: 'other': there is no account of this id",
        "group sales as stored: members.0: '1001': this agent belongs to another account",
    ]
    assert problems("", standing(SHOP), ("group", "sales")) == [
        "hotline 4001234567 as stored: flow.nodes.sales.group: 'sales': there is no group of this id"
    ]
    assert problems("", standing(SHOP), ("hotline", "4001234567")) == []


def test_what_goes_may_go_together() -> None:
    without = HOTLINE.replace("kind: group, group: sales, otherwise: bye", "kind: say, prompt: x, next: bye")
    assert problems(without, standing(SHOP), ("group", "sales")) == []


def test_a_number_is_had_by_one_only_whoever_had_it_first() -> None:
    other = AGENT.replace("'1001'", "'1002'").replace("bound: '13900139000'", "bound: '13900139001'\nextension: '1001'")
    assert problems(other, standing(SHOP)) == [
        "1.yaml:6: extension: '1001': agent 1001 of this account has this number already, at agent 1001 as stored"
    ]


def test_what_was_wrong_before_holds_nobody_up() -> None:
    damaged = standing(SHOP.replace("members: ['1001']", "members: ['1001', 'gone']"))
    assert problems(ACCOUNT.replace("name: x", "name: y"), damaged) == []


def test_what_cannot_be_read_is_not_missed() -> None:
    stands = Standing(standing(SHOP.replace(GROUP, "")).documents, {}, {("group", "sales"): "of another release"})
    assert problems(HOTLINE, stands) == []


def test_a_document_that_is_broken_in_the_file_is_not_taken_as_it_stands() -> None:
    reading = read("1.yaml", GROUP.replace("strategy: sequence", "strategy: fair"))
    assert len(reading.problems) == 1
    assert check_change(Reading(broken=reading.broken), standing(SHOP)) == []
