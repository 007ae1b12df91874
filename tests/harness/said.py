"""What was said on the calls of ``make run``: few talks and messages, of which many recordings are one."""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from services.domain.record import Record
from services.domain.voicemail import voicemails_of
from services.programs import run
from services.speech.espeak import Espeak

MESSAGE_SECONDS = (6, 10, 16, 25, 38)
TALK_SECONDS = (20, 45, 80, 120, 180, 260, 400)
CALLER, AGENT = "cmn+f2", "cmn+m3"
MESSAGE = (
    (CALLER, "你好，我是昨天下单的客户，我的净水器到现在还没有送到。"),
    (CALLER, "麻烦你们查一下订单，然后给我回个电话。"),
    (CALLER, "我的电话就是这个号码，下午都可以接听，谢谢。"),
)
TALK = (
    (AGENT, "您好，绿源售后，请问有什么可以帮您？"),
    (CALLER, "你好，我家的净水器滤芯灯亮了，是不是该换了？"),
    (AGENT, "请问是哪一款机器，用了多长时间？"),
    (CALLER, "就是厨房下面那一款，大概用了一年。"),
    (AGENT, "那是该换滤芯了，我帮您登记，师傅明天上午联系您，可以吗？"),
    (CALLER, "可以的，换一次要多少钱？"),
    (AGENT, "一套滤芯两百六十元，上门不另外收费。"),
    (CALLER, "好的，那就明天上午，谢谢。"),
    (AGENT, "不客气，请您对我的服务评分，再见。"),
)
PAUSE = "adelay=400:all=1"
"""Milliseconds of silence ahead of each sentence."""


def length(seconds: float, of: Sequence[int]) -> int:
    return min(of, key=lambda one: abs(one - seconds))


async def lay(recordings: Path, records: Iterable[Record]) -> None:
    """The files that these records name, those that sound alike as one file with many names."""
    wanted = {path: sound for record in records for path, sound in _sounds(record)}
    with tempfile.TemporaryDirectory(dir=recordings) as folder:
        made = await _made(Path(folder))
        for name, sound in wanted.items():
            path = recordings / name
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(made[sound], path)


def _sounds(record: Record) -> Iterable[tuple[str, tuple[str, int]]]:
    for file in record.recordings:
        yield file, ("talk", length(record.talk_ms / 1000, TALK_SECONDS))
    for voicemail in voicemails_of(record):
        yield voicemail.file, ("message", length(voicemail.ms / 1000, MESSAGE_SECONDS))


async def _made(folder: Path) -> Mapping[tuple[str, int], Path]:
    made = {}
    for name, sentences, lengths in (("talk", TALK, TALK_SECONDS), ("message", MESSAGE, MESSAGE_SECONDS)):
        whole = await _spoken(folder, name, sentences)
        for seconds in lengths:
            path = folder / f"{name}-{seconds}.wav"
            await run(*_FFMPEG, "-stream_loop", "-1", "-i", str(whole), "-t", str(seconds), str(path))
            made[name, seconds] = path
    return made


async def _spoken(folder: Path, name: str, sentences: Sequence[tuple[str, str]]) -> Path:
    inputs = []
    for number, (voice, text) in enumerate(sentences):
        path = folder / f"{name}.{number}.wav"
        await Espeak().speak(text, voice, path)
        inputs += ["-i", str(path)]
    parts = [f"[{number}]{PAUSE}[{number}p]" for number in range(len(sentences))]
    joined = "".join(f"[{number}p]" for number in range(len(sentences))) + f"concat=n={len(sentences)}:v=0:a=1"
    whole = folder / f"{name}.wav"
    await run(*_FFMPEG, *inputs, "-filter_complex", ";".join([*parts, joined]), "-ar", "8000", "-ac", "1", str(whole))
    return whole


_FFMPEG = ("ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-y")
