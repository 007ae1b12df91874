"""What ids of records, roles and rights are called by people. The English is the catalogues' key."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.console.texts import Texts
from services.domain.ladder import Of
from services.domain.rights import Right, Role


def label(text: str) -> str:
    """Marks a text that is translated where it is shown."""
    return text


END_STATES: Mapping[str, str] = {
    "answered": label("answered"),
    "abandoned_early": label("gave up at once"),
    "abandoned_in_menu": label("gave up in the menu"),
    "abandoned_waiting": label("gave up waiting"),
    "abandoned_ringing": label("gave up while it rang"),
    "voicemail": label("left a voicemail"),
    "unanswered": label("nobody answered"),
    "flow_ended": label("ended by the flow"),
    "flow_loop": label("the flow went in a circle"),
    "unknown_hotline": label("unknown hotline"),
    "suspended": label("account suspended"),
    "callback_failed": label("customer not reached"),
    "unavailable": label("service was away"),
    "cut_off": label("cut off"),
}
RESULTS: Mapping[str, str] = {
    "answered": label("answered"),
    "dropped": label("hung up at once"),
    "unconfirmed": label("did not press the key"),
    "busy": label("busy"),
    "no_answer": label("no answer"),
    "rejected": label("rejected"),
    "unreachable": label("not reachable"),
    "cancelled": label("the caller left"),
    "answered_elsewhere": label("answered elsewhere"),
}
PARTIES: Mapping[str, str] = {
    "caller": label("caller"),
    "agent": label("agent"),
    "platform": label("platform"),
}
KINDS: Mapping[str, str] = {
    "inbound": label("incoming"),
    "callback": label("callback"),
}
CALLER_TYPES: Mapping[str, str] = {
    "mobile": label("mobile"),
    "fixed": label("landline"),
    "international": label("abroad"),
    "withheld": label("withheld"),
    "unknown": label("unknown"),
}
NODES: Mapping[str, str] = {
    "agent": label("agent rung"),
    "ask": label("question"),
    "callback": label("callback"),
    "caps": label("limit"),
    "collect": label("digits asked for"),
    "group": label("group rung"),
    "hangup": label("hang up"),
    "hours": label("opening hours"),
    "language": label("language"),
    "menu": label("menu"),
    "password": label("password"),
    "percent": label("split by share"),
    "queue": label("queue"),
    "region": label("by region"),
    "say": label("announcement"),
    "screen": label("list check"),
    "set": label("value set"),
    "survey": label("survey"),
    "switch": label("branch"),
    "text_message": label("text message"),
    "transfer": label("transfer"),
    "voicemail": label("voicemail"),
}
LEGS: Mapping[str, str] = {
    "inbound": label("incoming leg"),
    "outbound": label("leg to a bound number"),
    "caller_share": label("caller's own share"),
    "call": label("whole call"),
}
ADJUSTMENTS: Mapping[str, str] = {
    "minimum": label("least charge"),
    "maximum": label("most charge"),
    "rounding": label("rounding"),
}
OUTCOMES: Mapping[str, str] = {
    "match": label("understood"),
    "invalid": label("no such choice"),
    "timeout": label("too late"),
}
TRANSFERS: Mapping[str, str] = {
    "blind": label("blind"),
    "attended": label("attended"),
}
CAPS: Mapping[str, str] = {
    "concurrent": label("calls at once"),
    "per_caller": label("calls of one caller"),
    "per_day": label("calls of a day"),
    "per_month": label("calls of a month"),
}
_SPOKEN: Mapping[Of, Mapping[str, str]] = {
    "node": NODES,
    "end_state": END_STATES,
    "party": PARTIES,
    "outcome": OUTCOMES,
    "transfer": TRANSFERS,
    "cap": CAPS,
}


def word(texts: Texts, words: Mapping[str, str], found: str | None) -> str:
    """What is none of them is shown as it is."""
    return "" if found is None else texts(words[found]) if found in words else found


@dataclass(frozen=True, slots=True)
class Spoken:
    """A ladder in somebody's language."""

    texts: Texts

    def __call__(self, text: str, /, **values: object) -> str:
        return self.texts(text, **values)

    def word(self, of: Of, found: str) -> str:
        return word(self.texts, _SPOKEN[of], found)


ROLES: Mapping[Role, str] = {
    Role.PLATFORM_ADMIN: label("Platform administrator"),
    Role.COMPANY_ADMIN: label("Company administrator"),
    Role.SUPERVISOR: label("Supervisor"),
    Role.AGENT: label("Agent"),
    Role.AUDITOR: label("Auditor"),
}

RIGHTS: Mapping[Right, str] = {
    Right.SEE_LIVE: label("see what goes on live"),
    Right.ACT_LIVE: label("act on agents and callers live"),
    Right.DESK: label("work at an agent's desk"),
    Right.SEE_CALLS: label("see calls"),
    Right.CHANGE_CALLS: label("write notes on calls"),
    Right.HEAR_RECORDINGS: label("hear recordings"),
    Right.SEE_ANALYSIS: label("see the analysis"),
    Right.SEE_SETUP: label("see the set-up"),
    Right.CHANGE_SETUP: label("change the set-up"),
    Right.SEE_MONEY: label("see money"),
    Right.CHANGE_MONEY: label("top up and renew"),
    Right.SEE_PEOPLE: label("see people and tokens"),
    Right.CHANGE_PEOPLE: label("change people and tokens"),
    Right.SEE_AUDIT: label("see the audit"),
    Right.SEE_METRICS: label("read metrics"),
    Right.OWN: label("change themselves"),
}

LINES: Mapping[str, str] = {
    "top_up": label("top-up"),
    "fee": label("package's fee"),
    "extra": label("extra service"),
    "minimum": label("missing to the monthly minimum"),
    "forfeit": label("forfeited"),
}
"""Of an account's ledger."""
DAY_KINDS: Mapping[str, str] = {
    "working_day": label("working days"),
    "weekend": label("weekends"),
    "holiday": label("holidays"),
}
ACTIONS: Mapping[str, str] = {
    "add_person": label("let a person in"),
    "add_token": label("let a program in"),
    "barge": label("barged into a talk"),
    "call_back": label("called a customer back"),
    "cancel_callback": label("cancelled a callback"),
    "change_password": label("changed the own password"),
    "change_person": label("changed a person"),
    "console_log_in": label("logged in to the console"),
    "deal_with_missed_caller": label("dealt with a missed caller"),
    "delete_voicemail": label("deleted a voicemail"),
    "document_delete": label("deleted a document"),
    "document_rollback": label("rolled a document back"),
    "documents_apply": label("put documents into effect"),
    "download_recording": label("downloaded a recording"),
    "forced_logout": label("logged an agent out"),
    "hang_up": label("hung a call up"),
    "hear_recording": label("heard a recording"),
    "hear_voicemail": label("heard a voicemail"),
    "listen": label("listened to a talk"),
    "log_in": label("logged in at the phone"),
    "log_out": label("logged out at the phone"),
    "note": label("wrote a note at the desk"),
    "open_missed_caller_again": label("took a missed caller up again"),
    "pause": label("paused an agent"),
    "pull": label("pulled a caller"),
    "recording_bring": label("uploaded a sound"),
    "remove_person": label("removed a person"),
    "remove_totp": label("removed a second factor"),
    "renew_package": label("renewed a package"),
    "reset_password": label("gave a new password"),
    "resume": label("had an agent go on"),
    "set_totp": label("switched the second factor on"),
    "take_back_token": label("took a token back"),
    "top_up": label("topped up"),
    "voicemail_heard": label("marked a voicemail as heard"),
    "whisper": label("whispered into a talk"),
    "wrapped": label("ended the wrap-up"),
    "write_note": label("wrote a note on a call"),
}
"""Of the audit (docs/audit.md)."""
