"""piper, which speaks like people: a voice is a model file in a folder of its own."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from services.programs import run
from services.settings import SettingsError


@dataclass(frozen=True)
class Piper:
    models: Path
    """``cmn.onnx`` in it is the voice ``cmn``."""
    name = "piper"

    @classmethod
    def found(cls, models: Path | None) -> "Piper":
        """Raises SettingsError."""
        if shutil.which("piper") is None:
            raise SettingsError("HOTLINE_SPEECH is piper, and there is no program of that name on this machine")
        if models is None or not any(models.glob("*.onnx")):
            raise SettingsError(f"HOTLINE_SPEECH_MODELS is {models}; expected a folder with piper's models, cmn.onnx")
        return cls(models)

    async def why_not(self, voice: str) -> str | None:
        if not self._model(voice).is_file():
            there = ", ".join(sorted(model.stem for model in self.models.glob("*.onnx")))
            return f"piper has no voice {voice!r}; the models in {self.models} are {there}"
        return None

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        line = " ".join(text.split())  # each line would be a sound of its own
        await run("piper", "--model", str(self._model(voice)), "--output_file", str(wav), stdin=line.encode())

    def _model(self, voice: str) -> Path:
        return self.models / f"{voice}.onnx"
