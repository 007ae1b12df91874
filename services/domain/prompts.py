"""Names of the sound files that prompts become: known from the document alone, so that a call needs no look-up."""

import hashlib

from services.domain.documents import Group, Hotline
from services.domain.flow import Prompt, SoundFile

MANDARIN = "cmn"
"""The voice that the platform itself speaks with."""
HOLD_MUSIC = "music/hold.wav"
BEEP = "tones/beep.wav"
"""Before a caller's words are recorded."""


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


def spoken_name(text: str, voice: str) -> str:
    return f"spoken/{_digest(voice, text)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
