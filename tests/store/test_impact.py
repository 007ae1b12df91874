"""``hotline impact`` and ``hotline simulate`` as their users run them, against a real Redis."""

import asyncio
import json
from pathlib import Path

from redis.asyncio import Redis

from services.domain.record import to_json
from services.store import documents, keys
from tests.harness.redis_server import RedisServer
from tests.unit.services.test_cli import hotline
from tests.unit.simulation.test_call import MONDAY, SHOP, call
from tests.unit.simulation.test_call import documents as shop


async def remember(redis: Redis, *calls: tuple[str, str]) -> None:
    for pressed, agents in calls:
        outcome = await asyncio.to_thread(call, pressed, agents)  # which has a loop of its own
        await redis.xadd(keys.RATED_STREAM, {"record": to_json(outcome.record)})


async def test_calls_that_would_have_gone_elsewhere(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, shop())
    await remember(redis, *CALLS)
    (tmp_path / "draft.yaml").write_text(SHOP.replace('"1": sales, "2": service', '"1": service, "2": night'))

    done = hotline("impact", tmp_path / "draft.yaml", "--since", "1d", "--json", **env)
    assert done.returncode == 0, done.stderr
    assert [(one["before"], one["after"]) for one in map(json.loads, done.stdout.splitlines())] == [
        ("hours welcome sales answered", "hours welcome service answered"),
        ("hours welcome sales sorry bye unanswered", "hours welcome service sorry bye unanswered"),
        ("hours welcome service answered", "hours welcome night voicemail"),
    ]

    done = hotline("impact", tmp_path / "draft.yaml", "--since", "1d", **env)
    assert done.stdout.splitlines()[-1] == "3 of 5 calls would have gone elsewhere"

    hotline("apply", tmp_path / "draft.yaml", "--draft", "menu", HOTLINE_SOUNDS_DIR=str(tmp_path / "sounds"), **env)
    again = hotline("impact", "--draft", "menu", "--since", "1d", **env)
    assert again.stdout == done.stdout, again.stderr

    (tmp_path / "same.yaml").write_text(SHOP)
    done = hotline("impact", tmp_path / "same.yaml", "--since", "1d", **env)
    assert done.stdout == "0 of 0 calls would have gone elsewhere\n"  # nothing changed: none is looked at


CALLS = [("1", ""), ("1", "li=busy wang=ignores"), ("2", ""), ("3", ""), ("0", "")]


async def test_one_changed_document_is_enough(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, shop())
    await remember(redis, ("1", ""), ("2", ""))
    sales = "{kind: group, id: sales, account: shop, name: 销售, strategy: sequence, members: [wang]}"
    (tmp_path / "sales.yaml").write_text(sales)
    done = hotline("impact", tmp_path / "sales.yaml", "--since", "1d", **env)
    assert (done.returncode, done.stdout) == (0, "0 of 2 calls would have gone elsewhere\n"), done.stderr
    (tmp_path / "sales.yaml").write_text(sales.replace("wang", "nobody"))
    done = hotline("impact", tmp_path / "sales.yaml", "--since", "1d", **env)
    assert done.returncode == 1
    assert "there is no agent of this id" in done.stderr


def test_a_span_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    done = hotline("impact", tmp_path / "shop.yaml", "--since", "soon")
    assert done.returncode == 2
    assert "expected a span like 7d or 12h" in done.stderr


async def test_simulated_by_what_was_applied(redis: Redis, server: RedisServer) -> None:
    await documents.apply(redis, shop())
    command = ("simulate", "4001234567", "--caller", "13800138000", "--at", "2026-03-02 10:00", "--keys", "1")
    done = hotline(*command, "--agents", "li=busy wang=ready:4:30", HOTLINE_REDIS_URL=server.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == LADDER

    done = hotline(*command, "--json", HOTLINE_REDIS_URL=server.url)
    told = json.loads(done.stdout)
    assert told["record"]["agent"] == "li"
    assert told["heard"] == [{"at": MONDAY, "text": "销售请按一"}]


LADDER = """\
   0.000  13800138000 calls 4001234567
   0.000  the platform answers
   0.000  hours hours
   0.000  menu welcome
   0.000    hears 销售请按一
   1.000    presses 1 (match)
   1.000  group sales
   1.000    rings li
   1.100    li is busy
   1.100    rings wang
   5.100    wang answers
  35.100  over: answered, ended by the agent
costs 0.10 CNY
    inbound, plain@0 standard: 36 s, 1 begun: 1 x 60 s x 0.10 / 60 s = 0.10""".splitlines()


async def test_what_cannot_be_simulated_is_said(redis: Redis, server: RedisServer) -> None:
    await documents.apply(redis, shop())
    for arguments, sentence in REFUSED:
        done = hotline("simulate", *arguments, HOTLINE_REDIS_URL=server.url)
        assert (done.returncode, done.stderr) == (1, f"{sentence}\n")


REFUSED = [
    (("4009999999",), "'4009999999': there is no hotline of this number"),
    (("4001234567", "--agents", "chen"), "--agents: 'chen': there is no agent of this id"),
    (
        ("4001234567", "--agents", "li=lazy"),
        "'li=lazy': 'lazy' is none of ready, ignores, busy, talking, paused, away",
    ),
    (("4001234567", "--answer", "sales={}"), "--answer: 'sales': there is no node of kind ask of this name"),
    (
        ("4001234567", "--keys", "1x"),
        "'1x': 'x' is no key; expected 0-9, *, #, or ',' for none this time, '|' for a next prompt",
    ),
]
