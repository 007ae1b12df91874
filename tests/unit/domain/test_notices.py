"""Which calls were missed, and what the company is told of them."""

from dataclasses import replace
from typing import Any

import pytest

from services.domain.documents import Hotline
from services.domain.messages import Message, from_json, to_json
from services.domain.notices import is_missed, missed_call, voicemail_left
from services.domain.record import EndState, Hop, Keys, LeftVoicemail, Record
from services.domain.voicemail import voicemails_of
from tests.unit.domain.test_rating import CALL

BEGAN = CALL.started
QUEUE = Hop(node="line", kind="queue", at=BEGAN + 5000, group=None, attempts=(), voicemail=None, text_message=None)
MENU = replace(QUEUE, node="welcome", kind="menu", at=BEGAN)
FILE = "voicemail/shop/sales/pbx1-1.0-2.wav"
LEFT = replace(
    QUEUE, node="leave", kind="voicemail", group="sales", voicemail=LeftVoicemail(file=FILE, ms=7600, at=BEGAN + 20_000)
)


def record(state: EndState, *hops: Hop, **more: Any) -> Record:
    known = {
        "caller": "13800138000",
        "agent": None,
        "agent_answered": None,
        "ended": BEGAN + 35_000,
        "hops": hops,
        "end_state": state,
    }
    return replace(CALL, **{**known, **more})


def hotline(**more: Any) -> Hotline:
    nodes = {
        "line": {"kind": "queue", "group": "sales", "otherwise": "leave"},
        "leave": {"kind": "voicemail", "prompt": "x", "group": "sales", "text_to": ["13900139000"]},
    }
    return Hotline.model_validate(
        {
            "kind": "hotline", "number": "4008001234", "account": "shop", "name": "商店",
            "flow": {"start": "line", "nodes": nodes}, **more,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "hops", "missed"),
    [
        ("unanswered", (QUEUE,), True),
        ("abandoned_ringing", (QUEUE,), True),
        ("abandoned_waiting", (MENU, QUEUE), True),
        ("unavailable", (), True),
        ("flow_ended", (QUEUE,), True),
        ("flow_ended", (MENU,), False),
        ("abandoned_in_menu", (MENU,), False),
        ("abandoned_in_menu", (QUEUE, MENU), True),
        ("cut_off", (QUEUE,), True),
        ("flow_loop", (MENU,), False),
        ("abandoned_early", (), False),
        ("unknown_hotline", (), False),
        ("voicemail", (QUEUE, LEFT), False),
    ],
)
def test_which_calls_were_missed(state: EndState, hops: tuple[Hop, ...], missed: bool) -> None:  # noqa: FBT001
    assert is_missed(record(state, *hops)) == missed


@pytest.mark.parametrize("state", ["answered", "cut_off"])
def test_who_talked_has_missed_nothing(state: EndState) -> None:
    assert not is_missed(record(state, QUEUE, agent_answered=BEGAN + 8000))


def test_each_place_gets_one_message() -> None:
    shop = hotline(missed_calls={"text_to": ["13900139000", "95588"], "webhook": True})
    pressed = (Keys(node="welcome", keys="1", outcome="match", at=BEGAN), replace_keys(""))
    messages = missed_call(record("abandoned_waiting", MENU, QUEUE, keys=pressed), shop)
    assert [message.to for message in messages] == ["+8613900139000", "95588", None]
    assert len({message.id for message in messages}) == 3
    assert messages[0].text == "【商店】漏接来电：13800138000 于 03-02 10:00 致电 4008001234，等待 30 秒，未接通。"
    values = messages[2].values
    assert (values["keys"], values["waited_ms"], values["group"]) == (["1"], 30_000, "sales")
    assert (values["end_state"], values["caller"]) == ("abandoned_waiting", "13800138000")


def replace_keys(keys: str) -> Keys:
    return Keys(node="welcome", keys=keys, outcome="timeout", at=BEGAN)


def test_a_withheld_number_and_an_english_hotline() -> None:
    shop = hotline(missed_calls={"text_to": ["13900139000"]}, voice="en-us")
    [message] = missed_call(record("unavailable", caller=None), shop)
    assert message.text == "商店: missed call from a withheld number to 4008001234 at 03-02 10:00, who waited 35 s."


def test_nobody_is_told_who_did_not_ask() -> None:
    assert missed_call(record("unanswered", QUEUE), hotline()) == []
    assert missed_call(record("answered", QUEUE), hotline(missed_calls={"webhook": True})) == []


def test_a_voicemail() -> None:
    call = record("voicemail", QUEUE, LEFT)
    [voicemail] = voicemails_of(call)
    assert (voicemail.id, voicemail.group, voicemail.ms, voicemail.at) == ("pbx1-1.0-2", "sales", 7600, BEGAN + 20_000)
    text, webhook = voicemail_left(voicemail, call, hotline(), webhook=True)
    assert (text.to, webhook.to) == ("+8613900139000", None)
    assert text.text == "【商店】新留言：13800138000 于 03-02 10:00 致电 4008001234，留言 7 秒。"
    assert webhook.values["file"] == FILE
    assert len(voicemail_left(voicemail, call, hotline(), webhook=False)) == 1


def test_a_message_comes_back_as_it_was() -> None:
    message = Message(
        id="x",
        kind="text_message",
        account="shop",
        at=BEGAN,
        to=None,
        text='"\\\n张',
        values={"keys": ["1"], "ms": 1, "n": None},
    )
    assert from_json(to_json(message)) == message
