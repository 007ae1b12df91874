"""Pages from templates. All that is put into one is text: markup of ours stands in templates only."""

from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.console import words
from services.console.access import CSRF_FIELD
from services.console.context import At
from services.console.menu import entries
from services.console.sentences import told, translated
from services.console.texts import LANGUAGES, Texts
from services.domain.rights import Right

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = web.AppKey("assets", dict[str, str])
"""Of each file for browsers its address, which changes when the file does."""


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(Right=Right, LANGUAGES=LANGUAGES, ROLES=words.ROLES, RIGHTS=words.RIGHTS)
    return made


def render(at: At, template: str, values: Mapping[str, Any]) -> str:
    assets = at.request.app[ASSETS]
    known = {
        "at": at,
        "csrf": lambda: _csrf(at),
        "_": at.texts,
        "texts": at.texts,
        "sentence": partial(translated, at.texts),
        "told": partial(told, at.texts),
        "asset": assets.__getitem__,
        "menu": entries(at),
    }
    return environment().get_template(template).render({**known, **values})


def part(texts: Texts, template: str, values: Mapping[str, Any]) -> Markup:
    """A piece of a page that is the same for all who may see it."""
    return Markup(environment().get_template(template).render({"_": texts, "texts": texts, **values}))  # noqa: S704


def _csrf(at: At) -> Markup:
    """The hidden field of every form that is posted."""
    sent = at.who.csrf if at.who else ""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, sent)
