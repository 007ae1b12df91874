"""Callers hear recordings and spoken pieces as one, in the language that they chose, and press ahead."""

from services.domain.nodes.base import SoundFile
from services.domain.prompts import sound_name, spoken_name
from services.uploads import sha256
from tests.calls.conftest import DOCUMENTS
from tests.harness.demo_calls import CALLER
from tests.harness.hearing import SECOND, likeness, listening, samples
from tests.harness.node import Node
from tests.harness.sipp import CALLER_HOST, hears, is_hung_up, presses, presses_and_is_hung_up

PROMPTS, MISSING = "4005200000", "4005200001"


def spoken(node: Node, voice: str, *pieces: str) -> list[int]:
    sounds = [samples((node.sounds / spoken_name(piece, voice)).with_suffix(".wav")) for piece in pieces]
    return [sample for sound in sounds for sample in sound]


def recording(node: Node, file: str) -> list[int]:
    said = SoundFile(file=file, sha256=sha256(DOCUMENTS / file))
    return samples((node.sounds / sound_name(said, "")).with_suffix(".wav"))


async def test_recording_language_and_variables(node: Node) -> None:
    """The mp3 file is heard, then English, in which the number is put together and the value is a word."""
    before = await node.stream.newest()
    async with listening(CALLER_HOST) as (ear, port):
        steps = [hears(4000), presses("2"), hears(300), presses("102"), is_hung_up()]
        caller = await node.sipp.call(CALLER, PROMPTS, steps, media_port=port)
        assert await caller.wait(60) == 0
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == ["choose", "english", "order", "status", "told", "bye"]
    assert likeness(ear.samples, recording(node, "choose.mp3")[: 3 * SECOND]) > 0.9
    told = spoken(node, "en", "Your order", "one hundred", "two", "has been", "shipped")
    end = ear.samples[-len(told) - SECOND // 2 :]
    assert likeness(end, told, 0.6) > 0.9
    wrong = spoken(node, "cmn", "您的订单", "幺", "零", "二", "已经", "已发货", "，请查收。")
    assert likeness(end, wrong, 0.6) < 0.8  # the measure tells sounds apart


async def test_keys_are_pressed_ahead_but_not_through_a_notice(node: Node) -> None:
    before = await node.stream.newest()
    notice = recording(node, "notice.m4a")
    async with listening(CALLER_HOST) as (ear, port):
        # The notice is played to its end whatever is pressed; 9 is pressed while the news is told, which it skips.
        steps = [hears(300), presses("3"), hears(200), presses("7")]
        steps += [hears(1000 * len(notice) // SECOND + 400), presses_and_is_hung_up("9")]
        caller = await node.sipp.call(CALLER, PROMPTS, steps, media_port=port)
        assert await caller.wait(60) == 0
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == ["choose", "notice", "news", "ahead", "bye"]
    assert [(said.node, said.keys, said.outcome) for said in record.keys] == [
        ("choose", "3", "match"), ("ahead", "9", "match"),
    ]  # fmt: skip
    assert likeness(ear.samples, notice, 3) > 0.9
    assert len(ear.samples) < len(notice) + 4 * SECOND  # neither the news nor the menu's prompt was played to its end


async def test_no_caller_is_lost_for_a_sound_that_was_deleted(node: Node) -> None:
    (node.sounds / spoken_name("这句话的声音文件已经丢失。", "cmn")).with_suffix(".wav").unlink()
    before = await node.stream.newest()
    caller = await node.sipp.call(CALLER, MISSING, [hears(800), presses_and_is_hung_up("5")])
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == ["lost", "menu", "bye"]
    assert "not heard, apply its document again" in node.agi.log.read_text(encoding="utf-8")
