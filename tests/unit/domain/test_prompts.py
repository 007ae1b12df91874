"""What a hotline's prompts become: names of sounds, and problems."""

from typing import Any

import pytest

from services.domain.check import check
from services.domain.documents import Hotline
from services.domain.nodes.base import SoundFile
from services.domain.prompts import Sound, file_name, parts_of, sound_name, sounds_of, spoken_name, value_of
from services.domain.reading import read
from services.domain.spoken import Variable

BILINGUAL = """
kind: hotline
number: "4005200000"
account: a
name: x
languages: {zh: cmn, en: en}
words: {shipped: {zh: 已发货, en: shipped}}
flow:
  start: order
  nodes:
    order: {kind: collect, prompt: {zh: 订单号, en: Order}, into: order, next: level, otherwise: level}
    level: {kind: set, name: level, value: 金卡, next: told}
    told: {kind: say, prompt: {zh: "订单 {order} 已{level}。", en: "Order {order:number}"}, next: english}
    english: {kind: language, language: en, next: end}
    end: {kind: hangup}
"""


def hotline(text: str = BILINGUAL) -> Hotline:
    reading = read("x.yaml", text)
    assert not reading.problems
    [item] = reading.located
    assert isinstance(item.document, Hotline)
    return item.document


def said(text: str) -> list[str]:
    """What is wrong, without the account that there is not."""
    reading = read("x.yaml", text)
    found = [*reading.problems, *check(reading)]
    return [str(problem) for problem in found if problem.key != "account"]


def texts(document: Hotline, voice: str) -> set[str]:
    return {str(sound.said) for sound in sounds_of(document) if sound.voice == voice}


def test_every_language_s_pieces_and_values_are_prepared() -> None:
    document = hotline()
    assert {"订单号", "订单", "已", "金卡", "已发货", "幺"} <= texts(document, "cmn")
    assert {"Order", "shipped", "ninety-nine", "one thousand"} <= texts(document, "en")
    assert "九十九" not in texts(document, "cmn")  # no prompt says a number in Mandarin


def test_a_prompt_is_pieces_and_variables() -> None:
    document = hotline()
    prompt = dict(document.flow.nodes["told"].prompts())["prompt"]
    spoken = [spoken_name(text, "cmn") for text in ("订单", "已")]
    assert parts_of(prompt, document, "zh") == (spoken[0], Variable("order", ""), spoken[1], Variable("level", ""))
    assert parts_of(prompt, document, "en") == (spoken_name("Order", "en"), Variable("order", "number"))


@pytest.mark.parametrize(
    ("name", "how", "value", "language", "spoken"),
    [
        ("order", "", "0102", "zh", "零 幺 零 二"),
        ("order", "digits", "+8613", "zh", "八 六 幺 三"),
        ("order", "number", "0102", "zh", "一百 零 二"),
        ("order", "count", "2", "zh", "两"),
        ("order", "number", "10000", "zh", "幺 零 零 零 零"),
        ("order", "", "12", "en", "one two"),
        ("level", "", "金卡", "zh", "金卡"),
        ("order", "", "shipped", "zh", "已发货"),
        ("order", "", "shipped", "en", "shipped"),
        ("order", "", "金卡", "zh", None),
        ("order", "number", "-3", "zh", None),
        ("order", "number", "３", "zh", None),  # a digit, but none that phones have
        ("order", "digits", "1" * 300, "zh", None),
        ("order", "", "在路上", "zh", None),
    ],
)
def test_values(name: str, how: str, value: str, language: str, spoken: str | None) -> None:
    document = hotline()
    voice = document.voices[language]
    expected = None if spoken is None else tuple(spoken_name(text, voice) for text in spoken.split())
    found = value_of(Variable(name, how), value, document, language)
    assert found == expected
    if found:
        assert set(found) <= {sound.name for sound in sounds_of(document)} | {spoken_name("两", "cmn")} | {
            spoken_name(text, "cmn") for text in ("一百", "二", "零")
        }


def test_a_recording_is_named_by_its_content() -> None:
    same, other = SoundFile(file="a.wav", sha256="a" * 64), SoundFile(file="a.wav", sha256="b" * 64)
    assert sound_name(same, "cmn") == file_name("a" * 64) != sound_name(other, "cmn")
    assert Sound("music", same, "").name == file_name("a" * 64)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("{order}", "{ordr}"), "13: flow.nodes.told.prompt.zh: '订单 {ordr} 已{level}。': there is no variable {ordr} "
         "here; there are caller, level, order"),
        (("{order}", "{ahead}"), "13: flow.nodes.told.prompt.zh: '订单 {ahead} 已{level}。': there is no variable "
         "{ahead} here; there are caller, level, order"),
        (("zh: 订单号, en: Order", "zh: 订单号"), "11: flow.nodes.order.prompt: is not said in en"),
        (("zh: 订单号, en: Order", "zh: 订单号, en: Order, fr: Ordre"), "11: flow.nodes.order.prompt.fr: 'fr': there "
         "is no such language in the hotline's 'languages'; there are zh, en"),
        (("{zh: 订单号, en: Order}", "订单号"), "11: flow.nodes.order.prompt: '订单号': the hotline has several "
         "languages; expected {zh: …, en: …}"),
        (("language: en", "language: fr"), "14: flow.nodes.english.language: 'fr': there is no such language in the "
         "hotline's 'languages'; there are zh, en"),
        (("已发货, en: shipped", "已发货"), "7: words.shipped: is not said in en"),
        (("已发货,", "'{order}',"), "7: words.shipped: there are no variables here; write {{ for a brace"),
        (("en: en", "en: ja"), "13: flow.nodes.told.prompt.en: 'Order {order:number}': there are words for number in "
         "Mandarin (cmn, yue) and English (en); voice 'ja' speaks neither"),
        (("订单号", "'…'"), "11: flow.nodes.order.prompt.zh: '…': there is nothing in it to speak; expected words"),
    ],
)  # fmt: skip
def test_problems(change: tuple[str, str], problem: str) -> None:
    assert said(BILINGUAL.replace(*change, 1)) == [f"x.yaml:{problem}"]


def test_nothing_is_wrong() -> None:
    assert said(BILINGUAL) == []


def test_numbers_may_be_said_where_there_are_words_for_them() -> None:
    text = BILINGUAL.replace("en: en}", "en: ja}").replace("{order:number}", "{order}")
    assert said(text.replace("{order} 已", "{order:number} 已")) == []


def test_how_many_are_ahead_is_known_in_a_queue_s_hint() -> None:
    queue = "{kind: queue, group: g, announcements: {hint: '还有 {ahead} 位'}, otherwise: end}"
    text = f"""
kind: hotline
number: "4005200000"
account: a
name: x
flow: {{start: q, nodes: {{q: {queue}, end: {{kind: hangup}}}}}}
"""
    assert [problem for problem in said(text) if "ahead" in problem] == []
    assert {"还有", "位", "两", "零", "一千"} <= texts(hotline(text), "cmn")


def test_what_a_queue_announces_is_prepared() -> None:
    def heard(announcements: str, voice: str = "cmn") -> set[str]:
        queue = f"{{kind: queue, group: g, announcements: {announcements}, otherwise: end}}"
        flow = f"{{start: q, nodes: {{q: {queue}, end: {{kind: hangup}}}}}}"
        text = f"kind: hotline\nnumber: '4005200000'\naccount: a\nname: x\nvoice: {voice}\nflow: {flow}"
        return texts(hotline(text), voice)

    assert heard("null") == set()
    assert {"您是下一位。", "预计等待", "按一"} <= heard("{hint: 按一}")
    assert "您是下一位。" not in heard("{position: false}")
    assert "预计等待" not in heard("{wait: false}")
    assert "You are next." in heard("{}", "en-gb")


def test_a_map_without_languages_is_refused() -> None:
    text = BILINGUAL.replace("languages: {zh: cmn, en: en}\n", "")
    [first, *_] = said(text)
    assert "there is no such language in the hotline's 'languages'; there are none" in first


def test_one_voice_is_a_language_without_a_name() -> None:
    plain: dict[str, Any] = {"kind": "hotline", "number": "4005200000", "account": "a", "name": "x"}
    document = Hotline.model_validate({**plain, "flow": {"start": "a", "nodes": {"a": {"kind": "hangup"}}}})
    assert document.voices == {"": "cmn"}
