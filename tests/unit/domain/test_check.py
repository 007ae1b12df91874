from services.domain.check import check
from services.domain.reading import Reading, read
from tests.harness.state import ROOT

ACCOUNT = "kind: account\nid: demo\nname: x\ntariff: std\n---\n"
TARIFF = """kind: tariff
id: std
name: x
bill_from: agent
prices: [{inbound: {rules: [{rule: all, steps: [{rate: "0.1"}]}]}}]
---
"""
AGENT = "kind: agent\nid: '1001'\naccount: demo\nname: x\nbound: '13900139000'\n---\n"
GROUP = "kind: group\nid: sales\naccount: demo\nname: x\nstrategy: sequence\nmembers: ['1001']\n---\n"
HOTLINE = """kind: hotline
number: "4001234567"
account: demo
name: x
flow:
  start: welcome
  nodes:
    welcome: {kind: menu, prompt: hello, keys: {1: sales}, otherwise: bye}
    sales: {kind: group, group: sales, otherwise: bye}
    bye: {kind: hangup}
---
"""
SHOP = ACCOUNT + TARIFF + AGENT + GROUP + HOTLINE


def problems(*texts: str) -> list[str]:
    reading = Reading.of_all(read(f"{index}.yaml", text) for index, text in enumerate(texts, 1))
    return [str(problem) for problem in check(reading)]


def test_the_shop_of_the_demonstration_is_right() -> None:
    text = (ROOT / "examples" / "demo" / "shop.yaml").read_text()
    phones = "".join(
        f"---\nkind: agent\nid: '{n}'\naccount: demo\nname: x\nsip: {{password: abcdefghijkl}}\n" for n in (1001, 1002)
    )
    assert problems(text, phones) == []
    assert problems(SHOP) == []


def test_references_lead_somewhere_and_stay_in_the_account() -> None:
    text = SHOP.replace("tariff: std", "tariff: dear").replace("members: ['1001']", "members: ['1001', '1002']")
    text = text.replace("group: sales,", "group: service,")
    assert problems(text) == [
        "1.yaml:4: tariff: 'dear': there is no tariff of this id",
        "1.yaml:23: members.1: '1002': there is no agent of this id",
        "1.yaml:33: flow.nodes.sales.group: 'service': there is no group of this id",
    ]
    other = ACCOUNT.replace("demo", "other") + AGENT.replace("demo", "other")
    assert problems(SHOP.replace(AGENT, ""), other) == [
        "1.yaml:17: members.0: '1001': this agent belongs to another account"
    ]


def test_what_belongs_to_an_account_is_named_by_its_own_documents_only() -> None:
    calendar = "kind: calendar\nid: ours\naccount: {}\n---\n"
    asks = TARIFF.replace("prices:", "calendar: ours\nprices:")
    ours = SHOP.replace(TARIFF, asks)
    assert problems(ours, calendar.format("demo")) == [
        "1.yaml:10: calendar: 'ours': this calendar belongs to another account"
    ]
    hours = "{kind: hours, open: [{days: [mon], hours: ['09:00-18:00']}], calendar: ours, next: bye, closed: bye}"
    text = SHOP.replace("otherwise: bye}\n    sales", "otherwise: hours}\n    hours: " + hours + "\n    sales")
    assert problems(text, calendar.format("demo")) == []
    other = ACCOUNT.replace("demo", "other")
    assert problems(text, other, calendar.format("other")) == [
        "1.yaml:33: flow.nodes.hours.calendar: 'ours': this calendar belongs to another account"
    ]


def test_one_mistake_is_one_problem() -> None:
    broken = SHOP.replace("strategy: sequence", "strategy: fair")
    assert problems(broken) == []  # the group is known, and its own problem has been said


def test_doubles_name_both_places() -> None:
    assert problems(SHOP, AGENT, HOTLINE, GROUP + GROUP) == [
        "2.yaml:2: id: '1001': this agent stands already at 1.yaml:13",
        "3.yaml:2: number: '4001234567': this hotline stands already at 1.yaml:26",
        "4.yaml:2: id: 'sales': this group stands already at 1.yaml:19",
        "4.yaml:9: id: 'sales': this group stands already at 1.yaml:19",
    ]


def test_a_number_that_is_somebody_elses_names_both_places() -> None:
    other = AGENT.replace("'1001'", "'1002'").replace("bound: '13900139000'", "bound: '13900139001'\nextension: '1001'")
    assert problems(SHOP, other) == [
        "2.yaml:6: extension: '1001': agent 1001 of this account has this number already, at 1.yaml:13"
    ]


def test_every_node_is_reached_and_every_way_ends_at_a_node() -> None:
    text = SHOP.replace("keys: {1: sales}", "keys: {1: salse}").replace("start: welcome", "start: welcom")
    assert problems(text) == [
        "1.yaml:30: flow.start: 'welcom': there is no node of this name; did you mean 'welcome'?",
        "1.yaml:32: flow.nodes.welcome: 'welcome': no way leads to this node",
        "1.yaml:32: flow.nodes.welcome.keys.1: 'salse': there is no node of this name; did you mean 'sales'?",
        "1.yaml:33: flow.nodes.sales: 'sales': no way leads to this node",
        "1.yaml:34: flow.nodes.bye: 'bye': no way leads to this node",
    ]


def test_a_phone_cannot_have_the_name_of_a_trunk() -> None:
    pbx = """kind: pbx
id: pbx1
ami: {password: abcdefghijkl}
trunks: [{id: '1001', address: 127.0.0.2, hosts: [127.0.0.2]}]
folders: {state: /a, log: /a, cel: /a, sounds: /a, recordings: /a, modules: /a, data: /a}
"""
    [found] = problems(SHOP, pbx)
    assert found.startswith("2.yaml:4: trunks.0.id: '1001': the agent at 1.yaml:13 has this id already")


def test_a_webhook_needs_an_address() -> None:
    text = SHOP.replace("name: x\nflow:", "name: x\nmissed_calls: {webhook: true}\nflow:")
    assert problems(text) == ["1.yaml:29: missed_calls.webhook: True: account 'demo' has no 'notify' to send it to"]
    account = "tariff: std\nnotify: {url: 'https://example.com/hook', secret: abcdefghijklmnop}"
    assert problems(text.replace("tariff: std", account)) == []


def test_a_voicemail_is_for_a_group_that_exists() -> None:
    text = SHOP.replace("otherwise: bye}\n    sales", "otherwise: leave}\n    sales").replace(
        "    bye:", "    leave: {kind: voicemail, prompt: x, group: nobody}\n    bye:"
    )
    assert problems(text) == ["1.yaml:34: flow.nodes.leave.group: 'nobody': there is no group of this id"]


def test_only_a_queue_can_follow_strategies_that_know_the_agents() -> None:
    text = SHOP.replace("strategy: sequence", "strategy: longest_idle")
    [found] = problems(text)
    assert found.startswith("1.yaml:33: flow.nodes.sales.group: 'sales': this group's strategy is longest_idle, which")
    assert problems(text.replace("kind: group, group", "kind: queue, group")) == []


WAITING = SHOP.replace(
    "sales: {kind: group, group: sales, otherwise: bye}",
    "sales: {kind: queue, group: sales, announcements: {}, keys: {1: back}, predicted: bye, otherwise: bye}",
)


def test_keys_of_a_queue_lead_somewhere() -> None:
    text = WAITING.replace("predicted: bye", "predicted_wait_seconds: 60, predicted: gone")
    assert problems(text) == [
        "1.yaml:33: flow.nodes.sales.keys.1: 'back': there is no node of this name",
        "1.yaml:33: flow.nodes.sales.predicted: 'gone': there is no node of this name",
    ]


def test_a_prediction_needs_its_limit() -> None:
    text = WAITING.replace("back", "bye")
    [problem] = [str(problem) for problem in read("1.yaml", text).problems]
    assert problem.startswith("1.yaml:33: flow.nodes.sales")
    assert "'predicted' needs 'predicted_wait_seconds'" in problem


def test_only_some_voices_can_announce() -> None:
    text = WAITING.replace("keys: {1: back}, predicted: bye, ", "").replace("name: x\nflow", "name: x\nvoice: ja\nflow")
    [problem] = [str(problem) for problem in read("1.yaml", text).problems]
    assert "voice 'ja' speaks neither" in problem
    silent = text.replace("announcements: {}", "announcements: {position: false, wait: false, hint: abc}")
    assert not read("1.yaml", silent).problems


CALLBACK = "callback: {show: '02161234567', trunk: carrier}\n---\n"


def with_callback(group: str) -> str:
    node = "{kind: callback, group: sales, next: bye}"
    return SHOP.replace(GROUP, group).replace("{kind: group, group: sales, otherwise: bye}", node)


def test_a_group_that_calls_back_says_how() -> None:
    assert problems(with_callback(GROUP.replace("---\n", CALLBACK))) == []
    assert problems(with_callback(GROUP)) == [
        "1.yaml:33: flow.nodes.sales.group: 'sales': "
        "this group has no 'callback', which says what number is shown, and more"
    ]


def test_a_400_number_is_not_shown_to_who_is_called_back() -> None:
    [problem] = read("1.yaml", GROUP.replace("---\n", CALLBACK.replace("02161234567", "4001234567"))).problems
    assert str(problem).startswith(
        "1.yaml:7: callback.show: '4001234567': a 400 or 800 number is for incoming calls only"
    )


def test_callbacks_go_over_a_trunk_that_is_there() -> None:
    pbx = (
        "kind: pbx\nid: pbx1\nami: {password: abcdefghijkl}\ntrunks: [{id: other, address: 'h:1', hosts: [h]}]\n"
        "folders: {state: /a, log: /a, cel: /a, sounds: /a, recordings: /a, modules: /a, data: /a}\n"
    )
    assert problems(with_callback(GROUP.replace("---\n", CALLBACK)), pbx) == [
        "1.yaml:24: callback.trunk: 'carrier': no pbx has a trunk of this id"
    ]


def flow(**nodes: str) -> list[str]:
    """Problems of a flow that begins at ``a``, without their places."""
    rows = "".join(f"    {name}: {{{node}}}\n" for name, node in nodes.items())
    text = SHOP.replace(HOTLINE, HOTLINE.split("  start", maxsplit=1)[0] + f"  start: a\n  nodes:\n{rows}---\n")
    return [problem.split(": ", 1)[1] for problem in problems(text)]


SAY, BYE = "kind: say, prompt: x, next: {}", "kind: hangup"
MENU = "kind: menu, prompt: x, keys: {{1: {}}}, otherwise: {}"
HOURS = "kind: hours, open: [{{days: [mon], hours: ['09:00-12:00']}}], next: {}, closed: {}"


def test_no_call_turns_in_a_circle_for_ever() -> None:
    assert flow(a=MENU.format("b", "a"), b=SAY.format("c"), c=SAY.format("a")) == [
        "flow.nodes.a: 'a': no way leads out of a → b → c → a to where a call ends"
    ]
    assert flow(a=MENU.format("a", "bye"), bye=BYE) == []
    assert flow(a=MENU.format("b", "bye"), b=MENU.format("c", "b"), c=MENU.format("b", "c"), bye=BYE) == [
        "flow.nodes.b: 'b': no way leads out of b → c → b to where a call ends"
    ]
    far = [MENU.format(following, "a") for following in ("b", "c", "bye")]
    assert flow(a=far[0], b=far[1], c=far[2], bye=BYE) == [], "however far the end is"
    assert flow(a="kind: group, group: sales, otherwise: a") == [], "the talk ends the call"
    assert flow(a="kind: voicemail, prompt: x, group: sales, next: a") == [
        "flow.nodes.a: 'a': no way leads out of a → a to where a call ends"
    ]
    assert flow(a="kind: voicemail, prompt: x, group: sales") == []


def test_a_circle_waits_for_something() -> None:
    circle = "nothing is waited for in {}: a call would turn in this circle until it is cut off"
    assert flow(a=SAY.format("b"), b=HOURS.format("bye", "a"), bye=BYE) == [
        "flow.nodes.a: 'a': " + circle.format("a → b → a")
    ]
    assert flow(a=SAY.format("a")) == ["flow.nodes.a: 'a': " + circle.format("a → a")], "told once"
    assert flow(a=SAY.format("b"), b=HOURS.format("c", "a"), c=MENU.format("bye", "bye"), bye=BYE) == [
        "flow.nodes.a: 'a': " + circle.format("a → b → a")
    ]
    assert flow(a=SAY.format("b"), b=MENU.format("a", "bye"), bye=BYE) == []


def test_each_knot_of_circles_is_told_once() -> None:
    found = flow(
        a=MENU.format("b", "d"), b=SAY.format("c"), c=HOURS.format("b", "c"), d=HOURS.format("e", "f"),
        e=SAY.format("d"), f=SAY.format("bye"), bye=BYE,
    )  # fmt: skip
    assert [one.split(":")[0] for one in found] == ["flow.nodes.b", "flow.nodes.d"]


def test_a_way_that_leads_nowhere_is_told_for_that_alone() -> None:
    assert flow(a=MENU.format("gone", "a")) == ["flow.nodes.a.keys.1: 'gone': there is no node of this name"]


def test_hours_are_told_with_their_places() -> None:
    hours = "kind: hours, open: [{days: [mon], hours: ['09:00-12:00', '11:00-13:00']}], next: bye, closed: bye"
    assert flow(a=hours, bye=BYE) == ["flow.nodes.a.open.0.hours.1: '11:00-13:00': overlaps with 09:00-12:00 on mon"]
