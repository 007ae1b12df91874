"""Lists of numbers (黑名单, 白名单), which nodes of kind ``screen`` ask about callers."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from services.domain.model import DocumentModel, Id, Title, Voice, keys_as_text
from services.domain.nodes.base import PlainSaid
from services.domain.numbers import as_dialled

MOST_ENTRIES = 200_000
AN_ENTRY = (
    "expected a number (13800138000, 02161234567, +442079460000), the begin of numbers with a star (1701*), "
    "or an area code (0755)"
)

_PUNCTUATION = re.compile(r"^'|[ ()-]")
"""A quote ahead is what keeps a spreadsheet from reading +44 as a sum."""
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_AREA_CODE = re.compile(r"0(?:10|2\d|[3-9]\d{2})", re.ASCII)
_BEGIN = re.compile(r"\+(?:[1-9]\d{0,13})?|0(?:[1-9]\d{0,10})?|1\d{0,10}|9\d{0,14}|[48]00\d{0,6}", re.ASCII)
_CHINAS_BEGIN = re.compile(r"\+86(?=10|1[3-9]|[2-9])", re.ASCII)
_NUMBER = re.compile(r"1[3-9]\d{9}|0[1-9]\d{9,10}|[48]00\d{7}|\+[1-9]\d{5,14}|1[0-2]\d{1,6}|9[56]\d{1,14}", re.ASCII)
"""As ``as_dialled`` has them; last the services, ``10086``, ``95588``."""


def entry_of(text: str) -> str | None:
    """The one form of all spellings of an entry: a number as it is dialled, or a begin and a star; None: it is none.

    An area code is the begin of its numbers: ``0755*``.
    """
    if _MOBILE.fullmatch(text):  # as nearly all of a long list are
        return text
    written = _PUNCTUATION.sub("", text)
    if written.endswith("*"):
        return _begin_of(written[:-1])
    if _AREA_CODE.fullmatch(written):
        return f"{written}*"
    number = as_dialled(written)
    return number if _NUMBER.fullmatch(number) else None


def _begin_of(digits: str) -> str | None:
    begin = f"+{digits[2:]}" if digits.startswith("00") else digits
    if china := _CHINAS_BEGIN.match(begin):
        begin = "0" + begin[china.end() :]
    if re.match(r"01[3-9]", begin):
        begin = begin[1:]
    return f"{begin}*" if _BEGIN.fullmatch(begin) and not begin.startswith("+86") else None


def entries_for(number: str) -> list[str]:
    """What a number, as it is dialled, may be on a list by: itself, then its begins, the longest first."""
    return [number, *(f"{number[:end]}*" for end in range(len(number), 0, -1))]


class Match(NamedTuple):
    """Why a number is on a list."""

    list: str
    entry: str
    reason: str | None
    """Its name."""
    sound: str | None
    """What says it, below the sounds folder."""


def _entry(text: str) -> str:
    entry = entry_of(text)
    if entry is None:
        raise ValueError(AN_ENTRY)
    return entry


Entries = dict[Annotated[str, StringConstraints(max_length=40), AfterValidator(_entry)], Id | None]


def _no_doubles(value: object, validated: ValidatorFunctionWrapHandler) -> Entries:
    """Two spellings of one number would become one entry, with the reason of either."""
    written = keys_as_text(value)
    entries: Entries = validated(written)
    if len(entries) < len(written):
        first: dict[str, str] = {}
        for text, reason in written.items():
            entry = _entry(text)
            if reason != written[first.setdefault(entry, text)]:
                raise ValueError(f"{first[entry]!r} and {text!r} are the same and have different reasons")
    return entries


class NumberList(DocumentModel):
    kind: Literal["list"]
    id: Id
    account: Id
    name: Title
    voice: Voice = "cmn"
    """What the reasons are spoken with."""
    reasons: Annotated[dict[Id, PlainSaid], Field(max_length=50)] = Field(default_factory=dict)
    """What a caller is told who is on the list for it."""
    reason: Id | None = None
    """Of entries that name none."""
    entries: Annotated[Entries, WrapValidator(_no_doubles), Field(max_length=MOST_ENTRIES)] = Field(
        default_factory=dict
    )
    """Reasons by number, begin of numbers (``1701*``) or area code."""
    file: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(default=None, exclude=True)
    """CSV with more entries, beside the document; once it has been read, they are among ``entries``."""

    @model_validator(mode="after")
    def _reasons_are_there(self) -> "NumberList":
        named = {reason for reason in (self.reason, *self.entries.values()) if reason is not None}
        if unknown := named - self.reasons.keys():
            raise ValueError(f"there is no reason {', '.join(sorted(unknown)[:5])} among 'reasons'")
        return self

    def with_entries(self, more: Mapping[str, str | None]) -> "NumberList":
        """``more`` as ``entries`` have them: in one form, with reasons that there are."""
        together = {**self.entries, **more}
        return self.model_copy(update={"entries": {entry: together[entry] for entry in sorted(together)}, "file": None})

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account
