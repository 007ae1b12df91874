"""Sentences that the core says in English, whole, said in the reader's language: told by their pattern."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from services.console.texts import Texts
from services.console.words import label as _

SENTENCES: Sequence[str] = (
    _("is missing"),
    _("expected one document"),
    _("is there twice"),
    _("unknown key"),
    _("there is no node of this name; did you mean '%(near)s'?"),
    _("there is no node of this name"),
    _("no way leads to this node"),
    _("no way leads out of %(circle)s to where a call ends"),
    _("nothing is waited for in %(circle)s: a call would turn in this circle until it is cut off"),
    _("there is no %(kind)s of this id; did you mean '%(near)s'?"),
    _("there is no %(kind)s of this id"),
    _("this %(kind)s belongs to another account"),
    _("%(kind)s %(name)s of this account has this number already, at %(where)s"),
    _("this is what %(kind)s %(name)s of this account is dialled by"),
    _("no node of this flow keeps anything under this name"),
    _("this group's strategy is %(strategy)s, which needs a node of kind queue"),
    _("this group has no 'callback', which says what number is shown, and more"),
    _("there is nothing in it to speak; expected words"),
    _("there is no variable {%(name)s} here; there are %(known)s"),
    _("is not said in %(languages)s"),
    _("overlaps with %(hours)s on %(days)s"),
    _("overlaps with %(hours)s"),
    _("expected hours of a day, like 09:00-18:00"),
    _("begins and ends at the same time: no time, or the whole day? That is 00:00-24:00"),
    _("an agent has either 'sip' or 'bound'"),
    _("'percentage' needs a weight for every member: %(names)s has none"),
    _("the branches add up to %(total)s percent, which is more than 100"),
    _("this recording is not here any more; bring it again"),
    _("expected a day, like 2026-01-31"),
    _("there is no such day; expected one like 2026-01-31"),
    _("Input should be a valid integer, unable to parse string as an integer"),
    _("Input should be greater than or equal to %(least)s"),
    _("Input should be less than or equal to %(most)s"),
    _("String should have at most %(most)s characters"),
    _("String should have at least %(least)s characters"),
    _("String should have at least %(least)s character"),
    _("String should match pattern '^[a-z0-9][a-z0-9_-]{0,39}$'"),
    _("String should match pattern '%(pattern)s'"),
    _("List should have at least %(least)s item after validation, not %(count)s"),
    _("Dictionary should have at least %(least)s item after validation, not %(count)s"),
    _("%(begin)s begins with no province: '广东', '广东深圳', '北京' are regions"),
)
"""The first that fits."""


def translated(texts: Texts, sentence: str) -> str:
    """The sentence itself where nobody has foreseen it."""
    for said, pattern in _patterns():
        if found := pattern.fullmatch(sentence):
            return texts(said, **found.groupdict())
    return sentence


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return list(_compiled())


def _compiled() -> Iterator[tuple[str, re.Pattern[str]]]:
    for said in SENTENCES:
        pattern = re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(said))
        yield said, re.compile(pattern, re.DOTALL)
