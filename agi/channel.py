"""The caller's channel: what a node can have Asterisk do with it."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn
from urllib.parse import quote as percent
from urllib.parse import urlencode

from agi.fastagi import (
    CallerGone,
    OutOfStepError,
    RefusedError,
    Reply,
    Request,
    StalledError,
    UnsendableError,
    quote,
)

__all__ = ["CallerGone", "Channel", "OutOfStepError", "RefusedError", "StalledError", "UnsendableError"]

DEADLINE = 10.0
"""Seconds that Asterisk has for a command that does not wait for anybody."""

PLAY_DEADLINE = 600.0
CONFIRM_SECONDS = 20
"""More than a phone that was picked up takes to confirm (the dialplan's ``confirm``)."""
TALK_DEADLINE = 12 * 3600.0

KEYS = "0123456789*#ABCD"
DIAL_STATUSES = frozenset(
    {"ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL", "DONTCALL", "TORTURE", "INVALIDARGS"}
)

_TARGET = re.compile(r"PJSIP/(?:[A-Za-z0-9_-]+|\+?[0-9]+@[A-Za-z0-9_-]+)")
_APPLICATION = re.compile(r"[A-Za-z]+")
_EVENT = re.compile(r"[A-Z][A-Z_]*")
_KEY = re.compile(r"[a-z][a-z_]*")


class Channel:
    """Typed commands over one session.

    Each may raise `CallerGone`, which is to end the journey, `RefusedError` when Asterisk cannot do it, and
    `UnsendableError` when it must not be asked; after `StalledError` or `OutOfStepError` the session is of no use.
    One command at a time: there is no second caller.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    @property
    def headers(self) -> Mapping[str, str]:
        """What Asterisk said of the call: ``agi_uniqueid``, ``agi_extension``, ``agi_callerid``, ``agi_arg_1``."""
        return self._request.headers

    async def answer(self) -> None:
        """Answer, and wait for the caller's sound, 500 ms at most: what is played before may be lost on its way."""
        await self._succeed("ANSWER")

    async def answer_at_once(self) -> None:
        await self.execute("Answer", "", "i")

    async def sound_unanswered(self) -> None:
        """Let what is played from now on be heard though nobody has answered: early media, which costs nothing.

        Carriers bring no keys then, and give up after a minute or so. Of an answered channel nothing is changed.
        """
        await self.execute("Progress")

    async def hangup(self) -> None:
        await self._succeed("HANGUP")
        self._request.gone = True

    async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
        """Play a sound file, named without its ending, to its end, to one of the ``interrupt`` keys or to the event.

        Returns that key. Raises RefusedError when there is no such sound.
        """
        _check(set(interrupt) <= set(KEYS), "keys", interrupt)
        return await self._key(f"STREAM FILE {quote(sound)} {quote(interrupt)}", PLAY_DEADLINE, until)

    async def record(self, file: str, seconds: int, silence: int) -> bool:
        """Record what the caller says into ``file``.wav: to #, ``silence`` or ``seconds``, or until it hangs up.

        Neither the key nor the silence is kept. When the reply is there, the file is complete (``handle_recordfile``).
        Returns whether the caller is still there; if not, events may be marked and variables set, and nothing else.
        Raises RefusedError when the file cannot be written.
        """
        _check(seconds > 0, "seconds", str(seconds))  # Asterisk takes -1 for no limit
        command = f"RECORD FILE {quote(file)} wav {quote('#')} {seconds * 1000} s={silence}"
        result, how = await self._result(command, seconds + DEADLINE)
        if result == "-1" and how not in {"hangup", "waitfor", "randomerror"}:
            await self._blame(command, result)
        self._request.outlives_hangup = result == "-1"
        return result != "-1"

    async def wait_key(self, seconds: float, until: asyncio.Event | None = None) -> str | None:
        """The next key, or None when none came in time or before the event.

        What was started goes on, music for example. Asterisk drops a key pressed while no command was running.
        """
        _check(seconds >= 0, "seconds", str(seconds))  # Asterisk takes -1 for no limit
        return await self._key(f"WAIT FOR DIGIT {seconds * 1000:.0f}", seconds + DEADLINE, until)

    async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
        """Whether the event came in time; meanwhile the caller hears what was started, music for example."""
        return await self._request.idle(event, seconds)

    async def choose_music(self, music: str) -> None:
        """What ``start_music`` and Dial play from now on: a class, or ``default`` when Asterisk has none so named."""
        await self.set_variable("CHANNEL(musicclass)", music)

    async def start_music(self) -> None:
        await self.execute("StartMusicOnHold")

    async def get_variable(self, name: str) -> str | None:
        """A variable, or a function such as ``CHANNEL(state)``; None when it is not set.

        Asterisk cuts the value at 1,023 bytes (FIELD 2). Raises OutOfStepError when it contains a line break.
        """
        command = f"GET VARIABLE {quote(name)}"
        result, value = await self._result(command)
        return value if result == "1" else None

    async def evaluate(self, expression: str) -> str:
        """What the dialplan would read for an expression such as ``${A}`` or ``$[${A} - ${B}]``."""
        _, value = await self._result(f"GET FULL VARIABLE {quote(expression)}")
        return value

    async def set_variable(self, name: str, value: str) -> None:
        await self._succeed(f"SET VARIABLE {quote(name)} {quote(value)}")

    async def execute(self, application: str, *args: str, deadline: float = DEADLINE) -> None:
        r"""Run a dialplan application. Raises RefusedError when there is none of that name, or when it failed.

        EXEC hands the application one string, in which neither variables nor functions are expanded. Most applications
        split it at commas, and there is no way to escape one: all arguments but the last that the application knows
        lose their ``"`` and ``\``, the last keeps them (``__ast_app_separate_args``), and some do not split at all.
        So an argument that would be read in any other way than as it stands is refused with UnsendableError.
        """
        result = await self._execute(application, args, deadline)
        if result == "-1":
            await self._blame(f"EXEC {application}", result)

    async def dial(self, target: str, seconds: int, options: str = "") -> str:
        """Ring ``PJSIP/<endpoint>`` or ``PJSIP/<number>@<trunk>`` and let the caller talk to who answers.

        Returns one of DIAL_STATUSES: ``ANSWER`` after the talk, when the other side has hung up and the caller has not.
        """
        _check_target(target, seconds)
        return await self._dial(target, seconds, options)

    async def dial_apart(self, legs: Sequence[tuple[str, str]], seconds: int, options: str = "") -> str:
        """As ``dial``, several at once, each by a Dial of its own: ``legs`` are their targets and options.

        So a phone that was picked up ends the ringing of the others only when its own Dial connects it.
        """
        _check(bool(legs), "legs", "")
        for number, (target, own) in enumerate(legs):
            _check_target(target, seconds)
            _check(_stays_one(own), "options", own)
            await self.set_variable(f"_LEG_{number}", f"{target},{seconds},{own}")
        locals_ = "&".join(f"Local/{number}@leg" for number in range(len(legs)))
        return await self._dial(locals_, seconds + CONFIRM_SECONDS, options)

    async def _dial(self, targets: str, seconds: int, options: str) -> str:
        # Whether the caller is still there shows in the next reply: Asterisk sends HANGUP ahead of it.
        await self._execute("Dial", [targets, str(seconds), options], seconds + TALK_DEADLINE)
        status = await self.get_variable("DIALSTATUS")
        if status not in DIAL_STATUSES:
            raise RefusedError("EXEC Dial", f"DIALSTATUS {status!r}")
        return status

    async def mark(self, event: str, pairs: Iterable[tuple[str, str]] = (), /, **fields: str) -> None:
        """Write a business event into the CEL file: ``pairs``, whose keys may repeat, then ``fields``.

        Names and keys stand in docs/cel-events.md.
        """
        extra = [*pairs, *fields.items()]
        _check(_EVENT.fullmatch(event) is not None, "event", event)
        for key, _ in extra:
            _check(_KEY.fullmatch(key) is not None, "key", key)
        await self.execute("CELGenUserEvent", event, urlencode(extra, safe="", quote_via=percent))

    async def _execute(self, application: str, args: Sequence[str], deadline: float) -> str:
        _check(_APPLICATION.fullmatch(application) is not None, "application", application)
        for argument in args:
            _check(_stays_one(argument), "argument", argument)
        command = f"EXEC {application} {quote(','.join(args))}"
        result, _ = await self._result(command, deadline)
        if result == "-2":
            raise RefusedError(command, "no such application")
        return result

    async def _succeed(self, command: str) -> None:
        result, _ = await self._result(command)
        if result not in {"0", "1"}:
            await self._blame(command, result)

    async def _key(self, command: str, deadline: float, until: asyncio.Event | None) -> str | None:
        result, _ = await self._result(command, deadline, until)
        without_key = {"0"} if until is None else {"0", _STOPPED}
        if result not in without_key and result not in _KEY_OF_CODE:
            await self._blame(command, result)
        return _KEY_OF_CODE.get(result)

    async def _blame(self, command: str, result: str) -> NoReturn:
        """Find out whether a command failed because the caller left, and raise accordingly.

        A missing sound and a hang-up have the same reply, -1. After a hang-up HANGUP comes ahead of the next reply,
        and a command that needs a living channel answers 511 or -1: here one that does nothing.
        """
        if result == "-1":
            alive, _ = await self._result("WAIT FOR DIGIT 0")
            if alive == "-1":
                self._request.gone = True
                raise CallerGone("the channel is hung up")
        raise RefusedError(command, f"result={result}")

    async def _result(
        self, command: str, deadline: float = DEADLINE, until: asyncio.Event | None = None
    ) -> tuple[str, str]:
        """``until``: what stops a command that waits for keys."""
        reply: Reply | None
        if until is None:
            reply = await self._request.send_command(command, deadline)
        else:
            reply = await self._request.send_until(until, command, deadline)
        if reply is None:
            return _STOPPED, ""
        if reply["status_code"] != 200:  # noqa: PLR2004
            raise RefusedError(command, reply["msg"])
        return reply["result"]


_STOPPED = "1"
"""Result of a wait for a key that another command has stopped."""

_KEY_OF_CODE = {str(ord(key)): key for key in KEYS}


def _check(holds: bool, what: str, value: str) -> None:  # noqa: FBT001
    if not holds:
        raise UnsendableError(f"{what}: {value!r}")


def _check_target(target: str, seconds: int) -> None:
    _check(_TARGET.fullmatch(target) is not None, "target", target)
    _check(seconds > 0, "seconds", str(seconds))  # Dial takes 0 for no limit


def _stays_one(argument: str) -> bool:
    """Whether an application reads the argument as it stands. A bracket left open would swallow the next commas."""
    if re.search(r'[,"\\]', argument):
        return False
    for opening, closing in ("()", "[]"):
        depth = 0
        for character in argument:
            depth += (character == opening) - (character == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True
