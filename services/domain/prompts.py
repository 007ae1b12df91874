"""What callers hear as sound files, whose names are known from the document alone: a call needs no look-up."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from services.domain.announcements import every_position, every_wait, language_of
from services.domain.documents import Account, Document, Group, Hotline
from services.domain.features import sentences
from services.domain.lists import NumberList
from services.domain.nodes.base import Prompt, Said, SoundFile
from services.domain.nodes.queue import Queue
from services.domain.numerals import MOST
from services.domain.spoken import Part, Variable, split

MANDARIN = "cmn"
"""The voice that the platform itself speaks with."""
HOLD_MUSIC = "music/hold.wav"
BEEP = "tones/beep.wav"
"""Before a caller's words are recorded."""
DEFAULT_MUSIC_CLASS = "default"

MOST_DIGITS = 40
"""Nobody listens to more."""
MUSIC = "music"
"""The key of a group's own music."""


@dataclass(frozen=True)
class Sound:
    """One that callers of a document may hear."""

    key: str
    """Where the document says so."""
    said: Said
    """Text without variables, or a file."""
    voice: str

    @property
    def name(self) -> str:
        return sound_name(self.said, self.voice)


def sounds_of(document: Document) -> Iterator[Sound]:
    """All that its callers and agents may hear, some of it more than once."""
    if isinstance(document, Hotline):
        for language, voice in document.voices.items():
            yield from _prompted(document, language, voice)
            yield from _announced(document, voice)
    elif isinstance(document, Group):
        if document.recording and document.recording.announce:
            yield Sound("recording.announce", document.recording.announce, document.recording.voice)
        if document.music:
            yield Sound(MUSIC, document.music, "")
    elif isinstance(document, NumberList):
        yield from (Sound(f"reasons.{name}", said, document.voice) for name, said in document.reasons.items())
    elif isinstance(document, Account):
        yield Sound("refusal", document.refusal, MANDARIN)
        yield from (Sound("pause_reasons", text, MANDARIN) for text in sentences(document.pause_reasons))


def voices_of(document: Document) -> Iterator[tuple[str, str]]:
    """By the key that names it."""
    if isinstance(document, Hotline):
        for language, voice in document.voices.items():
            yield f"languages.{language}" if language else "voice", voice
    elif isinstance(document, Group) and document.recording and isinstance(document.recording.announce, str):
        yield "recording.voice", document.recording.voice
    elif isinstance(document, NumberList) and any(isinstance(said, str) for said in document.reasons.values()):
        yield "voice", document.voice


def prompts_of(hotline: Hotline) -> Iterator[tuple[str, Prompt]]:
    """By the key that says so."""
    for name, node in hotline.flow.nodes.items():
        yield from ((f"flow.nodes.{name}.{key}", prompt) for key, prompt in node.prompts())
    yield from ((f"words.{value}", prompt) for value, prompt in hotline.words.items())


def in_language(prompt: Prompt, language: str) -> Said:
    """What of it is for the language; of a prompt that has not got it, its first."""
    if not isinstance(prompt, dict):
        return prompt
    return prompt.get(language) or next(iter(prompt.values()))


def parts_of(prompt: Prompt, hotline: Hotline, language: str) -> tuple[Part, ...]:
    """Names of sounds, and variables."""
    said, voice = in_language(prompt, language), hotline.voices[language]
    if isinstance(said, SoundFile):
        return (sound_name(said, voice),)
    return tuple(part if isinstance(part, Variable) else spoken_name(part, voice) for part in split(said))


def value_of(variable: Variable, value: str, hotline: Hotline, language: str) -> tuple[str, ...] | None:
    """Names of the sounds that a value is spoken with. None: nobody could know it beforehand."""
    voice = hotline.voices[language]
    if not variable.format:
        if value in hotline.words:
            said = in_language(hotline.words[value], language)
            return (sound_name(said, voice),)
        if value in _set_values(variable.name, hotline):
            return (spoken_name(value, voice),)
    grammar, digits = language_of(voice), value.removeprefix("+")
    if grammar is None or len(digits) > MOST_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    numerals = grammar.numerals
    if variable.format in {"number", "count"} and int(digits) <= MOST:
        texts = numerals.number(int(digits), counting=variable.format == "count")
    else:
        texts = numerals.each(digits)
    return tuple(spoken_name(text, voice) for text in texts)


def sound_name(said: Said, voice: str) -> str:
    """File name below the sounds folder, without extension: Asterisk chooses the format.

    Of a file by its content: another recording under the same name is another sound, and a version of a document that
    callers are still in keeps the one that it was applied with.
    """
    if isinstance(said, SoundFile):
        return file_name(said.sha256 or _digest(said.file))
    return spoken_name(said, voice)


def file_name(sha256: str) -> str:
    return f"files/{sha256[:32]}"


def announcement_name(group: Group) -> str | None:
    """Of the sound that says that a talk is recorded; None: it is not said."""
    recording = group.recording
    if recording is None or recording.announce is None:
        return None
    return sound_name(recording.announce, recording.voice)


def reason_name(document: NumberList, reason: str) -> str:
    """Of the sound that tells callers on a list why."""
    return sound_name(document.reasons[reason], document.voice)


def spoken_name(text: str, voice: str) -> str:
    return f"spoken/{_digest(voice, text)}"


def music_name(group: str) -> str:
    """File name, as of ``sound_name``, of a group's own music. Not below ``music``, all of which the default plays."""
    return f"group-music/{group}"


def music_class(group: str) -> str:
    """What Asterisk calls a group's own music."""
    return f"group-{group}"


def _prompted(hotline: Hotline, language: str, voice: str) -> Iterator[Sound]:
    met = set[Variable]()
    for key, prompt in prompts_of(hotline):
        said = in_language(prompt, language)
        at = f"{key}.{language}" if isinstance(prompt, dict) else key
        if isinstance(said, SoundFile):
            yield Sound(at, said, voice)
            continue
        for part in split(said):
            if isinstance(part, str):
                yield Sound(at, part, voice)
            elif part not in met:
                met.add(part)
                yield from (Sound(at, text, voice) for text in _values(part, hotline, voice))


def _announced(hotline: Hotline, voice: str) -> Iterator[Sound]:
    grammar = language_of(voice)
    for name, node in hotline.flow.nodes.items():
        if not isinstance(node, Queue) or not node.announcements or not grammar:
            continue
        key = f"flow.nodes.{name}.announcements"
        if node.announcements.position:
            yield from (Sound(key, text, voice) for text in every_position(grammar))
        if node.announcements.wait:
            yield from (Sound(key, text, voice) for text in every_wait(grammar))


def _values(variable: Variable, hotline: Hotline, voice: str) -> Iterator[str]:
    """The texts that its values may be spoken with, as far as they are known."""
    if not variable.format:
        yield from _set_values(variable.name, hotline)
    if grammar := language_of(voice):
        yield from grammar.numerals.digits
        if variable.format in {"number", "count"}:
            yield from grammar.numerals.words()


def _set_values(name: str, hotline: Hotline) -> set[str]:
    nodes = hotline.flow.nodes.values()
    found = {node.value for node in nodes if node.kind == "set" and node.name == name}
    return {value for value in found if value not in hotline.words and any(map(str.isalpha, value))}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
