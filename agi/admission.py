"""Whether an account's callers are taken; who is not hears why as early media, which costs nobody anything."""

import logging
from contextlib import suppress

from pydantic import ValidationError

from agi.call import Call
from agi.channel import RefusedError
from services.domain.book import can_pay
from services.domain.documents import Account
from services.domain.prompts import MANDARIN, spoken_name
from services.store import books
from services.store.breaker import AWAY

CALL_REJECTED = "21"
"""Q.850: what the carrier is told."""

log = logging.getLogger(__name__)


async def refusing(call: Call) -> Account | None:
    """The account, when its callers are not taken now. While Redis is away, or has what cannot be read, they are."""
    try:
        found = await call.room.documents.get(Account, call.hotline.account)
        if found is None or not (found.document.suspended or found.document.prepaid):
            return None
        owner = found.document
        if owner.suspended or not can_pay((await books.get(call.redis, owner.id)).book):
            return owner
    except AWAY:
        log.warning("Redis is away: a caller of account %r is taken unasked", call.hotline.account)
    except ValidationError as error:
        log.error("account %r or its book cannot be read, its callers are taken: %s", call.hotline.account, error)  # noqa: TRY400 - a traceback would say no more
    return None


async def refuse(call: Call, owner: Account) -> None:
    """Before any answer."""
    await call.channel.execute("Progress")
    with suppress(RefusedError):  # a sound that nobody has prepared: the call is refused all the same
        sound = str(call.sounds / spoken_name(owner.refusal, MANDARIN))
        await call.channel.execute("Playback", sound, "noanswer", deadline=60)
    await call.channel.mark("END", reason="suspended")
