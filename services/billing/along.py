"""What is done together with the commit of a record: voicemails are stored, companies are told."""

from dataclasses import replace

from redis.asyncio import Redis

from services.billing.pricing import find
from services.domain.documents import Account, Hotline
from services.domain.messages import Message
from services.domain.notices import is_missed, missed_call, voicemail_left
from services.domain.record import Record
from services.domain.voicemail import Voicemail, voicemails_of
from services.store import outbox, voicemails
from services.store.commands import Command
from services.store.documents import Versioned
from services.store.ledger import Entry

Accounts = dict[str, Versioned[Account] | str]
Hotlines = dict[str, Versioned[Hotline] | str]


async def with_what_goes_along(redis: Redis, entries: list[Entry]) -> list[Entry]:
    """The entries, in their order. Nobody is told where the hotline's document is gone or cannot be read."""
    left = {entry.record.call_id: voicemails_of(entry.record) for entry in entries}
    concerned = [entry.record for entry in entries if left[entry.record.call_id] or is_missed(entry.record)]
    hotlines = await find(redis, Hotline, {record.hotline for record in concerned})
    accounts = await find(redis, Account, {voicemail.account for some in left.values() for voicemail in some})
    going = [_along(entry.record, left[entry.record.call_id], hotlines, accounts) for entry in entries]
    return [
        replace(entry, along=(*entry.along, *some)) if some else entry
        for entry, some in zip(entries, going, strict=True)
    ]


def _along(record: Record, left: list[Voicemail], hotlines: Hotlines, accounts: Accounts) -> list[Command]:
    stored = [command for voicemail in left for command in voicemails.left(voicemail)]
    found = hotlines.get(record.hotline)
    if found is None or isinstance(found, str):
        return stored
    told: list[Message] = missed_call(record, found.document)
    for voicemail in left:
        account = accounts[voicemail.account]
        webhook = not isinstance(account, str) and account.document.notify is not None
        told += voicemail_left(voicemail, record, found.document, webhook=webhook)
    return [*stored, *map(outbox.added, told)]
