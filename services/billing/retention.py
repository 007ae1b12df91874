"""Deletes voicemails and recorded talks that were kept for long enough; billing runs beside their disk."""

import asyncio
import logging
from pathlib import Path

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.domain.documents import Account, Group
from services.domain.voicemail import KEPT_DAYS, folder_of
from services.recordings import delete, expire
from services.store import documents, voicemails
from services.store import recordings as store_recordings
from services.store.due import now

EVERY_SECONDS = 3600.0

log = logging.getLogger(__name__)


async def keep_expiring(redis: Redis, recordings: Path, pbx: str) -> None:
    """Until cancelled."""
    while True:
        try:
            await expire_voicemails(redis, recordings)
            await expire_talks(redis, recordings, pbx, now())
        except (RedisError, OSError, ValidationError) as error:
            log.warning("recordings are kept longer than they should be: %r", error)
        await asyncio.sleep(EVERY_SECONDS)


async def expire_voicemails(redis: Redis, recordings: Path) -> None:
    for folder in await asyncio.to_thread(lambda: sorted(recordings.glob(folder_of("*", "*")))):
        account, group = folder.parts[-2:]
        deleted = await asyncio.to_thread(expire, folder, await _days(redis, account, group))
        await voicemails.delete(redis, account, [path.stem for path in deleted], now())


async def _days(redis: Redis, account: str, group: str) -> int:
    of_group = await documents.get(redis, Group, group)
    of_account = await documents.get(redis, Account, account)
    days = of_group.document.voicemail_days if of_group else None
    return days or (of_account.document.voicemail_days if of_account else None) or KEPT_DAYS


async def expire_talks(redis: Redis, recordings: Path, pbx: str, now: int) -> None:
    while due := await store_recordings.due(redis, pbx, now):
        await asyncio.to_thread(delete, recordings, due)
        await store_recordings.forget(redis, pbx, due)
