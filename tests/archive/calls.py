"""Random calls as records, and the stream that they stand on."""

import random
from collections.abc import Iterable
from typing import Any, cast

from redis.asyncio import Redis

from services.domain.charge import Charge, Drawn, Segment
from services.domain.correction import Correction, correction
from services.domain.correction import to_json as correction_to_json
from services.domain.record import Attempt, Hop, Keys, Record, Result, Survey, to_json
from services.store.keys import CORRECTIONS_STREAM, LIVE_STREAM, RATED_STREAM

ACCOUNTS = ("shop", "clinic", "hotel")
CALLERS = ("13800138000", "13911112222", "01087654321", "02161234567", "+442079460000", "95588", None)
AGENTS = ("li", "wang", "zhao")
BEGIN = 1_772_416_800_000
"""2 March 2026, 10:00 in China."""
WEEKS_MS = 21 * 86_400_000
_IN_VAIN = ("abandoned_waiting", "abandoned_ringing", "unanswered")


def call(number: int, chance: random.Random) -> Record:
    """Half hours, whole seconds and cents, so that many are alike."""
    started = BEGIN + chance.randrange(WEEKS_MS // 1_800_000) * 1_800_000
    caller = chance.choice(CALLERS)
    state: Any = chance.choice(("answered", "answered", *_IN_VAIN, "abandoned_in_menu", "voicemail"))
    rung = state in ("answered", *_IN_VAIN)
    wait, talk = chance.randrange(90) * 1000, chance.randrange(1, 600) * 1000
    offered = started + 5000
    answered = offered + wait if state == "answered" else None
    ended = offered + wait + (talk if answered else 0)
    agent = chance.choice(AGENTS) if answered else None
    tried = [attempt(chance.choice(AGENTS), offered, None, offered) for _ in range(chance.randrange(3))]
    tried.append(attempt(agent or "li", offered, answered, ended))
    group = Hop(node="desk", kind="queue", at=offered, group=chance.choice(("sales", "service")), attempts=tuple(tried))
    first = Hop(node="first", kind="group", at=offered, group="sales", attempts=())
    menu = Hop(node="menu", kind="menu", at=started, group=None, attempts=())
    e164 = {"01087654321": "+861087654321", "02161234567": "+862161234567"}.get(caller or "")
    return Record(
        schema=1,
        call_id=f"pbx1-{number}",
        pbx="pbx1",
        hotline="4008001234",
        hotline_version=1,
        account=chance.choice(ACCOUNTS),
        caller=caller,
        caller_name="张三'; DROP TABLE calls; --",
        caller_e164=e164 or (f"+86{caller}" if caller and len(caller) == 11 else None),
        started=started,
        answered=started,
        ringing=offered if rung else None,
        agent_answered=answered,
        ended=ended,
        wait_ms=wait if rung else 0,
        menu_ms=5000,
        ring_ms=wait if rung else 0,
        talk_ms=talk if answered else 0,
        total_ms=ended - started,
        end_state=state,
        hung_up_by="caller",
        keys=(Keys(node="menu", keys=chance.choice("12"), outcome="match", at=started + 2000),),
        hops=(menu, *((first,) if chance.random() < 0.3 else ()), group) if rung else (menu,),
        agent=agent,
        kind="callback" if chance.random() < 0.1 else "inbound",
        survey=Survey(node="s", at=ended, score=chance.randint(1, 5), agent=agent, group="sales") if answered else None,
        callback_agreed=chance.choice((None, None, None, "cb-1")),
        charge=charge(f"{chance.randrange(500) / 100:.2f}", minutes=chance.randrange(4)),
    )


def attempt(agent: str, started: int, answered: int | None, ended: int) -> Attempt:
    result: Result = "answered" if answered else "no_answer"
    return Attempt(agent=agent, dial="1001", started=started, answered=answered, ended=ended, result=result, cause=16)


def charge(total: str, version: int = 1, minutes: int = 0) -> Charge:
    segment = Segment(
        leg="inbound",
        from_=BEGIN,
        to=BEGIN + minutes * 60_000,
        rule="all",
        tariff=f"std@{version}",
        seconds=minutes * 60,
        increment=60,
        quantity=minutes,
        drawn=(Drawn(package="p@1", quantity=1, seconds=60),) if minutes > 1 else (),
        rate="0.12",
        per=60,
        amount=total,
    )
    segments = (segment,) if minutes else ()
    return Charge(tariff="std", version=version, currency="CNY", total=total, segments=segments)


def calls(count: int, seed: int) -> list[Record]:
    chance = random.Random(seed)
    return [call(number, chance) for number in range(count)]


def corrected(record: Record, total: str, number: int = 1, minutes: int = 0) -> Correction:
    before = record.charge
    assert before is not None
    return correction(record, record.account or "", before, charge(total, number + 1, minutes), number)


async def put(redis: Redis, records: Iterable[Record]) -> None:
    waiting = list(records)
    for begin in range(0, len(waiting), 1000):
        async with redis.pipeline(transaction=False) as pipe:
            for one in waiting[begin : begin + 1000]:
                fields = {"schema": 1, "call_id": one.call_id, "account": one.account or "", "record": to_json(one)}
                pipe.xadd(RATED_STREAM, cast("Any", fields))
            await pipe.execute()


async def correct(redis: Redis, one: Correction) -> None:
    fields = {"schema": 1, "id": one.id, "call_id": one.call_id, "correction": correction_to_json(one)}
    await redis.xadd(CORRECTIONS_STREAM, cast("Any", fields))


async def live(redis: Redis, *changes: dict[str, Any]) -> None:
    """Of agents of ``shop``: as the scripts write them."""
    for change in changes:
        since = change["since"]
        fields = {"at": since, "account": "shop", "of": "agent", "reason": "", "call": ""} | change
        await redis.xadd(LIVE_STREAM, cast("Any", fields))
