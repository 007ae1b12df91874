"""espeak-ng, which is everywhere and speaks everything, like a machine."""

import re
from pathlib import Path

from services.programs import run

WORDS_A_MINUTE = "180"


class Espeak:
    name = "espeak-ng"

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def why_not(self, voice: str) -> str | None:
        # It would speak an unknown voice's text in another one and say nothing of it.
        language, _, variant = voice.partition("+")
        if not re.search(rf"[ (]{re.escape(language)} ", await self._list("--voices")):
            return f"espeak-ng has no voice {language!r}; espeak-ng --voices lists those it has"
        if variant and not re.search(rf" !v/{re.escape(variant)}\s", await self._list("--voices=variant")):
            return f"espeak-ng has no variant {variant!r}; espeak-ng --voices=variant lists those it has"
        return None

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        await run("espeak-ng", "-v", voice, "-s", WORDS_A_MINUTE, "-w", str(wav), "--", text)

    async def _list(self, option: str) -> str:
        if option not in self._known:
            self._known[option] = (await run("espeak-ng", option)).printed
        return self._known[option]
