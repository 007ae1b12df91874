"""From bytes to messages: panoramisk's Message, read so that no caller can confuse or exhaust the reader."""

from collections.abc import Iterable, Iterator

from panoramisk import message

LINE_BYTES = 65_536
MESSAGE_LINES = 512
"""A PJSIP endpoint has 144 lines (Asterisk 22)."""

GREETING = "Asterisk Call Manager/"


class NotAmiError(Exception):
    """The peer did not greet as Asterisk does."""


class Message(message.Message):  # type: ignore[misc]  # panoramisk has no types
    """A response or an event: a mapping of strings, whose keys are compared without regard to case.

    The first value of a key is Asterisk's own, a later one may have been forged by a line break in a value (FIELD 2):
    only `all` gives it.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        firsts: dict[str, str] = {}
        for line in lines:
            key, colon, value = line.partition(":")
            if colon:
                self._values.setdefault(key.lower(), []).append(value.removeprefix(" "))
                firsts.setdefault(key.lower(), key)
        # Not panoramisk's own: it would add a key "content".
        super(message.Message, self).__init__({key: self._values[lower][0] for lower, key in firsts.items()})

    def __getitem__(self, key: str) -> str:
        value: str = super().__getitem__(key)
        return value

    def all(self, key: str) -> list[str]:
        """Every value of a key that Asterisk repeats, such as ``ChanVariable``."""
        return list(self._values.get(key.lower(), ()))


class Reader:
    """Messages out of a stream that is cut anywhere. Bounded: what is too much of a message is dropped, not the rest.

    Only CR LF ends a line: a lone CR or LF stands in a value that a caller chose. Invalid UTF-8 is replaced.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        """The line whose end has not come yet is too long, so that its begin was dropped."""
        self._lines: list[str] = []
        self._is_greeted = False
        self.dropped = 0
        """Lines that were too long or too many."""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Raises NotAmiError when the first line is no greeting."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            whole, self._overlong = not self._overlong and len(line) <= LINE_BYTES, False
            if not self._is_greeted:
                self._greet(line)
            elif line or not whole:
                self._keep(line, whole=whole)
            elif self._lines:
                done, self._lines = self._lines, []
                yield Message(done)
        if len(self._rest) > LINE_BYTES:
            self._rest = self._rest[-1:]  # may be the CR of the line's end
            self._overlong = True
            if not self._is_greeted:
                raise NotAmiError("its first line does not end")

    def _greet(self, line: bytes) -> None:
        greeting = line.decode(errors="replace")
        if not greeting.startswith(GREETING):
            raise NotAmiError(f"it greets with {greeting[:100]!r}")
        self._is_greeted = True

    def _keep(self, line: bytes, *, whole: bool) -> None:
        if whole and len(self._lines) < MESSAGE_LINES:
            self._lines.append(line.decode(errors="replace"))
        else:
            self.dropped += 1
