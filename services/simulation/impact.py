"""Which of the calls that there were would have gone elsewhere, had other documents held."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from services.domain.check import Standing
from services.domain.documents import Document, owner_of
from services.domain.record import Record
from services.simulation.call import UnknownHotlineError, simulate
from services.simulation.clock import TooLongError
from services.simulation.replay import destination, path, scene_of

CHUNK = 16
"""Calls that a worker is given at once."""


@dataclass(frozen=True, slots=True)
class Unreplayed:
    """A call that would not end, or whose hotline is no more."""

    call: str
    why: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A call that would have gone elsewhere; both ways are simulated, so that only the documents differ."""

    call: str
    at: int
    hotline: str
    caller: str | None
    before: str
    after: str


Compared = Difference | Unreplayed | None


def owners(before: Standing, after: Standing) -> set[str | None]:
    """The accounts that are changed; None: what is changed belongs to none."""
    names = before.documents.keys() | after.documents.keys()
    changed = [name for name in names if before.documents.get(name) != after.documents.get(name)]
    found = [side.documents.get(name) for name in changed for side in (before, after)]
    return {owner_of(document) for document in found if document}


def replays(record: Record) -> bool:
    return record.kind == "inbound" and bool(record.hops)


def workers(count: int, sounds: Path, before: Sequence[Document], after: Sequence[Document]) -> ProcessPoolExecutor:
    """Processes for ``compare``; they are told once what each call needs."""
    return ProcessPoolExecutor(count, get_context("spawn"), _tell, (sounds, before, after))


def compare(record: Record) -> Compared:
    """In one of ``workers``; None: the call would have gone where it went."""
    [(sounds, before, after)] = _TOLD
    try:
        was, would = (simulate(scene_of(record, documents), sounds).record for documents in (before, after))
    except (TooLongError, UnknownHotlineError) as error:
        return Unreplayed(record.call_id, str(error))
    if destination(was) == destination(would):
        return None
    return Difference(record.call_id, record.started, record.hotline, record.caller, path(was), path(would))


def summed(found: Sequence[Difference]) -> Iterator[tuple[str, str, int]]:
    """Ways before and after, the most frequent first."""
    counted = Counter((one.before, one.after) for one in found)
    return ((was, would, count) for (was, would), count in counted.most_common())


_TOLD: list[tuple[Path, Sequence[Document], Sequence[Document]]] = []


def _tell(*told: Path | Sequence[Document]) -> None:
    _TOLD[:] = [told]  # type: ignore[list-item]
