"""``hotline compare``, on a real stream and offline.

Two calls of 61 s on 2 March are four minutes at 0.12: 0.48 without a package. ``big`` has three minutes for 10.00 a
month, and costs 10.00 + 0.12; ``small`` costs 0.20 a month, and calls of 0.48 lack 0.52 to its minimum of 1.00: 1.20.
``years`` (1000 minutes, 36 months) has 996 left.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from redis.asyncio import Redis
from ruamel.yaml import YAML

from services.domain.documents import Document
from services.store import documents, ledger
from services.store.ledger import Entry
from tests.harness.process import run
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import charged
from tests.store.test_records import HOTLINE
from tests.unit.domain.test_rating import CALL
from tests.unit.services.test_cli import hotline
from tests.unit.services.test_rate import DOCUMENTS, call, calls_in

OFFERS = """kind: package
id: big
name: x
cycle: {}
fee: "10"
included: [{minutes: 3}]
---
kind: package
id: small
name: x
cycle: {}
fee: "0.20"
minimum: "1.00"
---
kind: package
id: years
name: 三年
cycle: {months: 36, anchor: renewal_day, renews: false}
fee: "120"
included: [{minutes: 1000}]
"""
PERIOD = ("--since", "2026-03-01", "--until", "2026-04-01")
EXPECTED = {
    None: ("0.00", "0.48", "0.00", "0.48", 0, 0),
    "big": ("10.00", "0.12", "0.00", "10.12", 0, 0),
    "small": ("0.20", "0.48", "0.52", "1.20", 0, 0),
    "years": ("120.00", "0.00", "0.00", "120.00", 0, 996 * 60),
}


def listed(text: str) -> dict[str | None, tuple[object, ...]]:
    keys = ("fee", "overage", "minimum", "total", "forfeited_seconds", "left_seconds")
    return {offer["package"]: tuple(offer[key] for key in keys) for offer in json.loads(text)["offers"]}


@pytest.fixture
def offers(tmp_path: Path) -> Path:
    path = tmp_path / "offers.yaml"
    path.write_text(OFFERS)
    return path


def test_offline(offers: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text(DOCUMENTS)
    april = call(0, **{key: f"2026-04-01T00:00:0{n}+08:00" for n, key in enumerate(("started", "answered", "ended"))})
    lines = calls_in(tmp_path, call(0), call(10), april)
    command = ("compare", "shop", *PERIOD, "--package", offers, "--package", shop, "--calls", lines)
    done = hotline(*command, "--json", HOTLINE_REDIS_URL="redis://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")
    found = listed(done.stdout)
    assert found.pop("p") == ("10.00", "0.12", "0.00", "10.12", 0, 0), "the account's own is on offer, too"
    assert found == EXPECTED
    table = hotline(*command).stdout.splitlines()
    assert "*  (none)" in table[1]
    assert len({len(line) for line in table[:-1]}) == 1, "aligned"


def test_extra_services_that_calls_used_count(offers: Path, tmp_path: Path) -> None:
    offers.write_text(OFFERS.replace('fee: "10"', 'fee: "10"\nextras: {sms: {price: "0.10", per: use, included: 1}}'))
    shop = tmp_path / "shop.yaml"
    shop.write_text(DOCUMENTS)
    lines = calls_in(tmp_path, call(0, text_messages=3), call(10, recorded=True))
    command = ("compare", "shop", *PERIOD, "--package", offers, "--package", shop, "--calls", lines, "--json")
    done = hotline(*command)
    extras = {offer["package"]: offer["extras"] for offer in json.loads(done.stdout)["offers"]}
    assert extras == {None: "0.00", "p": "0.00", "big": "0.20", "small": "0.00", "years": "0.00"}


def test_what_is_wrong_is_told(offers: Path, tmp_path: Path) -> None:
    lines = calls_in(tmp_path, call(0))
    done = hotline("compare", "shop", *PERIOD, "--package", offers, "--calls", lines)
    assert (done.returncode, done.stderr) == (1, f"{lines}:1: hotline: '4001234567': no document of this hotline\n")
    backwards = ("--since", "2026-03-01", "--until", "2026-03-01")
    done = hotline("compare", "shop", *backwards, "--package", offers, "--calls", lines)
    assert done.stderr == "--until 2026-03-01: expected a day after --since, 2026-03-01\n"
    assert hotline("compare", "shop").returncode == 2


async def test_calls_of_the_stream(redis: Redis, server: RedisServer, offers: Path) -> None:
    found = [TypeAdapter(Document).validate_python(one) for one in YAML(typ="safe").load_all(DOCUMENTS)]
    await documents.apply(redis, found)
    own = replace(CALL, hotline="4001234567", hotline_version=1, account="shop", charge=charged("9.99"))
    own = replace(own, answered=own.started, ended=own.started + 61_000, hops=())
    others = replace(own, call_id="3", account="other")
    entries = [Entry(own), Entry(replace(own, call_id="2", charge=None), "no tariff"), Entry(others)]
    await ledger.commit(redis, entries)
    command = [HOTLINE, "compare", "shop", *PERIOD, "--package", str(offers), "--json"]
    assert listed(await run(command, {"HOTLINE_REDIS_URL": server.url})) == EXPECTED
