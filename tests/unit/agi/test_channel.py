"""Each test is a ladder: what the channel sends, what Asterisk answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi.channel import CallerGone, Channel, OutOfStepError, RefusedError, StalledError, UnsendableError
from agi.fastagi import Lines, Request
from tests.unit.agi.fake_asterisk import HEADERS, parse_args, session_of

Node = Callable[[Channel], Awaitable[Any]]

HUNG_UP = "HANGUP\n511 Command Not Permitted on a dead channel or intercept routine"
ALIVE = ("WAIT FOR DIGIT 0", "200 result=0")


async def ladder(node: Node, *steps: tuple[str, str]) -> Any:
    """What ``node`` returns or raises while Asterisk answers each command of ``steps``, which are all that it sends."""
    results: list[Any] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            results.append(await node(Channel(Request(None, HEADERS, Lines(reader), writer))))
        finally:
            writer.close()

    async with session_of(talk) as (asterisk, talking):
        for expected, reply in steps:
            assert await asterisk.command() == expected
            asterisk.send(reply.encode() + b"\n")
        assert await asterisk.command() == ""
        await talking
        return results[0]


async def test_answer() -> None:
    assert await ladder(lambda c: c.answer(), ("ANSWER", "200 result=0")) is None


async def test_headers() -> None:
    async def node(channel: Channel) -> str:
        return channel.headers["agi_extension"] + channel.headers["agi_arg_1"]

    assert await ladder(node) == "4001234567carrier"


@pytest.mark.parametrize(("reply", "key"), [("200 result=0 endpos=8000", None), ("200 result=35 endpos=160", "#")])
async def test_play(reply: str, key: str | None) -> None:
    assert await ladder(lambda c: c.play("/sounds/a b", "12#"), ('STREAM FILE "/sounds/a b" "12#"', reply)) == key


@pytest.mark.parametrize("own", ["", "200 result=1\n"], ids=["a sound, silently", "a wait for a key"])
async def test_an_event_stops_what_waits_for_keys(own: str) -> None:
    event = asyncio.Event()
    event.set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(Request(None, HEADERS, Lines(reader), writer))
        assert await (channel.wait_key(5, until=event) if own else channel.play("a", "1", until=event)) is None

    async with session_of(talk) as (asterisk, talking):
        assert await asterisk.command() == ("WAIT FOR DIGIT 5000" if own else 'STREAM FILE "a" "1"')
        assert await asterisk.command() == "GET FULL VARIABLE stop"
        asterisk.send(own.encode() + b"200 result=1 (stop)\n")
        await talking


async def test_play_to_the_end_sends_no_keys() -> None:
    assert await ladder(lambda c: c.play("a"), ('STREAM FILE "a" ""', "200 result=0 endpos=8000")) is None


async def test_only_keys_can_interrupt() -> None:
    with pytest.raises(UnsendableError, match="keys"):
        await ladder(lambda c: c.play("a", "1x"))


async def test_a_missing_sound_is_our_fault() -> None:
    with pytest.raises(RefusedError, match="STREAM FILE"):
        await ladder(lambda c: c.play("missing"), ('STREAM FILE "missing" ""', "200 result=-1 endpos=0"), ALIVE)


@pytest.mark.parametrize("probed", [HUNG_UP, HUNG_UP.partition("\n")[2], "200 result=-1"])
async def test_a_caller_who_leaves_while_a_sound_plays_is_gone(probed: str) -> None:
    with pytest.raises(CallerGone):
        await ladder(
            lambda c: c.play("a"), ('STREAM FILE "a" ""', "200 result=-1 endpos=80"), ("WAIT FOR DIGIT 0", probed)
        )


@pytest.mark.parametrize("code", ["1", "1000", "x", ""])
async def test_a_result_that_is_no_key_is_refused(code: str) -> None:
    with pytest.raises(RefusedError, match="result="):
        await ladder(lambda c: c.wait_key(1), ("WAIT FOR DIGIT 1000", f"200 result={code}"))


@pytest.mark.parametrize(("result", "key"), [("0", None), ("48", "0"), ("57", "9"), ("42", "*"), ("68", "D")])
async def test_wait_key(result: str, key: str | None) -> None:
    assert await ladder(lambda c: c.wait_key(2.5), ("WAIT FOR DIGIT 2500", f"200 result={result}")) == key


async def test_waiting_for_ever_is_refused() -> None:
    with pytest.raises(UnsendableError, match="seconds"):
        await ladder(lambda c: c.wait_key(-0.001))


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("200 result=0", None),
        ("200 result=1 ()", ""),
        ("200 result=1 (a (b))", "a (b)"),
        ("200 result=1 (hangup)", "hangup"),
    ],
)
async def test_get_variable(reply: str, value: str | None) -> None:
    assert await ladder(lambda c: c.get_variable("TRUNK"), ('GET VARIABLE "TRUNK"', reply)) == value


async def test_set_variable() -> None:
    command = r'SET VARIABLE "NAME" "say \"hi\" to \\"'
    assert await ladder(lambda c: c.set_variable("NAME", 'say "hi" to \\'), (command, "200 result=1")) is None


async def test_a_value_with_a_line_break_is_not_sent() -> None:
    with pytest.raises(UnsendableError, match="line break"):
        await ladder(lambda c: c.set_variable("NAME", "a\nHANGUP"))


async def test_execute() -> None:
    command = 'EXEC StartMusicOnHold "default,b(s^1),"'
    assert (
        await ladder(lambda c: c.execute("StartMusicOnHold", "default", "b(s^1)", ""), (command, "200 result=0"))
        is None
    )


async def test_an_unknown_application_is_our_fault() -> None:
    with pytest.raises(RefusedError, match="no such application"):
        await ladder(lambda c: c.execute("Nonsense"), ('EXEC Nonsense ""', "200 result=-2"))


async def test_an_application_that_failed_while_the_caller_is_there_is_our_fault() -> None:
    with pytest.raises(RefusedError, match="EXEC Playback"):
        await ladder(lambda c: c.execute("Playback", "a"), ('EXEC Playback "a"', "200 result=-1"), ALIVE)


async def test_an_application_that_ended_with_the_call_is_not() -> None:
    with pytest.raises(CallerGone):
        await ladder(
            lambda c: c.execute("Playback", "a"), ('EXEC Playback "a"', "200 result=-1"), ("WAIT FOR DIGIT 0", HUNG_UP)
        )


@pytest.mark.parametrize("argument", ["a,b", 'a"b', "a\\b", "a(b", "a)b(", "a[b", "a]b[", "a\nb"])
async def test_what_an_application_would_take_apart_is_refused(argument: str) -> None:
    with pytest.raises(UnsendableError):
        await ladder(lambda c: c.execute("Playback", "x", argument))


@pytest.mark.parametrize("name", ["System cmd", "Dial,x", "", 'X"'])
async def test_what_is_no_name_of_an_application_is_refused(name: str) -> None:
    with pytest.raises(UnsendableError, match="application"):
        await ladder(lambda c: c.execute(name))


DIAL = 'EXEC Dial "PJSIP/+8613800138000@carrier,20,rb(dial^s^1)"'


async def dialled(channel: Channel) -> str:
    return await channel.dial("PJSIP/+8613800138000@carrier", 20, "rb(dial^s^1)")


@pytest.mark.parametrize(("result", "status"), [("-1", "ANSWER"), ("0", "NOANSWER"), ("0", "CHANUNAVAIL")])
async def test_dial(result: str, status: str) -> None:
    status_reply = ('GET VARIABLE "DIALSTATUS"', f"200 result=1 ({status})")
    assert await ladder(dialled, (DIAL, f"200 result={result}"), status_reply) == status


async def test_a_caller_who_hangs_up_while_it_rings_is_gone() -> None:
    with pytest.raises(CallerGone):
        await ladder(dialled, (DIAL, "200 result=-1"), ('GET VARIABLE "DIALSTATUS"', "HANGUP\n200 result=1 (CANCEL)"))


@pytest.mark.parametrize("reply", ["200 result=0", "200 result=1 ()", "200 result=1 (FORGED)"])
async def test_a_dial_without_a_status_is_our_fault(reply: str) -> None:
    with pytest.raises(RefusedError, match="DIALSTATUS"):
        await ladder(dialled, (DIAL, "200 result=0"), ('GET VARIABLE "DIALSTATUS"', reply))


async def test_phones_that_ring_together_are_dialled_apart() -> None:
    legs = [("PJSIP/1001", "U(answered^1001)"), ("PJSIP/138@carrier", "")]
    status = await ladder(
        lambda c: c.dial_apart(legs, 20, "mg"),
        ('SET VARIABLE "_LEG_0" "PJSIP/1001,20,U(answered^1001)"', "200 result=1"),
        ('SET VARIABLE "_LEG_1" "PJSIP/138@carrier,20,"', "200 result=1"),
        ('EXEC Dial "Local/0@leg&Local/1@leg,40,mg"', "200 result=0"),
        ('GET VARIABLE "DIALSTATUS"', "200 result=1 (NOANSWER)"),
    )
    assert status == "NOANSWER"


async def test_an_expression() -> None:
    command = 'GET FULL VARIABLE "$[${A} - ${B}]"'
    assert await ladder(lambda c: c.evaluate("$[${A} - ${B}]"), (command, "200 result=1 (1500)")) == "1500"


@pytest.mark.parametrize(
    "target",
    [
        "",
        "1001",
        "PJSIP/",
        "PJSIP/1001&PJSIP/1002",
        "PJSIP/1001,5",
        "PJSIP/x/sip:a@b",
        "PJSIP/a@b",
        "Local/1@x",
        "PJSIP/1\n",
    ],
)
async def test_a_target_that_is_no_phone_is_refused(target: str) -> None:
    with pytest.raises(UnsendableError, match="target"):
        await ladder(lambda c: c.dial(target, 20))
    with pytest.raises(UnsendableError, match="target"):
        await ladder(lambda c: c.dial_apart([(target, "")], 20))


@pytest.mark.parametrize("seconds", [0, -1])
async def test_ringing_for_ever_is_refused(seconds: int) -> None:
    with pytest.raises(UnsendableError, match="seconds"):
        await ladder(lambda c: c.dial("PJSIP/1001", seconds))


@pytest.mark.parametrize("legs", [[], [("PJSIP/1001", "A,B")]])
async def test_ringing_nobody_or_with_options_that_split_is_refused(legs: list[tuple[str, str]]) -> None:
    with pytest.raises(UnsendableError):
        await ladder(lambda c: c.dial_apart(legs, 20))


async def test_mark_with_keys_that_repeat() -> None:
    pairs = [("agent", "a1"), ("dial", "1001"), ("agent", "王"), ("dial", "138@carrier")]
    extra = "agent=a1&dial=1001&agent=%E7%8E%8B&dial=138%40carrier&node=start"
    command = f'EXEC CELGenUserEvent "OFFER,{extra}"'
    assert await ladder(lambda c: c.mark("OFFER", pairs, node="start"), (command, "200 result=0")) is None


async def test_mark_without_keys() -> None:
    assert await ladder(lambda c: c.mark("END"), ('EXEC CELGenUserEvent "END,"', "200 result=0")) is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_no_value_breaks_out_of_its_mark(value: str) -> None:
    """One argument to AGI, and in it the event, one comma, and nothing that an application would take apart."""
    sent: list[str] = []

    class Recorder:
        async def send_command(self, command: str, deadline: float) -> dict[str, Any]:
            sent.append(command)
            return {"status_code": 200, "result": ("0", ""), "msg": str(deadline)}

    asyncio.run(Channel(Recorder()).mark("KEYS", keys=value))  # type: ignore[arg-type]
    [_, _, argument] = parse_args(sent[0])
    assert argument.isascii()
    assert argument.startswith("KEYS,keys=")
    assert not set(argument.removeprefix("KEYS,keys=")) & set(',&=+"\\()[]\r\n\0 ')


@pytest.mark.parametrize(
    ("event", "key"),
    [("KEYS x", "keys"), ("KEYS,x", "keys"), ("keys", "keys"), ("", "keys"), ("KEYS", "a=b"), ("KEYS", "A")],
)
async def test_names_that_no_reader_of_the_cel_file_knows_are_refused(event: str, key: str) -> None:
    with pytest.raises(UnsendableError):
        await ladder(lambda c: c.mark(event, [(key, "1")]))


async def test_nothing_is_sent_after_hanging_up() -> None:
    async def node(channel: Channel) -> None:
        await channel.hangup()
        await channel.play("a")

    with pytest.raises(CallerGone):
        await ladder(node, ("HANGUP", "200 result=1"))


COMMANDS: dict[str, Node] = {
    "answer": lambda c: c.answer(),
    "hangup": lambda c: c.hangup(),
    "play": lambda c: c.play("a"),
    "wait_key": lambda c: c.wait_key(1),
    "get_variable": lambda c: c.get_variable("A"),
    "set_variable": lambda c: c.set_variable("A", "b"),
    "execute": lambda c: c.execute("Playback"),
    "dial": lambda c: c.dial("PJSIP/1001", 20),
    "dial_apart": lambda c: c.dial_apart([("PJSIP/1001", "")], 20),
    "evaluate": lambda c: c.evaluate("${A}"),
    "mark": lambda c: c.mark("END"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
async def test_every_command_after_the_caller_hung_up_says_that_the_caller_is_gone(command: Node) -> None:
    async def node(channel: Channel) -> None:
        with pytest.raises(CallerGone):
            await channel.wait_key(1)
        await command(channel)

    with pytest.raises(CallerGone):
        await ladder(node, ("WAIT FOR DIGIT 1000", HUNG_UP))


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("reply", ["510 Invalid or unknown command", "520-Invalid\nusage\n520 End of proper usage."])
async def test_every_refusal_names_the_reply(command: Node, reply: str) -> None:
    sent: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with pytest.raises(RefusedError) as refused:
            await command(Channel(Request(None, HEADERS, Lines(reader), writer)))
        sent.extend(refused.value.args)

    async with session_of(talk) as (asterisk, talking):
        line = await asterisk.command()
        asterisk.send(reply.encode() + b"\n")
        await talking
    assert sent == [line, reply]


async def deadlines_of(node: Node, result: str = "1") -> list[float]:
    seconds: list[float] = []

    class Recorder:
        async def send_command(self, _command: str, deadline: float) -> dict[str, Any]:
            seconds.append(deadline)
            return {"status_code": 200, "result": (result, "BUSY"), "msg": ""}

    await node(Channel(Recorder()))  # type: ignore[arg-type]
    return seconds


async def test_every_command_has_as_long_as_it_may_take() -> None:
    assert await deadlines_of(lambda c: c.answer()) == [10]
    assert await deadlines_of(lambda c: c.set_variable("A", "b")) == [10]
    assert await deadlines_of(lambda c: c.play("a"), "0") == [600]
    assert await deadlines_of(lambda c: c.wait_key(5), "0") == [15]
    assert await deadlines_of(lambda c: c.execute("Playback", deadline=60)) == [60]
    assert await deadlines_of(lambda c: c.dial("PJSIP/1001", 20)) == [20 + 12 * 3600, 10]


async def test_a_session_whose_asterisk_stalls_is_of_no_more_use() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(Request(None, HEADERS, Lines(reader), writer))
        with pytest.raises(StalledError, match=r"0\.01 s"):
            await channel.execute("Playback", deadline=0.01)
        with pytest.raises(OutOfStepError):
            await channel.answer()

    async with session_of(talk) as (_, talking):
        await talking


async def test_answering_at_once_waits_for_no_sound() -> None:
    assert await ladder(lambda c: c.answer_at_once(), ('EXEC Answer ",i"', "200 result=0")) is None


async def idle(said: str, *, event_comes: bool = False, seconds: float = 5) -> Any:
    """What ``wait_for`` gives or raises while Asterisk says this, unasked; then a command is sent."""
    results: list[Any] = []
    event = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(Request(None, HEADERS, Lines(reader), writer))
        try:
            results.append(await channel.wait_for(event, seconds))
            await channel.answer()
        finally:
            writer.close()

    async with session_of(talk) as (asterisk, talking):
        asterisk.send(said.encode())
        if event_comes:
            event.set()
        if await asterisk.command():
            asterisk.send(b"200 result=0\n")
        await talking
        return results[0]


async def test_an_event_ends_idling_and_the_session_is_in_step() -> None:
    assert await idle("", event_comes=True) is True


async def test_idling_has_an_end() -> None:
    assert await idle("", seconds=0.01) is False


async def test_a_hang_up_ends_idling_at_once() -> None:
    with pytest.raises(CallerGone):
        await idle("HANGUP\n")


async def test_anything_else_said_while_idle_is_out_of_step() -> None:
    with pytest.raises(OutOfStepError):
        await idle("200 result=1\n")


RECORD = 'RECORD FILE "/r/a" wav "#" 120000 s=5'
MARK = 'EXEC CELGenUserEvent "VOICEMAIL,ms=2000"'


async def recorded(channel: Channel) -> bool:
    return await channel.record("/r/a", 120, 5)


@pytest.mark.parametrize("reply", ["35 (dtmf) endpos=8000", "0 (timeout) endpos=8000"])
async def test_a_recording_that_the_caller_ended(reply: str) -> None:
    assert await ladder(recorded, (RECORD, f"200 result={reply}"))


@pytest.mark.parametrize("reply", ["(hangup) endpos=8000", "(waitfor) endpos=8000", "(randomerror) endpos=0"])
@pytest.mark.parametrize("marked", ["HANGUP\n200 result=0", "200 result=0\nHANGUP"])
async def test_after_a_recording_that_a_hangup_ended_events_are_marked(reply: str, marked: str) -> None:
    async def node(channel: Channel) -> bool:
        still_there = await recorded(channel)
        await channel.mark("VOICEMAIL", ms="2000")
        await channel.set_variable("RECORDING", "")
        return still_there

    steps = (RECORD, f"200 result=-1 {reply}"), (MARK, marked), ('SET VARIABLE "RECORDING" ""', "200 result=1")
    assert not await ladder(node, *steps)


async def test_a_recording_that_cannot_be_written_is_our_fault() -> None:
    with pytest.raises(RefusedError, match="RECORD FILE"):
        await ladder(recorded, (RECORD, "200 result=-1 (writefile)"), ALIVE)


async def test_a_recording_has_an_end() -> None:
    with pytest.raises(UnsendableError, match="seconds"):
        await ladder(lambda c: c.record("/r/a", 0, 5))
