"""Who may do what in the console."""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """Also the scopes of API tokens."""

    SEE_LIVE = "see_live"
    ACT_LIVE = "act_live"
    """Listen, whisper, barge, pull, hang up, log an agent out."""
    DESK = "desk"
    """An agent's own place of work."""
    SEE_CALLS = "see_calls"
    CHANGE_CALLS = "change_calls"
    """Notes, and whether somebody was called back."""
    HEAR_RECORDINGS = "hear_recordings"
    SEE_ANALYSIS = "see_analysis"
    SEE_SETUP = "see_setup"
    CHANGE_SETUP = "change_setup"
    SEE_MONEY = "see_money"
    CHANGE_MONEY = "change_money"
    SEE_PEOPLE = "see_people"
    CHANGE_PEOPLE = "change_people"
    SEE_AUDIT = "see_audit"
    SEE_METRICS = "see_metrics"
    OWN = "own"
    """What everybody who is logged in may do to themselves."""


class Role(StrEnum):
    PLATFORM_ADMIN = "platform_admin"
    """The reseller: all accounts."""
    COMPANY_ADMIN = "company_admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    AUDITOR = "auditor"
    """Sees and hears, changes nothing: of one account, or of all."""


_SEES = {Right.OWN, Right.SEE_LIVE, Right.SEE_CALLS, Right.HEAR_RECORDINGS, Right.SEE_ANALYSIS, Right.SEE_SETUP}
_OFFICE = {Right.SEE_MONEY, Right.SEE_PEOPLE, Right.SEE_AUDIT}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.PLATFORM_ADMIN: frozenset(Right),
    Role.COMPANY_ADMIN: frozenset(Right) - {Right.CHANGE_MONEY, Right.SEE_METRICS},
    Role.SUPERVISOR: frozenset(_SEES | {Right.ACT_LIVE, Right.DESK, Right.CHANGE_CALLS}),
    Role.AGENT: frozenset({Right.OWN, Right.DESK}),
    Role.AUDITOR: frozenset(_SEES | _OFFICE),
}

OF_ALL_ACCOUNTS = frozenset({Role.PLATFORM_ADMIN, Role.AUDITOR})
"""May stand above the accounts."""
OF_ONE_ACCOUNT = frozenset(Role) - {Role.PLATFORM_ADMIN}
