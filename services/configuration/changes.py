"""Documents are put into effect, put aside, rolled back and deleted here, and nowhere else.

All raise Refused, services.programs.SoundError and redis.exceptions.RedisError; then nothing has changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from pydantic import ValidationError
from redis.asyncio import Redis

from services.configuration import sounds
from services.configuration.refusal import Refused, refuse_change
from services.configuration.sounds import Progress, silent
from services.domain.check import Standing
from services.domain.documents import Document, Ref
from services.domain.reading import Located, Reading
from services.prompts import Sounds
from services.store import documents, drafts, staff, versions
from services.store.documents import Check
from services.store.drafts import Draft
from services.store.versions import Edit

Changed = list[tuple[Document, int]]
"""Documents that are otherwise than before, with their new versions."""
Guard = Callable[[Draft, Standing], None]
"""Raises if a draft must not be put into effect."""


@dataclass(frozen=True)
class Changes:
    redis: Redis
    made: Sounds
    progress: Progress = silent

    async def apply(self, reading: Reading, edit: Edit) -> Changed:
        """Puts what was read into effect; what it names may be among it or stand already."""
        refuse_change(reading, await documents.standing(self.redis))
        return await self._write(reading, await self._ready(reading), edit)

    async def put_aside(self, draft: str, reading: Reading, edit: Edit) -> list[Document]:
        """Puts what was read into a draft, as if it were applied; its sounds are made at once."""
        refuse_change(reading, await drafts.seen_through(self.redis, draft))
        ready = await self._ready(reading)
        await drafts.put(self.redis, draft, ready, edit, partial(refuse_change, reading))
        return ready

    async def apply_draft(self, name: str, edit: Edit, guard: Guard | None = None) -> Changed:
        """Puts a draft into effect and forgets it.

        Refused when somebody else has changed one of its documents since. ``edit`` without a reason has the draft's.
        """
        draft = await drafted(self.redis, name)
        new = [one.document for one in draft.documents.values()]
        reading = Reading([Located(document, f"{document.kind} {document.id} of draft {name}") for document in new])

        def check(stands: Standing) -> None:
            if guard is not None:
                guard(draft, stands)
            if moved := draft.moved(stands):
                raise Refused(
                    *(f"{' '.join(title)} has been changed since; put it into the draft again" for title in moved)
                )
            refuse_change(reading, stands)

        check(await documents.standing(self.redis))
        told = Edit(edit.by, edit.at, edit.why or draft.edit.why)
        sources = {title: one.source for title, one in draft.documents.items() if one.source}
        changed = await self._write(reading, await self._ready(reading), told, check, sources)
        await drafts.discard(self.redis, name)
        return changed

    async def roll_back(self, name: Ref, to: int, edit: Edit) -> Changed:
        """Makes a document what it was in an earlier version; that becomes a new version."""
        earlier = await document_at(self.redis, *name, to)
        reading = Reading([Located(earlier, f"{' '.join(name)} version {to}")])
        return await self._write(reading, [earlier], Edit(edit.by, edit.at, edit.why or f"as version {to}"))

    async def _ready(self, reading: Reading) -> list[Document]:
        return await sounds.prepare(reading.located, self.made, self.progress)

    async def _write(
        self,
        reading: Reading,
        ready: list[Document],
        edit: Edit,
        check: Check | None = None,
        sources: Mapping[Ref, str] = MappingProxyType({}),
    ) -> Changed:
        checked = check or partial(refuse_change, reading)
        changed = await documents.apply(self.redis, ready, edit, check=checked, sources=sources)
        await staff.put(self.redis, ready)
        await sounds.put_music(ready, self.made)
        return changed


async def delete(redis: Redis, name: Ref, edit: Edit) -> None:
    """A document that no other names; its versions stay."""
    found = await document_at(redis, *name, None)
    await documents.apply(redis, [], edit, [name], partial(refuse_change, Reading(), gone=[name]))
    await staff.remove(redis, found)


async def document_at(redis: Redis, kind: str, name: str, number: int | None) -> Document:
    """Of a version; None: the newest."""
    try:
        found = await versions.document(redis, kind, name, number)
    except ValidationError as error:
        raise Refused(f"{kind} {name!r} was written by another release: {error.errors()[0]['msg']}") from error
    if found is None:
        raise Refused(f"there is no {kind} {name!r}" + (f" version {number}" if number else ""))
    return found


async def drafted(redis: Redis, name: str) -> Draft:
    try:
        found = await drafts.get(redis, name)
    except ValidationError as error:
        raise Refused(f"draft {name!r} was made by another release: {error.errors()[0]['msg']}") from error
    if found is None:
        raise Refused(f"there is no draft {name!r}")
    return found
