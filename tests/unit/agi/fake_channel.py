"""A channel whose caller presses what the test says, and whose phones do."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from agi.channel import CallerGone


class FakeChannel:
    """``keys``: what comes of each prompt or wait in turn, None for nothing; when they are used up the caller leaves.

    ``dials``: DIALSTATUS of each Dial in turn; a digit instead: the place of the phone that answers and
    drops at once, ``unsaid`` after it: before the dialplan could say so.
    ``recorded``: bytes of sound that each recording gets, None: no file. ``hangs_up``: while it is recorded.
    """

    def __init__(
        self,
        keys: Iterable[str | None] = (),
        dials: Iterable[str] = (),
        recorded: Iterable[int | None] = (),
        *,
        hangs_up: bool = False,
        **variables: str,
    ) -> None:
        self.headers = {"agi_extension": "4001234567", "agi_arg_1": "carrier", "agi_uniqueid": "pbx1-1.0"}
        self.variables = variables
        self.answered = False
        self.music = False
        self.music_class = ""
        self.played: list[str] = []
        self.dialled: list[tuple[list[str], int, str]] = []
        """Targets, seconds and options of each Dial."""
        self.marks: list[tuple[str, list[tuple[str, str]]]] = []
        self._keys = iter(keys)
        self._dials = iter(dials)
        self._sounds = iter(recorded)
        self._hangs_up = hangs_up
        self.executed: list[tuple[str, ...]] = []
        """Each application and its arguments."""
        self.recorded: list[tuple[str, int, int]] = []

    async def answer(self) -> None:
        self.answered = True

    async def answer_at_once(self) -> None:
        self.answered = True

    async def sound_unanswered(self) -> None:
        self.executed.append(("Progress",))

    async def choose_music(self, music: str) -> None:
        self.music_class = music

    async def start_music(self) -> None:
        self.music = True

    async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
        """Time flies: nothing comes that has not come yet."""
        assert seconds >= 0
        return event.is_set()

    async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
        self.played.append(sound)
        return None if until and until.is_set() else self._key() if interrupt else None

    async def execute(self, application: str, *args: str, deadline: float = 10.0) -> None:
        assert deadline > 0
        self.executed.append((application, *args))

    async def record(self, file: str, seconds: int, silence: int) -> bool:
        self.recorded.append((file, seconds, silence))
        if (size := next(self._sounds)) is not None:
            _write(file, size)
        return not self._hangs_up

    async def wait_key(self, seconds: float, until: asyncio.Event | None = None) -> str | None:
        assert seconds > 0
        return None if until and until.is_set() else self._key()

    async def dial(self, target: str, seconds: int, options: str = "") -> str:
        return self._dial([target], seconds, options)

    async def dial_apart(self, legs: Sequence[tuple[str, str]], seconds: int, options: str = "") -> str:
        self.legs = [options for _, options in legs]
        return self._dial([target for target, _ in legs], seconds, options)

    def _dial(self, targets: list[str], seconds: int, options: str) -> str:
        self.dialled.append((targets, seconds, options))
        outcome = next(self._dials)
        self.variables["DIALSTATUS"] = outcome if outcome.isupper() else "ANSWER"
        place, _, unsaid = outcome.partition(" ")
        self._taken = f"{60_000 if outcome.isupper() else 1100} {'' if unsaid else 1000} {place}@leg"
        return self.variables["DIALSTATUS"]

    async def evaluate(self, expression: str) -> str:
        assert expression == "${STRFTIME(,,%s%3q)} ${PICKED_UP} ${DIALEDPEERNUMBER}"
        return self._taken

    async def get_variable(self, name: str) -> str | None:
        return self.variables.get(name)

    async def set_variable(self, name: str, value: str) -> None:
        self.variables[name] = value

    async def mark(self, event: str, pairs: Iterable[tuple[str, str]] = (), /, **fields: str) -> None:
        self.marks.append((event, [*pairs, *fields.items()]))

    def said(self, event: str) -> list[dict[str, str]]:
        return [dict(pairs) for name, pairs in self.marks if name == event]

    def _key(self) -> str | None:
        try:
            return next(self._keys)
        except StopIteration:
            raise CallerGone("the caller hung up") from None


def _write(file: str, size: int) -> None:
    Path(f"{file}.wav").write_bytes(bytes(44 + size))
