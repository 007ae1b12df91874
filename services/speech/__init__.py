"""Programs and services that speak texts: one file each, chosen by ``HOTLINE_SPEECH`` (docs/prompts.md)."""

from pathlib import Path
from typing import Protocol

from services.settings import Settings, SettingsError
from services.speech.espeak import Espeak
from services.speech.piper import Piper


class Engine(Protocol):
    @property
    def name(self) -> str:
        """Of the folder of its sounds: another engine's sounds are others."""

    async def why_not(self, voice: str) -> str | None:
        """Why there is no such voice; None: there is, or only speaking would tell. Raises SoundError."""

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        """Write the spoken text into ``wav``, at any rate. Raises SoundError."""


def engine_of(settings: Settings) -> Engine:
    """Raises SettingsError."""
    speech = settings.speech
    if speech == "espeak-ng":
        return Espeak()
    if speech.startswith(("http://", "https://")):
        from services.speech.web import Web  # noqa: PLC0415 - which loads aiohttp

        return Web(speech, settings.speech_secret.get_secret_value())
    if speech == "piper":
        return Piper.found(settings.speech_models)
    raise SettingsError(f"HOTLINE_SPEECH is {speech!r}; expected espeak-ng, piper, or an address with http(s)://")
