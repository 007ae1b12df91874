"""What is asked of Asterisk, and when its answer is whole."""

import re
from collections.abc import Iterable, Mapping

from panoramisk import actions

from services.ami.errors import BadAnswerError, RefusedError, UnsendableError
from services.ami.messages import Message

LINE_BYTES = 1022
"""Without its line break. Of a longer one Asterisk reads no further, logs it, and answers twice (measured, 22.10)."""
LINES = 128
LIST_EVENTS = 100_000

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BREAKS = re.compile(r"[\r\n\0]")
_NOTHING = re.compile(r"No .* found\.?")

Field = str | Iterable[str]
"""A key's value, or the values of a key that is repeated, such as ``Variable``."""


class Action(actions.Action):  # type: ignore[misc]  # panoramisk has no types
    """One action, which Asterisk answers with one response. Made where a loop is running.

    Raises UnsendableError.
    """

    in_slot = False
    """Whether it counts for the session's limit; the session's own actions do not."""

    def __init__(self, name: str, fields: Mapping[str, Field] | None = None) -> None:
        super().__init__({"Action": name})
        for key, value in (fields or {}).items():
            if key in self:
                raise UnsendableError(f"{key} is given twice, or is not the caller's to give")
            self[key] = value if isinstance(value, str) else list(value)
        if name.lower() == "originate" and self.get("Async", "").lower() != "true":
            # Asterisk reads no further action of a session before it has answered this one: pings would stay
            # unanswered for as long as the phone rings (measured, 22.10).
            raise UnsendableError("an Originate must have Async: true")
        self.encoded = _encode(self)

    @property
    def completed(self) -> bool:
        """Of the answer, as far as it has come."""
        return True

    def add_message(self, answered: Message) -> bool:
        """Whether the answer is whole. One that nobody waits for any more is read to its end, but not kept."""
        if self.future.done():
            self.responses.clear()
        self.responses.append(answered)
        if self.completed and not self.future.done():
            self.future.set_result(self.responses)
        return self.completed

    def leave(self) -> None:
        """Nobody waits for the answer any more."""
        self.future.cancel()

    def verdict(self) -> list[Message]:
        """The response, and the events that followed it. Raises RefusedError, BadAnswerError, LinkLostError."""
        response, *events = self.future.result()
        if not response.success:
            raise RefusedError(self["Action"], response.get("Message", ""))
        return [response, *events]


class ListAction(Action):
    """One action, which Asterisk answers with a response, an event for each thing, and an event that says it was all.

    Where there is nothing to list, some of Asterisk's lists are refused: "No Contacts found" (measured, 22.10).
    """

    @property
    def completed(self) -> bool:
        newest = self.responses[-1]
        return "EventList" in newest if "Event" in newest else newest.get("EventList", "").lower() != "start"

    def add_message(self, answered: Message) -> bool:
        if len(self.responses) > LIST_EVENTS and not self.future.done():
            self.future.set_exception(BadAnswerError(f"{self['Action']}: more than {LIST_EVENTS} events"))
        return super().add_message(answered)

    def verdict(self) -> list[Message]:
        """The events that stand for a thing each."""
        try:
            response, *events = super().verdict()
        except RefusedError as refused:
            if _NOTHING.fullmatch(refused.reason):
                return []
            raise
        if not events:
            raise BadAnswerError(f"{self['Action']} is no list: {response!r}")
        if (end := events.pop()["EventList"]).lower() != "complete":
            raise BadAnswerError(f"{self['Action']}: the list ended as {end!r}")
        return events


def _encode(action: Action) -> bytes:
    """The one way to Asterisk. Its complaints quote no value: one may be a password."""
    for key, value in action.items():
        for text in [value] if isinstance(value, str) else value:
            if not _KEY.fullmatch(key) or _BREAKS.search(text):
                raise UnsendableError(f"a line break or NUL, or what no key may hold, in {key!r}")
    try:
        data = str(action).encode()
    except UnicodeEncodeError as error:
        raise UnsendableError(f"not UTF-8: {error.reason}") from None
    lines = data.split(b"\r\n")[:-2]
    if len(lines) > LINES or max(map(len, lines)) > LINE_BYTES:
        raise UnsendableError(f"more than {LINES} lines, or more than {LINE_BYTES} bytes in one")
    return data
