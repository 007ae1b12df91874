"""Simulated calls to one hotline, by what the caller and the agents do."""

from pathlib import Path
from typing import Any

import pytest

from services.domain.documents import Document
from services.domain.reading import read
from services.simulation.call import Outcome, UnknownHotlineError, simulate
from services.simulation.scene import Scene, agents_of

NOBODY_PREPARED = Path("/nowhere")
MONDAY = 1_772_416_800_000
"""2026-03-02, 10:00 in China."""
HOUR = 3_600_000
SHOP = """
kind: account
id: shop
name: 店
tariff: plain
---
kind: tariff
id: plain
name: 每分钟一角
bill_from: platform
prices: [{inbound: {rules: [{rule: standard, steps: [{rate: "0.10", per: 60, increment: 60}]}]}}]
---
{kind: agent, id: li, account: shop, name: 李, sip: {password: abcdefghijkl}}
---
{kind: agent, id: wang, account: shop, name: 王, sip: {password: abcdefghijkl}}
---
{kind: agent, id: boss, account: shop, name: 老板, bound: "13900139000", confirm: true}
---
{kind: group, id: sales, account: shop, name: 销售, strategy: sequence, ring_seconds: 10, members: [li, wang]}
---
{kind: group, id: all, account: shop, name: 全部, strategy: ringall, ring_seconds: 10, members: [li, boss]}
---
{kind: group, id: service, account: shop, name: 售后, strategy: longest_idle, ring_seconds: 10, members: [li, wang],
 capacity: 1}
---
kind: hotline
number: "4001234567"
account: shop
name: 店
flow:
  start: hours
  nodes:
    hours:
      kind: hours
      open: [{days: [working_day], hours: ["09:00-18:00"]}]
      next: welcome
      closed: night
    night: {kind: voicemail, prompt: 请留言, group: sales}
    welcome:
      kind: menu
      prompt: 销售请按一
      keys: {"1": sales, "2": service, "3": all, "4": member, "5": where, "6": half, "0": bye}
      invalid: 按错了
      timeout: 3
      tries: 2
      otherwise: bye
    sales: {kind: group, group: sales, otherwise: sorry}
    all: {kind: group, group: all, otherwise: sorry}
    service:
      kind: queue
      group: service
      max_wait_seconds: 60
      announcements: {first_seconds: 5, every_seconds: 20}
      keys: {"9": night}
      waited: sorry
      nobody_on_duty: night
      otherwise: bye
    member: {kind: password, prompt: 请输入密码, codes: ["1234"], next: sales, otherwise: bye}
    where:
      kind: region
      branches: [{region: [广东深圳], next: sales}]
      otherwise: bye
    half: {kind: percent, branches: [{percent: 50, next: sorry}], otherwise: bye}
    sorry: {kind: say, prompt: 对不起, next: bye}
    bye: {kind: hangup}
"""


def documents() -> list[Document]:
    reading = read("shop.yaml", SHOP)
    assert not reading.problems
    return [item.document for item in reading.located]


def call(keys: str = "", agents: str = "", **more: Any) -> Outcome:
    scene = {"documents": documents(), "number": "4001234567", "caller": "13800138000", "at": MONDAY, **more}
    return simulate(Scene(keys=keys, agents=agents_of(agents), **scene), NOBODY_PREPARED)


def path(outcome: Outcome) -> str:
    return " ".join(hop.node for hop in outcome.record.hops)


def rang(outcome: Outcome) -> str:
    return " ".join(f"{attempt.agent}:{attempt.result}" for hop in outcome.record.hops for attempt in hop.attempts)


def test_a_call_that_is_answered() -> None:
    outcome = call("1")
    record = outcome.record
    assert path(outcome) == "hours welcome sales"
    assert rang(outcome) == "li:answered"
    assert (record.end_state, record.hung_up_by, record.agent) == ("answered", "agent", "li")
    assert (record.ring_ms, record.talk_ms, record.total_ms) == (5000, 60_000, 66_000)
    assert record.charge is not None
    assert record.charge.total == "0.20"  # 66 s: two minutes begun
    assert [said.text for said in outcome.heard] == ["销售请按一"]
    assert outcome.presses == ((1.0, "1"),)


@pytest.mark.parametrize(
    ("keys", "agents", "goes", "rings", "end"),
    [
        ("1", "li=busy", "sales", "li:busy wang:answered", "answered"),
        ("1", "li=talking wang=ignores", "sales sorry bye", "li:busy wang:no_answer", "unanswered"),
        ("1", "li=away wang=paused", "sales sorry bye", "li:unreachable wang:no_answer", "unanswered"),
        ("1", "li=ready:10", "sales", "li:no_answer wang:answered", "answered"),
        ("3", "", "all", "li:answered boss:answered_elsewhere", "answered"),
        ("3", "li=ready:9 boss=ready:2", "all", "li:answered_elsewhere boss:answered", "answered"),
        ("2", "", "service", "li:answered", "answered"),
        ("2", "li=talking", "service", "wang:answered", "answered"),
        ("2", "li=paused wang=talking", "service sorry bye", "", "flow_ended"),
        ("2", "li=away wang=away", "service night", "", "voicemail"),
        ("29", "li=paused wang=talking", "service night", "", "voicemail"),
        ("41234#", "", "member sales", "li:answered", "answered"),
        ("4123#,,", "", "member bye", "", "flow_ended"),
        ("71", "", "sales", "li:answered", "answered"),
        (",1", "", "sales", "li:answered", "answered"),
        ("", "", "bye", "", "flow_ended"),
        ("5", "", "where bye", "", "flow_ended"),
    ],
)
def test_where_it_goes(keys: str, agents: str, goes: str, rings: str, end: str) -> None:
    outcome = call(keys, agents)
    assert path(outcome) == f"hours welcome {goes}"
    assert rang(outcome) == rings
    assert outcome.record.end_state == end


ASKS = """
kind: hotline
number: "4001234567"
account: shop
name: 店
flow:
  start: level
  nodes:
    level:
      kind: ask
      url: https://example.com/level
      secret: 0123456789abcdef
      keep: {level: vip}
      tries: 1
      next: which
      failed: bye
    which: {kind: switch, variable: level, cases: {gold: sales}, otherwise: bye}
    sales: {kind: group, group: sales, otherwise: bye}
    bye: {kind: hangup}
"""


@pytest.mark.parametrize(
    ("answers", "goes"),
    [
        ({}, "level bye"),
        ({"level": '{"vip": "gold"}'}, "level which sales"),
        ({"level": '{"vip": "tin"}'}, "level which bye"),
        ({"level": "<html>"}, "level bye"),
    ],
)
def test_the_company_s_own_system_says_what_it_is_told_to(answers: dict[str, str], goes: str) -> None:
    [asking] = [item.document for item in read("x", ASKS).located]
    others = [document for document in documents() if document.kind != "hotline"]
    assert path(call(documents=[asking, *others], answers=answers)) == goes


def test_who_lost_the_race_is_told() -> None:
    [_, boss] = call("3").record.hops[2].attempts
    assert boss.cause == 26  # answered elsewhere
    assert boss.ended


def test_the_caller_s_place_is_that_of_its_number() -> None:
    assert path(call("5", caller="075512345678")) == "hours welcome where sales"


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        (MONDAY - HOUR - 1, "hours night"),
        (MONDAY - HOUR, "hours welcome bye"),
        (MONDAY + 8 * HOUR, "hours night"),
        (MONDAY - 24 * HOUR, "hours night"),  # a Sunday
        (MONDAY - 48 * HOUR, "hours welcome bye"),  # a Saturday that was worked, for the Spring Festival
    ],
)
def test_the_time_is_the_one_that_is_asked_for(at: int, goes: str) -> None:
    outcome = call(at=at)
    assert path(outcome) == goes
    assert outcome.record.started == at


@pytest.mark.parametrize(
    ("seconds", "keys", "agents", "end"),
    [
        (0.5, "", "", "abandoned_in_menu"),
        (3, "1", "", "abandoned_ringing"),
        (30, "2", "li=paused wang=talking", "abandoned_waiting"),
        (3, "2", "", "abandoned_ringing"),
        (20, "1", "", "answered"),
    ],
)
def test_callers_hang_up(seconds: float, keys: str, agents: str, end: str) -> None:
    record = call(keys, agents, hangs_up_after=seconds).record
    assert (record.end_state, record.hung_up_by, record.total_ms) == (end, "caller", seconds * 1000)


def test_what_a_caller_said_until_it_hung_up_is_kept() -> None:
    record = call("2", "li=away wang=away", hangs_up_after=8).record
    assert (record.end_state, record.hung_up_by, record.total_ms) == ("voicemail", "caller", 8000)
    left = record.hops[-1].voicemail
    assert left is not None
    assert 1000 < left.ms < 8000


def test_a_queue_s_caller_is_told_its_place_and_waits_as_long_as_it_is_let() -> None:
    outcome = call("2", "li=paused wang=talking")
    service = outcome.record.hops[2]
    assert service.wait is not None
    assert service.wait.overflow == "waited"
    assert outcome.record.wait_ms == 60_000
    assert [one.at - service.at for one in service.wait.announcements] == [5000, 25_000, 45_000]


def test_who_confirms_is_connected_after_the_key() -> None:
    outcome = call("3", "li=away")
    [li, boss] = outcome.record.hops[2].attempts
    assert li.result == "unreachable"
    assert boss.answered is not None
    assert boss.answered - boss.started == 7000  # rings for 5 s, asked for 2 s


def test_who_leaves_while_an_agent_is_asked_for_the_key_has_not_talked() -> None:
    record = call("3", "li=away", hangs_up_after=7).record  # rings from 1 to 6, asked until 8
    assert (record.end_state, record.agent) == ("abandoned_ringing", None)
    assert rang(call("3", "li=away", hangs_up_after=7)) == "li:unreachable boss:cancelled"


def test_shares_are_those_of_the_call() -> None:
    first = {path(call("6", call=f"pbx1-1772416800.{number}")) for number in range(12)}
    assert first == {"hours welcome half sorry bye", "hours welcome half bye"}
    again = {path(call("6", call="pbx1-1772416800.7")) for _ in range(5)}
    assert len(again) == 1


def test_who_calls_without_a_number() -> None:
    assert call("1", caller="").record.caller is None


def test_what_cannot_be_priced_is_said() -> None:
    without = [document for document in documents() if document.kind != "tariff"]
    outcome = simulate(Scene(documents=without, number="4001234567", at=MONDAY), NOBODY_PREPARED)
    assert outcome.record.charge is None
    assert outcome.unrated == "there is no tariff 'plain' among the documents"


def test_a_hotline_that_is_not_there() -> None:
    with pytest.raises(UnknownHotlineError, match="4009999999"):
        call(number="4009999999")


def test_a_suspended_account_s_callers_are_refused() -> None:
    suspended = [
        document.model_copy(update={"suspended": True}) if document.kind == "account" else document
        for document in documents()
    ]
    record = call(documents=suspended).record
    assert (record.end_state, record.answered) == ("suspended", None)


def test_a_prepaid_account_is_taken_to_have_money() -> None:
    prepaid = [
        document.model_copy(update={"prepaid": True}) if document.kind == "account" else document
        for document in documents()
    ]
    assert call("1", documents=prepaid).record.end_state == "answered"
