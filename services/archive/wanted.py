"""Which calls are meant, as conditions of a query.

What users send reaches SQL as bound parameters only.
"""

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select

from services.archive.rows import TAIL
from services.archive.schema import CALLS, MET
from services.domain.numbers import as_dialled
from services.domain.record import EndState


class _All(enum.Enum):
    ACCOUNTS = enum.auto()


ALL: Final = _All.ACCOUNTS
Scope = str | Literal[_All.ACCOUNTS]
"""An account, or ``ALL``."""

Kind = Literal["inbound", "callback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls; what is None is not asked for."""

    account: Scope
    since: int | None = None
    until: int | None = None
    kind: Kind | None = None
    hotline: str | None = None
    number: str | None = None
    """The caller's, written in any way."""
    digits: str | None = None
    """The same, or the last of its digits, four or more."""
    agent: str | None = None
    """Who answered first."""
    rung: str | None = None
    """An agent whose phone was to be rung, whoever answered."""
    group: str | None = None
    """The first that the call came to."""
    came_to: str | None = None
    """A group that it came to, first or later."""
    end_states: Sequence[EndState] | None = None
    province: str | None = None
    region: str | None = None
    city: str | None = None
    """Of ``province``; also where several share an area code."""
    missed: bool | None = None
    """``services.domain.notices.is_missed``."""
    charge_from: int | None = None
    """Millionths, as after all corrections."""
    charge_to: int | None = None
    """That much is still in it."""


_MET = {kind: MET.alias(f"met_{kind}") for kind in ("agent", "group")}
_WRITTEN = re.compile(r"[\s().\-–—/]+")
"""What people write between the digits."""


def where(query: Select[Any], wanted: Wanted) -> Select[Any]:
    for kind in _met(wanted):
        query = query.join(_MET[kind], _MET[kind].c.call == CALLS.c.id)
    return query.where(*_same(wanted), *_between(wanted), *_place_and_number(wanted))


def order(wanted: Wanted) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Time and number of a call, of the table whose index is to be gone along."""
    met = next(iter(_met(wanted)), None)
    return (CALLS.c.started, CALLS.c.id) if met is None else (_MET[met].c.started, _MET[met].c.call)


def _met(wanted: Wanted) -> dict[str, str]:
    named = {"agent": wanted.rung, "group": wanted.came_to}
    return {kind: name for kind, name in named.items() if name is not None}


def _same(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    number = None if wanted.number is None else as_dialled(wanted.number)
    missed = None if wanted.missed is None else int(wanted.missed)
    same = {"kind": wanted.kind, "hotline": wanted.hotline, "number": number, "agent": wanted.agent}
    same |= {"first_group": wanted.group, "province": wanted.province, "region": wanted.region}
    for name, value in {**same, "missed": missed}.items():
        if value is not None:
            yield CALLS.c[name] == value
    for kind, name in _met(wanted).items():
        yield _MET[kind].c.kind == kind
        yield _MET[kind].c.name == name
    if wanted.account is not ALL:
        yield from (table.c.account == wanted.account for table in (CALLS, *(_MET[kind] for kind in _met(wanted))))
    if wanted.end_states is not None:
        yield CALLS.c.end_state.in_(wanted.end_states)


def _between(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    started, _ = order(wanted)
    if wanted.since is not None:
        yield started >= wanted.since
    if wanted.until is not None:
        yield started < wanted.until
    if wanted.charge_from is not None:
        yield CALLS.c.charge >= wanted.charge_from
    if wanted.charge_to is not None:
        yield CALLS.c.charge <= wanted.charge_to


def _place_and_number(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.city is not None:
        yield CALLS.c.region.contains(wanted.city, autoescape=True)
    if wanted.digits is not None:
        written = _WRITTEN.sub("", wanted.digits)
        yield CALLS.c.tail == written[-TAIL:]
        if len(written) > TAIL:
            yield (CALLS.c.number == as_dialled(written)) | CALLS.c.number.endswith(written, autoescape=True)
