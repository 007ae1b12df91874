"""What stands at the side of every page: the areas that whoever looks may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.console.context import At
from services.domain.rights import Right


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    to: str
    here: bool


def _area(label: str, path: str, right: Right) -> tuple[str, str, Right]:
    return label, path, right


_AREAS: Sequence[tuple[str, str, Right]] = (
    _area("Live", "live", Right.SEE_LIVE),
    _area("Desk", "desk", Right.DESK),
    _area("Calls", "calls", Right.SEE_CALLS),
    _area("Analysis", "analysis", Right.SEE_ANALYSIS),
    _area("Set-up", "setup", Right.SEE_SETUP),
    _area("Money", "money", Right.SEE_MONEY),
    _area("People", "people", Right.SEE_PEOPLE),
    _area("Audit", "audit", Right.SEE_AUDIT),
)


_ABOVE: Sequence[tuple[str, str, Right]] = (
    _area("Accounts", "accounts", Right.OWN),
    _area("People", "people", Right.SEE_PEOPLE),
    _area("Audit", "audit", Right.SEE_AUDIT),
)
"""Of those who stand above the accounts."""


def entries(at: At) -> list[Entry]:
    account = at.request.match_info.get("account")
    if at.who is None:
        return []
    if account is None:
        account = at.who.account
    here, texts = at.request.path, at.texts.of("base")
    known = _ABOVE if account is None else _AREAS
    base = "" if account is None else f"/accounts/{account}"
    return [
        Entry(texts(label), f"{base}/{path}", here == f"{base}/{path}" or here.startswith(f"{base}/{path}/"))
        for label, path, right in known
        if at.who.may(right, account)
    ]
