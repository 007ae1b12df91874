"""What somebody sees of an account's documents: those in effect, and over them the person's own draft."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from services.configuration.refusal import Refused as RefusedChange
from services.console.context import At
from services.console.forms.masks import masked, masked_text, unmasked, unmasked_text
from services.console.problems import Changed, Forbidden, Invalid, Refused, Sentences, Unknown, Where
from services.console.words import label as _
from services.domain.check import Standing, check_change
from services.domain.documents import Account, Document, Hotline, Ref, owner_of, ref
from services.domain.problem import Problem as Flaw
from services.domain.reading import Located, Reading, read, take
from services.domain.rights import Right
from services.domain.writing import revised, text_of
from services.store import documents, drafts
from services.store.drafts import Draft
from services.store.due import now
from services.store.versions import Edit

KINDS = ("hotline", "group", "agent", "calendar", "list", "numbering")
"""That a company has of its own, beside its account."""
OWN_OF_ACCOUNT = frozenset({"name", "notify", "voicemail_days", "pause_reasons"})
"""What of its account's document is a company's own to say; the rest is between it and the platform."""


class Wrong(Exception):  # noqa: N818 - whoever sent it is told
    """What was sent is no document: nothing was kept."""

    def __init__(self, problems: Sequence[Flaw]) -> None:
        super().__init__("; ".join(problem.expected for problem in problems))
        self.problems = problems

    def invalid(self) -> Invalid:
        where = [Where(at=one.key or "document", expected=one.expected) for one in self.problems]
        told = "; ".join(f"{one.at}: {one.expected}" for one in where[:5])
        return Invalid("What was sent is no document: %(problems)s", where, problems=told)


@dataclass(frozen=True)
class Desk:
    """All that is seen by one person at one moment; ``account`` is whose documents it is about."""

    account: str
    stands: Standing
    draft: Draft | None
    seen: Standing
    """With the draft."""

    def own(self, kind: str, name: str) -> Document:
        """Raises Unknown also for what belongs to others."""
        found = self.seen.documents.get((kind, name))
        if found is None or owner_of(found) != self.account:
            raise Unknown("There is no %(kind)s %(name)s.", kind=kind, name=name)
        return found

    def hotline(self, number: str) -> Hotline:
        found = self.own("hotline", number)
        return cast("Hotline", found)

    def of_kind(self, kind: str) -> list[Document]:
        every = (one for (of_kind, _), one in self.seen.documents.items() if of_kind == kind)
        return sorted((one for one in every if owner_of(one) == self.account), key=lambda one: one.id)

    def named(self, kind: str) -> list[tuple[str, str]]:
        """Ids and names that the account's documents may name, those that are everybody's included."""
        if kind == "trunk":
            hosts = (one for one in self.seen.documents.values() if one.kind == "pbx")
            return sorted({(trunk.id, "") for host in hosts for trunk in host.trunks})
        every = (one for (of_kind, _), one in self.seen.documents.items() if of_kind == kind)
        return sorted((one.id, getattr(one, "name", "")) for one in every if owner_of(one) in {self.account, None})

    def drafted(self, title: Ref) -> bool:
        return self.draft is not None and title in self.draft.documents

    @property
    def changed(self) -> list[Document]:
        """What the draft would change of the account."""
        return [] if self.draft is None else [one.document for one in self.draft.documents.values()]

    @property
    def moved(self) -> list[Ref]:
        return [] if self.draft is None else self.draft.moved(self.stands)


def draft_name(at: At) -> str:
    return f"{at.account}:{at.identity.login}"


async def desk(at: At) -> Desk:
    stands, found = await documents.standing(at.redis), await drafts.get(at.redis, draft_name(at))
    return Desk(at.account, stands, found, found.over(stands) if found else stands)


def mark(document: Document | None) -> str:
    """Which state of a document a page shows: whoever sends it back has seen no other."""
    body = "" if document is None else document.model_dump_json(by_alias=True)
    return hashlib.sha256(body.encode()).hexdigest()[:20]


def data_of(document: Document) -> dict[str, Any]:
    """As JSON, without secrets."""
    data: dict[str, Any] = masked(whole(document))
    return data


def whole(document: Document) -> dict[str, Any]:
    data: dict[str, Any] = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    return data


async def problems(seen: Desk, changed: Sequence[Document]) -> list[Flaw]:
    """What ``check`` says of documents in the place of those that stand."""
    reading = Reading([Located(one, f"{one.kind} {one.id}") for one in changed])
    return await asyncio.to_thread(check_change, reading, seen.seen)


async def refuse_wrong(seen: Desk, more: Sequence[Document] = ()) -> None:
    """Calls are led by what is right only. Raises Refused."""
    if found := await problems(seen, [*{ref(one): one for one in (*seen.changed, *more)}.values()]):
        where = [Where(at=f"{one.file} {one.key}", expected=one.expected) for one in found]
        first = f"{where[0].at}: {where[0].expected}"
        raise Refused("Calls can be led by it once this is right: %(problem)s", where, problem=first)


def of_document(found: Iterable[Flaw], document: Document) -> Iterator[Flaw]:
    return (one for one in found if one.file in {f"{document.kind} {document.id}", Located.stored(document).file})


def taken(data: Mapping[str, Any], old: Document | None) -> Document:
    """The document that values are. Raises Wrong."""
    source = unmasked(deepcopy(dict(data)), whole(old) if old else {})
    reading = take(f"{source.get('kind')} {source.get('id')}", source)
    if reading.problems:
        raise Wrong(sorted(reading.problems))
    return reading.located[0].document


def taken_text(text: str, old: Document | None) -> tuple[Document, str]:
    """Of YAML: the document, and the text as it is kept. Raises Wrong."""
    kept = unmasked_text(text, whole(old) if old else {})
    reading = read("", kept)
    if reading.problems or len(reading.located) != 1:
        one = Flaw(file="", line=1, key="", value="", expected="expected one document")
        raise Wrong(sorted(reading.problems) or [one])
    return reading.located[0].document, kept


async def source_of(at: At, seen: Desk, document: Document) -> str:
    """Its YAML, with the comments that somebody wrote, without secrets."""
    title = ref(document)
    kept = seen.draft.documents[title].source if seen.draft and title in seen.draft.documents else ""
    kept = kept or await documents.source(at.redis, *title)
    text = await asyncio.to_thread(revised, kept, {title: document}) if kept else text_of(document)
    return masked_text(text)


async def put(  # noqa: PLR0913 - what is sent and what was seen
    at: At, document: Document, seen_mark: str, old: Document | None, source: str = "", *, over: bool = False
) -> None:
    """Puts a document into the person's draft. ``old``: what its page showed, of which ``seen_mark`` tells.

    ``over``: also in the place of what somebody else has made of it meanwhile. Raises Changed, Refused, Forbidden.
    """
    title = ref(document)
    found = await desk(at)
    _refuse_foreign(at, found, document, old)
    before = found.draft.documents.get(title) if found.draft else None

    def check(seen: Standing) -> None:
        if not over and mark(seen.documents.get(title)) != seen_mark:
            raise Changed("%(kind)s %(name)s has been changed meanwhile.", kind=title[0], name=title[1])

    bases = {title: before.version} if before and not over else {}
    kept = source or (before.source if before else "")
    edit = Edit(at.identity.login, now())
    await drafts.put(at.redis, draft_name(at), [document], edit, check, bases, {title: kept})


def _refuse_foreign(at: At, found: Desk, document: Document, old: Document | None) -> None:
    """Raises Refused and Forbidden."""
    title = ref(document)
    there = found.seen.documents.get(title)
    if old is not None and title != ref(old):
        raise Refused("Its kind and its id stay: %(kind)s %(name)s.", kind=old.kind, name=old.id)
    if (there is not None and owner_of(there) != at.account) or (there is None and title in found.stands.unreadable):
        raise Refused("The id %(name)s is taken.", name=document.id)
    if owner_of(document) != at.account:
        raise Refused("It must belong to account %(account)s.", account=at.account)
    if not platform(at) and (problem := _beyond_a_company(document, there)):
        raise Forbidden(problem)


def platform(at: At) -> bool:
    return at.identity.account is None and at.may(Right.CHANGE_SETUP)


def _beyond_a_company(document: Document, there: Document | None) -> str:
    if isinstance(document, Hotline) and there is None:
        return _("Numbers are given out by the platform.")
    if isinstance(document, Account):
        fields = set(type(document).model_fields) - OWN_OF_ACCOUNT
        if there is None or any(getattr(document, one) != getattr(there, one) for one in fields):
            return _("Of an account only name, notices, voicemail days and reasons of pauses are its own to change.")
    return ""


def refuse_others(at: At, draft: Draft, stands: Standing) -> None:
    """What is put into effect is the account's own, before and after. Raises Refused."""
    for title, one in draft.documents.items():
        there = stands.documents.get(title)
        if owner_of(one.document) != at.account or (there is not None and owner_of(there) != at.account):
            raise Refused("%(kind)s %(name)s belongs to another account.", kind=title[0], name=title[1])


def told(error: RefusedChange) -> Refused:
    where = [Where(at=one.key, expected=one.expected) for one in error.sentences if isinstance(one, Flaw)]
    first = Sentences([_placed(one) for one in error.sentences[:5]])
    return Refused("It was not put into effect: %(problems)s", where, problems=first)


def _placed(one: Flaw | str) -> tuple[str, str]:
    if isinstance(one, str):
        return "", one
    return ": ".join(part for part in (one.file, one.key, one.value) if part), one.expected
