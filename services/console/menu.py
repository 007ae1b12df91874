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


# label, path below the account, right
_AREAS: Sequence[tuple[str, str, Right]] = ()


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
