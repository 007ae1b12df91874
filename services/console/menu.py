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


def entries(at: At) -> list[Entry]:
    """Empty above the accounts."""
    account = at.request.match_info.get("account")
    if account is None and at.who is not None:
        account = at.who.account
    if account is None or at.who is None:
        return []
    here = at.request.path
    return [
        Entry(at.texts(label), path, here == path or here.startswith(f"{path}/"))
        for label, path, right in ((label, f"/accounts/{account}/{path}", right) for label, path, right in _AREAS)
        if at.who.may(right, account)
    ]
