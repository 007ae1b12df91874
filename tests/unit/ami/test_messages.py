"""What is overridden of panoramisk's reading, and for each override: that its own class fails the same test."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panoramisk.ami_protocol import AMIProtocol

from services.ami.messages import LINE_BYTES, MESSAGE_LINES, Message, NotAmiError, Reader
from tests.unit.ami.fake_asterisk import GREETING, message

Read = list[dict[str, Any]]


def ours(*chunks: bytes) -> Read:
    reader = Reader()
    return [dict(message) for chunk in (GREETING, *chunks) for message in reader.feed(chunk)]


def theirs(*chunks: bytes) -> Read:
    protocol, read = AMIProtocol(), Read()
    protocol.connection_made(None)
    protocol.encoding = "utf8"
    protocol.factory = SimpleNamespace(dispatch=lambda event: read.append(dict(event)))
    for chunk in (GREETING, *chunks):
        protocol.data_received(chunk)
    return [{key: value for key, value in event.items() if (key, value) != ("content", "")} for event in read]


@pytest.mark.parametrize("read", [ours, theirs])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (message("Event: A", "Key: a: b"), [{"Event": "A", "Key": "a: b"}]),
        (message("Event: A", "Name: 张三", "K: 1"), [{"Event": "A", "Name": "张三", "K": "1"}]),
        (message("Event: A", "Key: ", "K: 1"), [{"Event": "A", "Key": "", "K": "1"}]),
        (message("Event: A", "no colon", "K: 1"), [{"Event": "A", "K": "1"}]),
        (
            message("Event: A", "Key: a\nEvent: B\n\nb\rc", "K: 1"),
            [{"Event": "A", "Key": "a\nEvent: B\n\nb\rc", "K": "1"}],
        ),
        (message("Event: A") + b"\r\n" + message("Event: B"), [{"Event": "A"}, {"Event": "B"}]),
    ],
    ids=["colon", "Chinese", "empty value", "no key", "lone CR and LF", "blank lines"],
)
def test_what_panoramisk_reads_as_we_do(read: Any, data: bytes, expected: Read) -> None:
    assert read(data) == expected


WHOLE = message("Event: A", "Name: 张三")

CASES = {
    "UTF-8 cut in two": ([WHOLE[:18], WHOLE[18:]], {"Event": "A", "Name": "张三"}),
    "invalid UTF-8": ([b"Event: A\r\nName: \xe5\xff\r\n\r\n"], {"Event": "A", "Name": "\ufffd\ufffd"}),
    "an empty value at the end": ([message("Event: A", "Key: ")], {"Event": "A", "Key": ""}),
    "a value twice": ([message("Event: A", "Key: 1", "Key: 2")], {"Event": "A", "Key": "1"}),
    "a value twice, in other case": ([message("Event: A", "Key: 1", "event: B")], {"Event": "A", "Key": "1"}),
    "a key 'Content'": ([message("Event: A", "Content: c")], {"Event": "A", "Content": "c"}),
    "a line too long": (
        [message("Event: A", "Key: " + "x" * LINE_BYTES, "K: 1")],
        {"Event": "A", "K": "1"},
    ),
    "a line too long, its end cut in two": (
        [b"Event: A\r\nKey: " + b"x" * LINE_BYTES, b"x" * LINE_BYTES + b"\r", b"\nK: 1\r\n\r\n"],
        {"Event": "A", "K": "1"},
    ),
    "too many lines": (
        [message("Event: A", *(f"Key{number}: 1" for number in range(2 * MESSAGE_LINES)))],
        {"Event": "A", **{f"Key{number}": "1" for number in range(MESSAGE_LINES - 1)}},
    ),
}


@pytest.mark.parametrize(("chunks", "expected"), CASES.values(), ids=CASES)
def test_messages_that_panoramisk_misreads_or_lets_grow(chunks: list[bytes], expected: dict[str, str]) -> None:
    after = {"Event": "B"}
    assert ours(*chunks, message("Event: B")) == [expected, after]
    assert theirs(*chunks, message("Event: B")) != [expected, after]


MESSAGES = st.lists(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1), min_size=1)
)


@given(MESSAGES, st.lists(st.integers(1, 40)))
def test_it_does_not_matter_where_the_stream_is_cut(messages: list[list[str]], cuts: list[int]) -> None:
    data = GREETING + b"".join(message(*(f"Key: {text}" for text in texts)) for texts in messages)
    reader, read = Reader(), []
    for cut in cuts:
        read += [part.all("key") for part in reader.feed(data[:cut])]
        data = data[cut:]
    read += [part.all("key") for part in reader.feed(data)]
    assert read == messages


def test_a_line_without_end_takes_no_more_memory_than_one_line() -> None:
    reader, protocol = Reader(), AMIProtocol()
    protocol.connection_made(None)
    for chunk in (GREETING, *[b"x" * LINE_BYTES] * 100):
        assert list(reader.feed(chunk)) == []
        protocol.data_received(chunk)
    assert len(reader._rest) <= LINE_BYTES
    assert len(protocol.queue[0]) > 99 * LINE_BYTES
    assert reader.dropped == 0
    [_] = reader.feed(b"\r\nEvent: A\r\n\r\n")
    assert reader.dropped == 1


@pytest.mark.parametrize("first", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\r\n", b"x" * (LINE_BYTES + 1)])
def test_a_peer_that_is_not_asterisk_is_found_out(first: bytes) -> None:
    with pytest.raises(NotAmiError):
        list(Reader().feed(first))


def test_repeated_keys_and_missing_ones() -> None:
    read = Message(["Event: A", "ChanVariable: a=1", "chanvariable: b=2"])
    assert read.all("ChanVariable") == ["a=1", "b=2"]
    assert read.all("Nothing") == []
    assert read["CHANVARIABLE"] == "a=1"
    assert read.get("Nothing") is None
    with pytest.raises(KeyError):
        read["Nothing"]
