"""Writes the folder of configuration files that one Asterisk host loads."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined

from services.domain.documents import Agent, Group
from services.domain.extensions import numbers_of
from services.domain.pbx import REALM, Pbx
from services.domain.prompts import music_class
from services.domain.voicemail import SHORTEST_MS

TEMPLATES = files("dialplan") / "templates"

MODULES = (TEMPLATES / "modules.txt").read_text().split()

UNUSED = ("acl.conf", "ccss.conf", "features.conf", "pjproject.conf", "udptl.conf")
"""Nothing is set in these, but Asterisk logs an error for each that is missing."""

ROUNDS = 8
"""How often a call asks all FastAGI servers, a second apart, before the caller hears the apology."""

CONFIRM_SECONDS = 10
"""How long a phone that was picked up is asked to confirm."""


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


_ENVIRONMENT = Environment(
    loader=FunctionLoader(_template),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  # these are no web pages
)


@dataclass(frozen=True)
class SharedSounds:
    """What callers and agents of all companies hear."""

    apology: Path
    confirm: Path
    beep: Path
    music: Path
    """A folder."""


def render(  # noqa: PLR0913 - all that stands in the files
    pbx: Pbx,
    agents: Iterable[Agent],
    groups: Iterable[Group],
    conf: Path,
    sounds: SharedSounds,
    *,
    own_music: Mapping[str, Path],
) -> None:
    """Write every file into ``conf``, and what follows the documents into the state folder; passwords stand in them.

    ``own_music``: a sound file for each group that has one.
    Raises OSError, naming the folder, when a folder that Asterisk writes to cannot be written to: without the one for
    CEL it would start and lose its records (FIELD 2).
    """
    for folder in (pbx.folders.state, pbx.folders.log, pbx.folders.cel, pbx.folders.recordings):
        _check_writable(Path(folder))
    values = {
        "pbx": pbx,
        "realm": REALM,
        "phones": Path(pbx.folders.state).resolve(),
        "conf": conf.resolve(),
        "modules": MODULES,
        "rounds": ROUNDS,
        "apology": sounds.apology.with_suffix(""),
        "confirm": sounds.confirm.with_suffix(""),
        "beep": sounds.beep.with_suffix(""),
        "confirm_seconds": CONFIRM_SECONDS,
        "music": sounds.music,
        "shortest_ms": SHORTEST_MS,
        "own_music": {music_class(group): sound.with_suffix("") for group, sound in own_music.items()},
    }
    conf.mkdir(parents=True, exist_ok=True, mode=0o700)
    for template in TEMPLATES.iterdir():
        if template.name.endswith(".j2"):
            write(conf / template.name.removesuffix(".j2"), _ENVIRONMENT.get_template(template.name).render(values))
    for name in UNUSED:
        write(conf / name, "")
    for name, text in phones(agents, groups).items():
        write(Path(pbx.folders.state) / name, text)


def phones(agents: Iterable[Agent], groups: Iterable[Group]) -> dict[str, str]:
    """What Asterisk knows of agents and groups: files of its state folder, by name.

    They follow the documents while Asterisk runs (``services.pbx.provisioning``).
    """
    known = sorted(agents, key=lambda agent: agent.id)
    values = {
        "agents": [agent for agent in known if agent.sip],
        "extensions": _extensions([*known, *groups]),
    }
    return {
        template.name.removesuffix(".j2"): _ENVIRONMENT.get_template(f"phones/{template.name}").render(values)
        for template in (TEMPLATES / "phones").iterdir()
    }


def write(path: Path, text: str) -> None:
    """Readable by the owner only, and never half there."""
    new = path.with_name(path.name + ".new")
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _extensions(documents: Iterable[Agent | Group]) -> dict[str, list[str]]:
    """The numbers of each account, each once."""
    numbers: dict[str, set[str]] = {}
    for document in documents:
        numbers.setdefault(document.account, set()).update(numbers_of(document))
    return {account: sorted(found) for account, found in sorted(numbers.items())}


def _check_writable(folder: Path) -> None:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no such folder; Asterisk must find it and be able to write there")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder}: not writable for user {os.getuid()}, as whom Asterisk is to run")
