"""What a browser may send to Asterisk through the console: SIP (RFC 3261), as far as it is looked at."""

import re
from collections.abc import Sequence

LONGEST = 16_384
"""Characters of a message; a browser's offer has about 3,000."""
METHODS = frozenset({"REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "REFER", "NOTIFY", "UPDATE"})
KEEP_ALIVE = "\r\n"
"""RFC 5626, twice in one message."""

_REQUEST = re.compile(r"([A-Z]+) \S+ SIP/2\.0")
_ANSWER = re.compile(r"SIP/2\.0 [1-6][0-9][0-9] .*")
_FROM = re.compile(r"(?:from|f)[ \t]*:(.*)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_USER = re.compile(r"\s*(?:[^<>\"]*<)?sips?:([^@:;<>]+)@.*", re.IGNORECASE)


def objection(message: str, agent: str) -> str | None:
    """Why this must not go on from the agent's browser; None: it may."""
    if len(message) > LONGEST:
        return f"a message of {len(message)} characters: expected at most {LONGEST}"
    head = message.split("\r\n\r\n", 1)[0].split("\r\n")
    if not message.strip(KEEP_ALIVE) or _ANSWER.fullmatch(head[0]):
        return None
    request = _REQUEST.fullmatch(head[0])
    if request is None or request[1] not in METHODS:
        return f"{head[0][:60]!r}: expected one of {', '.join(sorted(METHODS))}, or an answer"
    return _objection_to(head[1:], agent)


def _objection_to(headers: Sequence[str], agent: str) -> str | None:
    if any(line[:1] in {" ", "\t", ""} or "\n" in line or "\r" in line for line in headers):
        return "a header that is folded or empty: expected one line for each"
    senders = [found[1] for line in headers if (found := _FROM.fullmatch(line))]
    user = _USER.fullmatch(_QUOTED.sub("", senders[0])) if len(senders) == 1 else None
    return None if user is not None and user[1] == agent else f"from {senders!r:.80}: expected {agent} once"
