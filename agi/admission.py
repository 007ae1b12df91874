"""Whether an account's callers are taken. Who is not hears why as early media, which costs nobody anything."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from pydantic import ValidationError

from agi.call import CAUSE, Call
from agi.meter import metered
from services.billing.metering import Metering, Running, SpentError
from services.domain.documents import Account
from services.domain.numbers import to_e164
from services.domain.prompts import MANDARIN, spoken_name
from services.domain.reservation import Ticket
from services.store.breaker import AWAY
from services.store.due import now

CALL_REJECTED = "21"
"""Q.850: what the carrier is told."""

log = logging.getLogger(__name__)


async def admit(
    call: Call, version: int, metering: Metering, go_on: Callable[[Call], Awaitable[None]], *, resumed: bool
) -> None:
    """Goes on with the call, metered if its account has a limit; refuses it before, or as soon as nothing is left.

    ``version``: of the hotline's document.
    """
    owner = await _owner(call)
    if owner is not None and owner.suspended and not resumed:
        await _refuse(call, owner.refusal)
        return
    running = Running(call.hotline.account, call.id, call.hotline.number, version)
    try:
        async with metered(metering, owner, running, Ticket(call.caller or None, to_e164(call.caller), now())) as meter:
            await go_on(replace(call, meter=meter))
    except SpentError as spent:
        log.info("%s", spent)
        await _refuse(call, owner.refusal if owner else "")


async def _owner(call: Call) -> Account | None:
    """The account; None when it cannot be read, as while Redis is away: its callers are taken unasked."""
    try:
        found = await call.room.documents.get(Account, call.hotline.account)
    except AWAY:
        log.warning("Redis is away: a caller of account %r is taken unasked", call.hotline.account)
    except ValidationError as error:
        log.error("account %r cannot be read, its callers are taken: %s", call.hotline.account, error)  # noqa: TRY400 - a traceback would say no more
    else:
        return found.document if found else None
    return None


async def _refuse(call: Call, sentence: str) -> None:
    await call.tell(spoken_name(sentence, MANDARIN))
    await call.channel.mark("END", reason="suspended")
    await call.channel.set_variable(CAUSE, CALL_REJECTED)
