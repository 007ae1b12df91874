"""What is done together with the commit of a record: voicemails are stored, companies are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from services.billing.library import find
from services.domain.call_events import of_record
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


@dataclass(frozen=True, slots=True)
class Going:
    record: Record
    """With its ``notices`` counted."""
    commands: tuple[Command, ...] = ()


async def what_goes_along(redis: Redis, records: Sequence[Record]) -> list[Going]:
    """For each record, in their order. Nobody is told where the hotline's document is gone or cannot be read."""
    left = {record.call_id: voicemails_of(record) for record in records}
    concerned = [record for record in records if left[record.call_id] or is_missed(record)]
    hotlines = await find(redis, Hotline, {record.hotline for record in concerned})
    accounts = await find(redis, Account, {record.account for record in records if record.account})
    return [_along(record, left[record.call_id], hotlines, accounts) for record in records]


def with_commands(priced: Sequence[Entry], going: Sequence[Going]) -> list[Entry]:
    return [
        replace(entry, along=(*entry.along, *one.commands)) if one.commands else entry
        for entry, one in zip(priced, going, strict=True)
    ]


def _along(record: Record, left: list[Voicemail], hotlines: Hotlines, accounts: Accounts) -> Going:
    stored = [command for voicemail in left for command in voicemails.left(voicemail)]
    owner = accounts.get(record.account or "")
    if owner is not None and not isinstance(owner, str):
        stored += map(outbox.added, of_record(record, owner.document))
    found = hotlines.get(record.hotline)
    if found is None or isinstance(found, str):
        return Going(record, tuple(stored))
    told: list[Message] = missed_call(record, found.document)
    for voicemail in left:
        account = accounts[voicemail.account]
        webhook = not isinstance(account, str) and account.document.notify is not None
        told += voicemail_left(voicemail, record, found.document, webhook=webhook)
    texts = sum(message.to is not None for message in told)
    return Going(replace(record, notices=texts) if texts else record, (*stored, *map(outbox.added, told)))
