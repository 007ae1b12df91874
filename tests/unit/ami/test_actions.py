"""What may be sent, and when an answer is whole; where panoramisk's own classes fail the same test, it is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panoramisk import actions
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message as TheirMessage

from services.ami import BadAnswerError, Field, RefusedError, UnsendableError
from services.ami import actions as ours
from services.ami.actions import Action, ListAction
from services.ami.messages import Message


class Transport:
    """Notes what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data


REFUSED: dict[str, tuple[str, dict[str, Field]]] = {
    "LF in a value": ("Ping", {"Foo": "a\nAction: Originate"}),
    "CR in a value": ("Ping", {"Foo": "a\rb"}),
    "NUL in a value": ("Ping", {"Foo": "a\0b"}),
    "CR LF in one of many values": ("Ping", {"Variable": ["a=1", "b=2\r\n\r\nAction: Originate"]}),
    "CR LF in a key": ("Ping", {"Foo: a\r\nAction": "Originate"}),
    "colon in a key": ("Ping", {"Foo: a": "b"}),
    "empty key": ("Ping", {"": "b"}),
    "CR LF in the action": ("Ping\r\nSecret: x", {}),
    "half a surrogate pair": ("Ping", {"Foo": "\udcff"}),
    "a line too long": ("Ping", {"Foo": "x" * 1018}),
    "a line too long in UTF-8": ("Ping", {"Foo": "张" * 340}),
    "too many lines": ("Ping", {"Variable": ["a=1"] * 127}),
    "an ActionID": ("Ping", {"ActionID": "mine"}),
    "another action": ("Ping", {"action": "Originate"}),
    "a key in two spellings": ("Ping", {"Foo": "a", "foo": "b"}),
    "a synchronous Originate": ("Originate", {"Channel": "PJSIP/1001"}),
    "an Originate that is said to be synchronous": ("originate", {"Async": "false"}),
}


@pytest.mark.parametrize(("name", "fields"), REFUSED.values(), ids=REFUSED)
async def test_what_must_not_be_sent_is_refused(name: str, fields: dict[str, Field]) -> None:
    with pytest.raises(UnsendableError) as refused:
        Action(name, fields)
    assert "x" * 10 not in str(refused.value)


async def test_panoramisk_sends_line_breaks_as_they_are() -> None:
    protocol, transport = AMIProtocol(), Transport()
    protocol.connection_made(transport)
    protocol.send({"Action": "Ping", "Foo": "a\r\n\r\nAction: Originate"})
    assert b"\r\n\r\nAction: Originate" in transport.written


async def test_no_value_is_quoted_in_the_complaint() -> None:
    with pytest.raises(UnsendableError, match="'Secret'") as refused:
        Action("Login", {"Secret": "hush\n"})
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("fields", [{"Foo": "x" * 1017}, {"Variable": ["a=1"] * 126}], ids=["line", "lines"])
async def test_the_longest_that_asterisk_reads_whole_is_sent(fields: dict[str, Field]) -> None:
    assert Action("Ping", fields).encoded.startswith(b"Action: Ping\r\n")


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=200))
async def test_whatever_the_value_it_stays_one_line(value: str) -> None:
    action = Action("Ping", {"Foo": value})
    lines = ["Action: Ping", f"ActionID: {action.id}", f"Foo: {value}", "", ""]
    assert action.encoded == "\r\n".join(lines).encode()


async def test_each_action_has_an_id_of_its_own() -> None:
    assert len({Action("Ping").id for _ in range(10)}) == 10


SUCCESS = ["Response: Success"]
ERROR = ["Response: Error", "Message: Permission denied"]
START = ["Response: Success", "EventList: start"]
ITEM = ["Event: Contact", "Response: Success"]
END = ["Event: ContactComplete", "EventList: Complete"]
CANCELLED = ["Event: ContactComplete", "EventList: cancelled"]
NOTHING = ["Response: Error", "Message: No Contacts found"]

ANSWERS: dict[str, tuple[type[Action], list[list[str]], object]] = {
    "a response": (Action, [SUCCESS], 1),
    "a refusal": (Action, [ERROR], RefusedError),
    "an empty list": (ListAction, [START, END], 0),
    "a list": (ListAction, [START, ITEM, ITEM, END], 2),
    "a list that is refused": (ListAction, [ERROR], RefusedError),
    "a list of nothing": (ListAction, [NOTHING], 0),
    "no list": (ListAction, [SUCCESS], BadAnswerError),
    "a list that is cancelled": (ListAction, [START, ITEM, CANCELLED], BadAnswerError),
}


@pytest.mark.parametrize(("kind", "answer", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_answers(kind: type[Action], answer: list[list[str]], expected: object) -> None:
    action = kind("Ask")
    wholes = [action.add_message(Message(lines)) for lines in answer]
    assert wholes == [False] * (len(answer) - 1) + [True]
    if isinstance(expected, int):
        assert len(action.verdict()) == expected
    else:
        assert isinstance(expected, type)
        with pytest.raises(expected):
            action.verdict()


def their_answer(answer: list[list[str]], *, as_list: bool | None) -> Any:
    """The action's future."""
    action = actions.Action({"Action": "Ask", "Async": "true"}, as_list=as_list)
    for lines in answer:
        action.add_message(TheirMessage.from_line("\r\n".join(lines)))
    return action.future


async def test_a_list_that_is_refused_or_empty_is_never_whole_for_panoramisk() -> None:
    assert not their_answer([ERROR], as_list=True).done()
    assert not their_answer([NOTHING], as_list=True).done()


async def test_for_panoramisk_a_list_is_whole_at_any_event_that_has_a_response() -> None:
    assert their_answer([START, ITEM], as_list=None).done()


async def test_for_panoramisk_an_originate_is_answered_only_when_the_call_is() -> None:
    queued = ["Response: Success", "Message: Originate successfully queued"]
    assert not their_answer([queued], as_list=None).done()
    assert Action("Originate", {"Async": "true"}).add_message(Message(queued))


async def test_a_list_without_end_is_given_up_but_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "LIST_EVENTS", 3)
    action = ListAction("Ask")
    for lines in [START, *[ITEM] * 10]:
        assert not action.add_message(Message(lines))
    assert len(action.responses) <= 4
    assert action.add_message(Message(END))
    with pytest.raises(BadAnswerError, match="more than 3"):
        action.verdict()


async def test_a_refusal_says_what_was_asked_and_why_not() -> None:
    action = Action("Originate", {"Async": "true"})
    action.add_message(Message(ERROR))
    with pytest.raises(RefusedError) as refused:
        action.verdict()
    assert (refused.value.action, refused.value.reason) == ("Originate", "Permission denied")
