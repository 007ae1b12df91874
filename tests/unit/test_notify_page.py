"""What docs/notify.md says is so."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from services.domain.instant import to_rfc3339
from services.domain.messages import to_json
from services.domain.notices import missed_call
from services.domain.record import Keys
from services.domain.retries import ATTEMPTS
from services.domain.webhook import Event, signature
from tests.unit.domain.test_notices import BEGAN, QUEUE, hotline, record

PAGE = (Path(__file__).parents[2] / "docs" / "notify.md").read_text(encoding="utf-8")
SECRET, BODY, SECONDS = "a-secret-for-tests-only", b'{"id":"x"}', 1772416835


@pytest.fixture
def receiver() -> Any:
    module = ModuleType("receiver")
    exec(compile(PAGE.split("```python\n")[1].split("```")[0], "notify.md", "exec"), module.__dict__)  # noqa: S102
    return module


def test_the_pages_receiver_knows_our_signature_and_no_other(receiver: Any) -> None:
    signed = signature(SECRET, SECONDS, BODY)
    assert receiver.is_ours(SECRET, signed, BODY, SECONDS + 10)
    assert not receiver.is_ours(SECRET, signed, BODY + b" ", SECONDS + 10)
    assert not receiver.is_ours("another-secret-for-tests", signed, BODY, SECONDS + 10)
    assert not receiver.is_ours(SECRET, signed, BODY, SECONDS + 1000)
    assert not receiver.is_ours(SECRET, signed.replace("t=1772416835", "t=1772417835"), BODY, SECONDS + 1000)


def test_the_pages_signature_is_ours() -> None:
    assert signature(SECRET, SECONDS, BODY).split(",")[1] in PAGE


def test_the_pages_example_is_ours() -> None:
    pressed = (Keys(node="welcome", keys="1", outcome="match", at=BEGAN),)
    known = {"caller_e164": "+8613800138000", "call_id": "pbx1-1772416800.100", "keys": pressed}
    call = replace(record("abandoned_waiting", QUEUE), **known)  # type: ignore[arg-type]
    [message] = missed_call(call, hotline(missed_calls={"webhook": True}))
    assert to_rfc3339(message.at) == "2026-03-02T02:00:35.000Z"
    assert json.loads(PAGE.split("```json\n")[1].split("```")[0]) == json.loads(to_json(message))


def test_the_page_has_every_event() -> None:
    assert set(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)) == set(get_args(Event))


def test_the_page_says_how_often_it_is_tried() -> None:
    assert f"It is tried up to {ATTEMPTS} times" in PAGE
