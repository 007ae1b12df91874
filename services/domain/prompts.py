"""Names of the sound files that prompts become: known from the document alone, so that a call needs no look-up."""

import hashlib
from collections.abc import Iterator

from services.domain.announcements import every_position, every_wait, language_of
from services.domain.documents import Group, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import Prompt, SoundFile
from services.domain.nodes.queue import Queue

MANDARIN = "cmn"
"""The voice that the platform itself speaks with."""
HOLD_MUSIC = "music/hold.wav"
BEEP = "tones/beep.wav"
"""Before a caller's words are recorded."""
DEFAULT_MUSIC_CLASS = "default"


def prompts_of(hotline: Hotline) -> Iterator[Prompt]:
    """All that callers of a hotline may hear, some of it more than once."""
    language = language_of(hotline.voice)
    for node in hotline.flow.nodes.values():
        yield from (prompt for _, prompt in node.prompts())
        if isinstance(node, Queue) and node.announcements and language:
            if node.announcements.position:
                yield from every_position(language)
            if node.announcements.wait:
                yield from every_wait(language)


def sound_name(prompt: Prompt, hotline: Hotline) -> str:
    """File name below the sounds folder, without extension: Asterisk chooses the format.

    Spoken text is shared by all that say the same in the same voice; a company's own file belongs to its hotline.
    """
    if isinstance(prompt, SoundFile):
        return f"files/{hotline.number}-{_digest(prompt.file)}"
    return spoken_name(prompt, hotline.voice)


def announcement_name(group: Group) -> str | None:
    """Of the sound that says that a talk is recorded; None: it is not said."""
    recording = group.recording
    if recording is None or recording.announce is None:
        return None
    if isinstance(recording.announce, SoundFile):
        return f"files/{group.account}-{group.id}-{_digest(recording.announce.file)}"
    return spoken_name(recording.announce, recording.voice)


def reason_name(document: NumberList, reason: str) -> str:
    """Of the sound that tells callers on a list why."""
    prompt = document.reasons[reason]
    if isinstance(prompt, SoundFile):
        return f"files/{document.account}-{document.id}-{_digest(prompt.file)}"
    return spoken_name(prompt, document.voice)


def spoken_name(text: str, voice: str) -> str:
    return f"spoken/{_digest(voice, text)}"


def music_name(group: str) -> str:
    """File name, as of ``sound_name``, of a group's own music. Not below ``music``, all of which the default plays."""
    return f"group-music/{group}"


def music_class(group: str) -> str:
    """What Asterisk calls a group's own music."""
    return f"group-{group}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
