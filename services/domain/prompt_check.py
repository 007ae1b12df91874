"""What is wrong with a hotline's prompts: languages that are missing, variables that there are not."""

from collections.abc import Iterator

from services.domain.announcements import language_of
from services.domain.documents import Hotline
from services.domain.nodes.base import Prompt, Said, SoundFile
from services.domain.prompts import prompts_of
from services.domain.spoken import AHEAD, CALLER, Variable, split

HINT = "announcements.hint"
"""The only prompt that may say how many are ahead."""

ProblemParts = tuple[str, object, str]
"""Key, value, what was expected."""


def problems(hotline: Hotline) -> Iterator[ProblemParts]:
    kept = {name for node in hotline.flow.nodes.values() for name in node.keeps()}
    for key, prompt in prompts_of(hotline):
        yield from _missing_languages(key, prompt, hotline)
        known = {CALLER, *kept, *([AHEAD] if key.endswith(HINT) else [])}
        for at, said, voice in _each_language(key, prompt, hotline):
            for part in split(said) if isinstance(said, str) else ():
                if isinstance(part, Variable) and (expected := _unspeakable(part, known, voice)):
                    yield at, said, expected
    for name, node in hotline.flow.nodes.items():
        if node.kind == "language" and node.language not in hotline.languages:
            yield f"flow.nodes.{name}.language", node.language, _no_language(hotline)


def _unspeakable(variable: Variable, known: set[str], voice: str) -> str | None:
    if variable.name not in known:
        return f"there is no variable {{{variable.name}}} here; there are {', '.join(sorted(known))}"
    if variable.format and language_of(voice) is None:
        words = f"there are words for {variable.format} in Mandarin (cmn, yue) and English (en)"
        return f"{words}; voice {voice!r} speaks neither"
    return None


def _missing_languages(key: str, prompt: Prompt, hotline: Hotline) -> Iterator[ProblemParts]:
    if isinstance(prompt, dict):
        for language in prompt.keys() - hotline.languages.keys():
            yield f"{key}.{language}", language, _no_language(hotline)
        if missing := [language for language in hotline.languages if language not in prompt]:
            yield key, prompt, f"is not said in {', '.join(missing)}"
    elif len(hotline.languages) > 1 and not isinstance(prompt, SoundFile):
        expected = f"the hotline has several languages; expected {{{': …, '.join(hotline.languages)}: …}}"
        yield key, prompt, expected


def _each_language(key: str, prompt: Prompt, hotline: Hotline) -> Iterator[tuple[str, Said, str]]:
    """Key, what is said, and the voice; nothing in languages that the hotline has not got."""
    if isinstance(prompt, dict):
        for language, said in prompt.items():
            if language in hotline.voices:
                yield f"{key}.{language}", said, hotline.voices[language]
    else:
        yield key, prompt, next(iter(hotline.voices.values()))


def _no_language(hotline: Hotline) -> str:
    there = ", ".join(hotline.languages) or "none"
    return f"there is no such language in the hotline's 'languages'; there are {there}"
