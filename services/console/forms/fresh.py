"""What a new document or node begins as: complete, so that it can be looked at, tried and changed bit by bit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.domain.nodes import KINDS

Values = dict[str, Any]
Names = Callable[[str], Sequence[str]]
"""Ids of what may be named, by kind."""

_WEEK = {"days": ["working_day"], "hours": ["09:00-18:00"]}
_SOME = "some-{kind}"
"""Named where there is none yet: the check says so, and the form offers what there is then."""


def node(kind: str, to: str, names: Names, text: str) -> Values:
    """``to``: where its ways lead; ``text``: what is said until somebody writes better."""

    def one(of: str) -> str:
        return next(iter(names(of)), _SOME.format(kind=of))

    own: Mapping[str, Callable[[], Values]] = {
        "menu": lambda: {"prompt": text, "keys": {"1": to}, "otherwise": to},
        "say": lambda: {"prompt": text, "next": to},
        "hours": lambda: {"open": [_WEEK], "next": to, "closed": to},
        "region": lambda: {"branches": [{"region": ["北京"], "next": to}], "otherwise": to},
        "percent": lambda: {"branches": [{"percent": 50, "next": to}], "otherwise": to},
        "screen": lambda: {"lists": [one("list")], "listed": to, "otherwise": to},
        "caps": lambda: {"per_caller": {"calls": 10, "hours": 24}, "next": to, "otherwise": to},
        "collect": lambda: {"prompt": text, "into": "number", "next": to, "otherwise": to},
        "password": lambda: {"prompt": text, "codes": ["0000"], "next": to, "otherwise": to},
        "set": lambda: {"name": "value", "value": "1", "next": to},
        "switch": lambda: {"variable": "value", "cases": {"1": to}, "otherwise": to},
        "ask": lambda: {"url": "https://example.com/hotline", "secret": "x" * 16, "next": to, "failed": to},
        "language": lambda: {"language": "zh", "next": to},
        "group": lambda: {"group": one("group"), "otherwise": to},
        "queue": lambda: {"group": one("group"), "otherwise": to},
        "agent": lambda: {"agent": one("agent"), "otherwise": to},
        "transfer": lambda: {"number": "02100000000", "otherwise": to},
        "callback": lambda: {"group": one("group"), "next": to, "otherwise": to},
        "text_message": lambda: {"text": text, "next": to},
        "voicemail": lambda: {"prompt": text, "group": one("group"), "next": to},
        "survey": lambda: {"prompt": text, "next": to},
        "hangup": dict,
    }
    return {"kind": kind, **own[kind]()}


def document(kind: str, account: str, names: Names) -> Values:
    """For a form that is empty but for what there is one usual answer to."""
    own: Mapping[str, Values] = {
        "group": {"strategy": "sequence", "members": list(names("agent"))[:1]},
        "agent": {"bound": ""},
        "list": {},
        "calendar": {},
        "numbering": {},
    }
    return {"kind": kind, "id": f"{account}-", "account": account, **own[kind]}


NEW = ("group", "agent", "list", "calendar", "numbering")
NODE_KINDS = KINDS
