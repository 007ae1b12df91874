from dataclasses import replace
from typing import Any

import pytest

from services.domain.call_events import of_entry, of_record
from services.domain.documents import Account
from services.domain.messages import Message, from_json, to_json
from services.domain.record import Survey
from tests.unit.domain.test_notices import record

AT = 1_772_416_800_000
AGENT = {"of": "agent", "agent": "li", "state": "busy", "reason": "", "since": str(AT - 5), "call": "c1", "at": str(AT)}
CALLER = {
    "of": "caller",
    "call": "c1",
    "state": "waiting",
    "reason": "",
    "group": "sales",
    "agents": "",
    "at": str(AT),
    "number": "13800138000",
    "region": "北京",
    "hotline": "4008001234",
    "arrived": str(AT - 3000),
    "counted": "20514 10 arrived 0 1",
}


def owner(*events: str) -> Account:
    notify = {"url": "http://127.0.0.1:9/", "secret": "a-secret-for-tests-only", "events": events}
    return Account.model_validate({"kind": "account", "id": "shop", "name": "x", "tariff": "t", "notify": notify})


EVERYTHING = owner(
    *("call.started", "call.queued", "call.offered", "call.answered", "call.left", "call.ended"),
    *("survey.answered", "agent.state"),
)


def told(**fields: str) -> Message:
    message = of_entry("1-0", {**CALLER, **fields}, EVERYTHING)
    assert message is not None
    assert from_json(to_json(message)) == message
    return message


def test_a_caller_who_comes_into_a_queue() -> None:
    message = told()
    assert (message.id, message.kind, message.account, message.at, message.to, message.text) == (
        *("call.queued:1-0", "call.queued", "shop", AT),
        *(None, ""),
    )
    assert message.values == {
        "call_id": "c1",
        "hotline": "4008001234",
        "caller": "13800138000",
        "caller_e164": "+8613800138000",
        "region": "北京",
        "group": "sales",
        "waited_ms": 3000,
        "position": "1-0",
    }


def test_a_caller_who_is_on_the_line() -> None:
    started = {"of": "call", "state": "started", "call": "c1", "hotline": "4008001234", "at": str(AT)}
    message = of_entry("1-0", {**started, "number": "02161234567", "region": "上海"}, EVERYTHING)
    assert message is not None
    assert (message.id, message.kind, message.at) == ("call.started:1-0", "call.started", AT)
    assert message.values == {
        "call_id": "c1",
        "hotline": "4008001234",
        "caller": "02161234567",
        "caller_e164": "+862161234567",
        "region": "上海",
        "position": "1-0",
    }


def test_who_withholds_its_number_has_none() -> None:
    values = told(number="", region="").values
    assert (values["caller"], values["caller_e164"], values["region"]) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "kind", "values"),
    [
        ({"state": "waiting", "counted": "20514 10 came_over 9 1"}, "call.queued", {}),
        ({"state": "ringing", "counted": "", "agents": "li wang"}, "call.offered", {"agents": ["li", "wang"]}),
        ({"state": "talking", "counted": "20514 10 answered 3 1", "agents": "li"}, "call.answered", {"agents": ["li"]}),
        *(
            ({"state": "left", "counted": f"20514 10 {reason} 3 1", "reason": reason}, "call.left", {"reason": reason})
            for reason in ("abandoned", "overflow", "key", "closed", "full", "unanswered")
        ),
    ],
)
def test_what_becomes_of_it(fields: dict[str, str], kind: str, values: dict[str, Any]) -> None:
    message = told(**fields)
    assert message.kind == kind
    assert values.items() <= message.values.items()


@pytest.mark.parametrize(
    "fields",
    [
        {"counted": ""},
        {"counted": "20514 10 answered 3 -1", "reason": "missed"},
        {"state": "ringing", "counted": "", "reason": "missed"},
        {"state": "ringing", "counted": "", "arrived": ""},
        {"state": "left", "counted": "", "reason": "ended"},
        {"of": "group"},
        {"of": "callback"},
    ],
)
def test_all_else_is_told_to_nobody(fields: dict[str, str]) -> None:
    assert of_entry("1-0", {**CALLER, **fields}, EVERYTHING) is None


def test_an_agents_state() -> None:
    message = of_entry("1-0", AGENT, EVERYTHING)
    assert message is not None
    assert message.values == {
        "call_id": "c1",
        "hotline": None,
        "agent": "li",
        "state": "busy",
        "reason": None,
        "position": "1-0",
        "since": "2026-03-02T01:59:59.995Z",
    }
    assert of_entry("1-0", {**AGENT, "state": "gone"}, EVERYTHING) is None


def test_only_what_was_asked_for() -> None:
    assert of_entry("1-0", CALLER, owner("call.left", "agent.state")) is None
    assert of_record(record("answered"), owner("call.queued")) == []


def test_a_call_that_is_over() -> None:
    call = record("answered")
    [message] = of_record(call, EVERYTHING)
    assert (message.id, message.kind) == (f"call.ended:{call.call_id}", "call.ended")
    assert (message.values["end_state"], message.values["talk_ms"]) == ("answered", call.talk_ms)
    survey = Survey(node="ask", at=AT, score=4, agent="li", group="sales")
    ended, answered = of_record(replace(call, survey=survey), EVERYTHING)
    assert (ended.values["score"], answered.kind, answered.values["agent"]) == (4, "survey.answered", "li")
    assert len(of_record(replace(call, survey=replace(survey, score=None)), EVERYTHING)) == 1
