"""What is overridden of panoramisk, and for each override: that panoramisk's own class fails the same test."""

import asyncio
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import panoramisk.fast_agi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi import fastagi
from agi.fastagi import BadRequestError, CallerGone, OutOfStepError, StalledError, UnsendableError, quote
from tests.unit.agi.fake_asterisk import DEADLINE, header_block, parse_args, session_of

PATIENCE = 0.2
"""Seconds after which panoramisk, which knows no deadline, counts as hanging."""

USAGE = b"520-Invalid command syntax.  Proper usage follows:\nUsage: ANSWER\nHANGUP\n\n520 End of proper usage.\n"
DEAD = b"511 Command Not Permitted on a dead channel or intercept routine\n"


def panoramisk_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    return panoramisk.fast_agi.Request(None, {}, reader, writer)


def our_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Any:
    return fastagi.Request(None, {}, fastagi.Lines(reader), writer)


MakeRequest = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]


async def outcome(command: Awaitable[Any], patience: float) -> object:
    """What became of a command, in the shape of the tables below."""
    try:
        async with asyncio.timeout(patience):
            reply = await command
    except TimeoutError as error:
        return StalledError if isinstance(error, StalledError) else "hangs"
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return type(error)
    return reply["result"] if reply.get("status_code") == 200 else reply.get("status_code", reply["error"])


async def converse(
    make: MakeRequest, first: bytes, *, ends: bool = False, patience: float = DEADLINE
) -> tuple[list[object], list[str]]:
    """What becomes of two commands, of which Asterisk answers the first with ``first``, and what it was sent."""
    outcomes: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = make(reader, writer)
        outcomes.append(await outcome(request.send_command("NOOP 1"), patience))
        outcomes.append(await outcome(request.send_command("NOOP 2"), patience))

    async with session_of(talk) as (asterisk, talking):
        await asterisk.answer(first)
        if ends:
            asterisk.finish()
        answering = asyncio.create_task(asterisk.answer(b"200 result=7\n"))
        await talking
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        return outcomes, asterisk.commands


SEVEN = ("7", "")


@pytest.mark.parametrize("make", [our_request, panoramisk_request])
@pytest.mark.parametrize(
    ("reply", "first"),
    [
        (b"200 result=0\n", ("0", "")),
        (b"200 result=1 (value)\n", ("1", "value")),
        (b"200 result=1 (a (b) c = d)\n", ("1", "a (b) c = d")),
        (b"200 result=1 ()\n", ("1", "")),
        (b"200 result=49 endpos=1234\n", ("49", "")),
        ("200 result=1 (张三)\n".encode(), ("1", "张三")),
        (b"100 result=0 Trying...\n100 result=0 Trying...\n200 result=3\n", ("3", "")),
        (b"510 Invalid or unknown command\n", 510),
    ],
)
async def test_replies_that_panoramisk_reads_as_we_do(make: MakeRequest, reply: bytes, first: object) -> None:
    assert await converse(make, reply) == ([first, SEVEN], ["NOOP 1", "NOOP 2"])


@dataclass(frozen=True)
class Case:
    reply: bytes
    outcomes: Sequence[object]
    ends: bool = False
    sent: int = 2


OUT_OF_STEP = [OutOfStepError, OutOfStepError]
GONE = [CallerGone, CallerGone]

CASES = {
    "hang-up instead of a reply": Case(b"HANGUP\n" + DEAD, GONE, sent=1),
    "hang-up between replies": Case(b"200 result=0\nHANGUP\n", [("0", ""), CallerGone], sent=1),
    "hang-up after 100": Case(b"100 result=0 Trying...\nHANGUP\n", GONE, sent=1),
    "dead channel": Case(DEAD, GONE, sent=1),
    "usage in several lines": Case(USAGE, [520, SEVEN]),
    "usage in one line": Case(b"520 Invalid command syntax.  Proper usage not available.\n", [520, SEVEN]),
    "endless usage": Case(b"520-Invalid\n" + b"more\n" * 1000, OUT_OF_STEP, sent=1),
    "end amid a reply": Case(b"200 result=12", GONE, ends=True, sent=1),
    "end instead of a reply": Case(b"", GONE, ends=True, sent=1),
    "empty line": Case(b"\n200 result=1\n", OUT_OF_STEP, sent=1),
    "longer than asyncio's limit": Case(b"200 result=1 (" + b"x" * 70_000 + b")\n", OUT_OF_STEP, sent=1),
    "invalid UTF-8": Case(b"200 result=1 (\xe5\xff)\n", [("1", "\ufffd\ufffd"), SEVEN]),
    "a value that reads hangup": Case(b"200 result=1 (hangup)\n", [("1", "hangup"), SEVEN]),
    "timeout": Case(b"200 result= (timeout)\n", [("", "timeout"), SEVEN]),
    "minus one": Case(b"200 result=-1 endpos=0\n", [("-1", ""), SEVEN]),
    "a value with a line break": Case(b"200 result=1 (a\nb)\n", OUT_OF_STEP, sent=1),
    "a forged reply": Case(b"200 result=1 (a)\n200 result=1 (forged)\n", [("1", "a"), OutOfStepError], sent=1),
    "no reply at all": Case(b"Hello\n", OUT_OF_STEP, sent=1),
    "digits that are none": Case("٢٠٠ result=1\n".encode(), OUT_OF_STEP, sent=1),
    "more digits than int takes": Case(b"2" * 5000 + b"\n", OUT_OF_STEP, sent=1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_replies_that_put_panoramisk_out_of_step(case: Case) -> None:
    assert await converse(our_request, case.reply, ends=case.ends) == (case.outcomes, ["NOOP 1", "NOOP 2"][: case.sent])
    theirs, _ = await converse(panoramisk_request, case.reply, ends=case.ends, patience=PATIENCE)
    assert theirs != case.outcomes


async def test_no_command_follows_a_forged_reply() -> None:
    outcomes: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = our_request(reader, writer)
        outcomes.extend([await outcome(request.send_command("NOOP"), DEADLINE) for _ in range(3)])

    async with session_of(talk) as (asterisk, talking):
        await asterisk.answer(b"200 result=1 (a)\n200 result=1 (forged)\n")
        await talking
        assert asterisk.commands == ["NOOP"]
    assert outcomes == [("1", "a"), OutOfStepError, OutOfStepError]


@pytest.mark.parametrize(("make", "expected"), [(our_request, CallerGone), (panoramisk_request, ConnectionResetError)])
async def test_a_killed_asterisk_ends_the_call(make: MakeRequest, expected: object) -> None:
    outcomes: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        outcomes.append(await outcome(make(reader, writer).send_command("NOOP"), DEADLINE))

    async with session_of(talk) as (asterisk, talking):
        await asterisk.command()
        asterisk.reset()
        await talking
    assert outcomes == [expected]


async def test_a_refused_commands_whole_usage_is_returned() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = await our_request(reader, writer).send_command("ANSWER x")
        assert reply["msg"] == USAGE.decode().rstrip("\n")

    async with session_of(talk) as (asterisk, talking):
        await asterisk.answer(USAGE)
        await talking


async def silence(make: MakeRequest, patience: float, **deadline: float) -> list[object]:
    """Outcomes of two commands when nobody answers."""
    outcomes: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = make(reader, writer)
        outcomes.extend([await outcome(request.send_command("NOOP", **deadline), patience) for _ in range(2)])

    async with session_of(talk) as (_, talking):
        await talking
    return outcomes


async def test_a_command_has_a_deadline() -> None:
    assert await silence(our_request, DEADLINE, deadline=0.01) == [StalledError, OutOfStepError]
    assert await silence(panoramisk_request, PATIENCE) == ["hangs", "hangs"]


async def stopped(command: str, *replies: str) -> tuple[object, list[str]]:
    """What a command gives that the event stops, and what was sent. Asterisk says each of ``replies`` as the next line
    comes; then a NOOP follows, to which it says 7.
    """
    outcomes: list[object] = []
    event = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = our_request(reader, writer)
        outcomes.append(await request.send_until(event, command, DEADLINE))
        outcomes.append((await request.send_command("NOOP"))["result"])

    async with session_of(talk) as (asterisk, talking):
        await asterisk.command()
        event.set()
        for reply in replies:
            await asterisk.command()
            asterisk.send(reply.encode())
        await asterisk.command()
        asterisk.send(b"200 result=7\n")
        await talking
        assert outcomes[1] == SEVEN
        found = outcomes[0]
        return found and found["result"], asterisk.commands[1:-1]  # type: ignore[index]


STOP_REPLY = "200 result=1 (stop)\n"


async def test_a_sound_is_stopped_and_gives_no_reply() -> None:
    assert await stopped("STREAM FILE a 1", STOP_REPLY) == (None, [fastagi.STOP])


async def test_a_sound_that_ends_as_it_is_stopped_gives_its_reply() -> None:
    crossing = "200 result=49 endpos=160\n" + STOP_REPLY
    assert await stopped("STREAM FILE a 1", crossing) == (("49", ""), [fastagi.STOP])


async def test_a_wait_for_a_key_that_is_stopped_says_so() -> None:
    assert await stopped("WAIT FOR DIGIT 5000", "200 result=1\n" + STOP_REPLY) == (("1", ""), [fastagi.STOP])


async def test_a_stop_that_asterisk_has_read_with_the_command_is_repeated() -> None:
    """It notices the second, and then answers both."""
    assert await stopped("STREAM FILE a 1", "", STOP_REPLY * 2) == (None, [fastagi.STOP] * 2)


async def test_without_the_event_nothing_more_is_sent() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = await our_request(reader, writer).send_until(asyncio.Event(), "WAIT FOR DIGIT 5", DEADLINE)
        assert reply
        assert reply["result"] == ("0", "")
        writer.close()

    async with session_of(talk) as (asterisk, talking):
        assert await asterisk.command() == "WAIT FOR DIGIT 5"
        asterisk.send(b"200 result=0\n")
        assert await asterisk.command() == ""
        await talking


async def test_a_hang_up_while_a_sound_is_stopped() -> None:
    event = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with pytest.raises(CallerGone):
            await our_request(reader, writer).send_until(event, "STREAM FILE a 1", DEADLINE)

    async with session_of(talk) as (asterisk, talking):
        await asterisk.command()
        event.set()
        await asterisk.command()
        asterisk.send(b"HANGUP\n")
        await talking


async def after_cancellation(make: MakeRequest) -> object:
    """Outcome of a command that follows one whose waiting was cancelled, and whose reply then came."""
    outcomes: list[object] = []
    asked = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = make(reader, writer)
        waiting = asyncio.create_task(request.send_command("GET VARIABLE A"))
        await asked.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
        outcomes.append(await outcome(request.send_command("GET VARIABLE B"), DEADLINE))

    async with session_of(talk) as (asterisk, talking):
        await asterisk.command()
        asked.set()
        asterisk.send(b"200 result=1 (a)\n")
        await talking
    return outcomes[0]


async def test_a_reply_is_never_taken_for_another_commands() -> None:
    assert await after_cancellation(our_request) is OutOfStepError
    assert await after_cancellation(panoramisk_request) == ("1", "a")


async def sent(make: MakeRequest, command: str) -> tuple[list[object], list[str]]:
    """Outcomes of a command and of a good one that follows it, and the lines that reach Asterisk."""
    outcomes: list[object] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = make(reader, writer)
        outcomes.append(await outcome(request.send_command(command), DEADLINE))
        outcomes.append(await outcome(request.send_command("NOOP"), DEADLINE))

    async with session_of(talk) as (asterisk, talking):
        answering = asyncio.create_task(asterisk.answer(b"200 result=0\n", b"200 result=7\n"))
        await talking
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        return outcomes, asterisk.commands


@pytest.mark.parametrize(
    "command",
    ["NOOP a\nHANGUP", "NOOP a\rHANGUP", "NOOP a\0HANGUP", "NOOP " + "x" * 8186, "NOOP " + "张" * 2729],
    ids=["LF", "CR", "NUL", "too long", "too long in UTF-8"],
)
async def test_what_must_not_be_sent_is_refused_before_anything_is_written(command: str) -> None:
    assert await sent(our_request, command) == ([UnsendableError, ("0", "")], ["NOOP"])
    _, written = await sent(panoramisk_request, command)
    assert written[0] == command.partition("\n")[0]


async def test_half_a_surrogate_pair_is_our_fault_too() -> None:
    assert await sent(our_request, "NOOP \udcff") == ([UnsendableError, ("0", "")], ["NOOP"])


async def test_the_longest_command_that_asterisk_reads_whole_is_sent() -> None:
    longest = "NOOP " + "x" * 8185
    assert await sent(our_request, longest) == ([("0", ""), SEVEN], [longest, "NOOP"])


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
def test_asterisk_reads_a_quoted_argument_back_as_it_was(argument: str) -> None:
    assert parse_args(f"SET VARIABLE {quote(argument)} {quote('b')}") == ["SET", "VARIABLE", argument, "b"]


@pytest.mark.parametrize("argument", ["a\nb", "a\rb", "a\0b"])
def test_nothing_can_stand_for_a_line_break(argument: str) -> None:
    with pytest.raises(UnsendableError, match="line break"):
        quote(argument)


MakeApplication = Callable[[], Any]


def panoramisk_application() -> Any:
    return panoramisk.fast_agi.Application()


def our_application() -> Any:
    return fastagi.Application()


def route(application: Any, endpoint: fastagi.Endpoint) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # panoramisk's, from Python 3.14 on
        application.add_route("journey", endpoint)


@dataclass
class Taken:
    """What became of a request."""

    headers: dict[str, str] | None = None
    """What the endpoint saw; None when it was not called."""
    command: object = None
    """Outcome of the endpoint's command."""
    closed: bool = False
    raised: object = None
    """The reason of a BadRequestError, or the type of another exception."""


async def take(make: MakeApplication, request: bytes, patience: float = DEADLINE) -> Taken:
    taken = Taken()
    application = make()

    async def endpoint(request: Any) -> None:
        taken.headers = dict(request.headers)
        taken.command = await outcome(request.send_command("NOOP"), DEADLINE)

    route(application, endpoint)
    async with session_of(application.handler) as (asterisk, serving):
        asterisk.send(request)
        answering = asyncio.create_task(asterisk.answer(b"200 result=0\n"))
        await asyncio.wait([serving], timeout=patience)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        if serving.done():
            error = serving.exception()
            taken.raised = str(error) if isinstance(error, BadRequestError) else error and type(error)
            taken.closed = await asterisk.closed(patience)
    return taken


LONG = "headers too long"
FOREIGN = "not a FastAGI request"

REFUSED = {
    "one line too many": (header_block()[:-1] + b"agi_a: b\n" * 57 + b"\n", LONG),
    "too many bytes": (header_block(agi_a="x" * 8_000, agi_b="x" * 8_384), LONG),
    "an endless line": (b"agi_network: yes\nagi_a: " + b"x" * 100_000, LONG),
    "endless lines": (b"agi_network: yes\n" + b"agi_a: b\n" * 10_000, LONG),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", FOREIGN),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\x00", FOREIGN),
    "no call": (b"agi_network: yes\nagi_network_script: journey\n\n", "a request without a call"),
}


@pytest.mark.parametrize(("request_", "why"), REFUSED.values(), ids=REFUSED)
async def test_requests_that_panoramisk_serves_or_waits_on_for_ever(request_: bytes, why: str) -> None:
    assert await take(our_application, request_) == Taken(closed=True, raised=why)
    theirs = await take(panoramisk_application, request_, PATIENCE)
    assert theirs.headers is not None or not theirs.closed


@pytest.mark.parametrize("begun", [b"", b"agi_network: yes\nagi_uniq"], ids=["nothing", "half a header"])
async def test_headers_have_a_deadline(begun: bytes) -> None:
    ours = await take(lambda: fastagi.Application(header_timeout=0.01), begun)
    assert ours == Taken(closed=True, raised="headers too slow")
    assert not (await take(panoramisk_application, begun, PATIENCE)).closed


@pytest.mark.parametrize(
    "request_",
    [
        header_block()[:-1] + b"agi_a: b\n" * 55 + b"\n",
        header_block(agi_a="x" * 8_000, agi_b="x" * 8_000),
    ],
    ids=["lines", "bytes"],
)
async def test_long_requests_are_served(request_: bytes) -> None:
    taken = await take(our_application, request_)
    assert (taken.command, taken.raised) == (("0", ""), None)


async def test_an_unknown_route_is_refused() -> None:
    request = header_block(agi_network_script="elsewhere")
    assert await take(our_application, request) == Taken(closed=True, raised="no such route")


@pytest.mark.parametrize("ending", ["finish", "reset"])
async def test_a_peer_that_ends_amid_its_headers_is_refused(ending: str) -> None:
    async with session_of(our_application().handler) as (asterisk, serving):
        asterisk.send(b"agi_network: yes\n")
        getattr(asterisk, ending)()
        with pytest.raises(BadRequestError, match="closed amid"):
            await serving


async def test_the_first_value_of_a_header_wins() -> None:
    request = header_block(agi_callerid="1\nagi_uniqueid: forged\nagi_callerid: 2")
    ours, theirs = await take(our_application, request), await take(panoramisk_application, request)
    assert ours.headers
    assert (ours.headers["agi_uniqueid"], ours.headers["agi_callerid"]) == ("pbx1-1763812345.17", "1")
    assert theirs.headers
    assert (theirs.headers["agi_uniqueid"], theirs.headers["agi_callerid"]) == ("forged", "2")


async def test_invalid_utf_8_in_a_header_is_replaced() -> None:
    request = header_block(agi_calleridname="?").replace(b"?", b"\xe5\xff")
    ours, theirs = await take(our_application, request), await take(panoramisk_application, request, 1.0)
    assert ours.headers
    assert ours.headers["agi_calleridname"] == "\ufffd\ufffd"
    assert theirs.raised is UnicodeDecodeError


async def test_a_hang_up_that_comes_with_the_headers_is_noticed() -> None:
    request = header_block() + b"HANGUP\n"
    assert (await take(our_application, request)).command is CallerGone
    assert (await take(panoramisk_application, request)).command == ("0", "")


@pytest.mark.parametrize("make", [our_application, panoramisk_application])
async def test_lines_without_a_colon_are_passed_over(make: MakeApplication) -> None:
    taken = await take(make, header_block(agi_calleridname="a\nb\nagi_empty:\n:"))
    assert taken.command == ("0", "")
    assert taken.headers
    assert taken.headers["agi_calleridname"] == "a"


CLOSING = """
import asyncio, sys
from importlib import import_module

async def main():
    application = import_module(sys.argv[1]).Application()
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(sys.argv[2].encode())
    writer.write_eof()
    print("closing", flush=True)
    await reader.read()  # returns when the server has closed as well

asyncio.run(main())
"""


@pytest.mark.parametrize("begun", ["", "agi_network: yes\nagi_uni"], ids=["connect and close", "half a header"])
def test_a_peer_that_closes_early_freezes_panoramisks_process_and_not_ours(begun: str) -> None:
    def close_early(module: str, deadline: float) -> int:
        command = [sys.executable, "-c", CLOSING, module, begun]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            try:
                assert process.stdout
                assert process.stdout.readline() == b"closing\n"
                return process.wait(deadline)
            finally:
                process.kill()

    assert close_early("agi.fastagi", DEADLINE) == 0
    with pytest.raises(subprocess.TimeoutExpired):
        close_early("panoramisk.fast_agi", 1.0)


async def cancelled_amid_a_call(make: MakeApplication) -> bool:
    """Whether the task of a session that is cancelled ends as cancelled."""
    application = make()
    begun = asyncio.Event()

    async def endpoint(_request: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    route(application, endpoint)
    async with session_of(application.handler) as (asterisk, serving):
        asterisk.send(header_block())
        await begun.wait()
        serving.cancel()
        await asyncio.wait([serving])
        assert await asterisk.closed()
        return serving.cancelled()


async def test_cancellation_is_not_swallowed() -> None:
    assert await cancelled_amid_a_call(our_application)
    assert not await cancelled_amid_a_call(panoramisk_application)


async def failing(make: MakeApplication) -> BaseException | None:
    """What the handler raises when its endpoint fails."""
    application = make()

    async def endpoint(_request: Any) -> None:
        raise LookupError

    route(application, endpoint)
    async with session_of(application.handler) as (asterisk, serving):
        asterisk.send(header_block())
        await asyncio.wait([serving])
        assert await asterisk.closed()
        return serving.exception()


async def test_an_endpoints_exception_is_handed_on() -> None:
    assert isinstance(await failing(our_application), LookupError)
    assert await failing(panoramisk_application) is None


class Journey:
    async def __call__(self, request: Any) -> None:
        """Coroutine functions are not the only callables that return awaitables."""


async def test_any_callable_that_returns_an_awaitable_can_be_an_endpoint() -> None:
    our_application().add_route("journey", Journey())
    with pytest.raises((AttributeError, DeprecationWarning), match="coroutine"):  # differs with Python's version
        panoramisk_application().add_route("journey", Journey())


@pytest.mark.parametrize("make", [our_application, panoramisk_application])
async def test_two_routes_cannot_have_one_name(make: MakeApplication) -> None:
    async def endpoint(_request: Any) -> None: ...

    application = make()
    route(application, endpoint)
    with pytest.raises(ValueError, match="already exists"):
        route(application, endpoint)
