"""Books added up from the streams alone."""

from collections.abc import Callable, Mapping

from redis.asyncio import Redis

from services.domain.book import Book, Reckoning
from services.store import books, corrections, records


async def reckon(
    redis: Redis, kept: Mapping[str, Book], read: Callable[[int], None] = lambda _: None
) -> dict[str, Reckoning]:
    """By account, up to the step that its book was at when it was read; ``read`` is told how many records it has seen.

    Raises RedisError, UnreadableError; KeyError, ValueError, decimal.InvalidOperation when others wrote to a ledger.
    """
    found = {name: Reckoning() for name in kept}
    for name, reckoning in found.items():
        async for line in books.lines(redis, name):
            if line.number <= kept[name].number:
                reckoning.add(line)
    async for correction in corrections.written(redis):
        name = correction.correction.account
        if correction.number is not None and name in found and correction.number <= kept[name].number:
            found[name].add_correction(correction.number, correction.correction.micros)
    count = 0
    async for call in records.written(redis):
        name, charge = call.record.account or "", call.record.charge
        if call.number is not None and charge and name in found and call.number <= kept[name].number:
            found[name].add_call(call.number, charge)
        count += 1
        if count % records.PAGE == 0:
            read(count)
    return found
