"""``hotline rate`` as its users run it."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.harness import cel
from tests.unit.services.test_cli import hotline

DOCUMENTS = """kind: account
id: shop
name: x
tariff: std
packages: [{package: p, since: 2026-03-01}]
---
kind: tariff
id: std
name: x
bill_from: platform
prices: [{inbound: {rules: [{rule: all, steps: [{rate: "0.12"}]}]}}]
---
kind: package
id: p
name: x
cycle: {}
fee: "10"
included: [{minutes: 3}]
alerts: [50]
---
kind: hotline
number: "4001234567"
account: shop
name: x
flow: {start: bye, nodes: {bye: {kind: hangup}}}
"""


def call(minute: int, **more: Any) -> dict[str, Any]:
    """61 seconds, from the full minute on."""
    return {
        "hotline": "4001234567",
        "caller": "13800138000",
        "started": f"2026-03-02T10:{minute:02d}:00+08:00",
        "answered": f"2026-03-02T10:{minute:02d}:00+08:00",
        "agent_answered": None,
        "ended": f"2026-03-02T10:{minute + 1:02d}:01+08:00",
    } | more


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(DOCUMENTS)
    return path


def calls_in(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "calls.jsonl"
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return path


def test_each_call_is_explained(shop: Path, tmp_path: Path) -> None:
    done = hotline("rate", shop, "--calls", calls_in(tmp_path, call(10), "", call(0)), "--until", "2026-04-01")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "line 3: 2026-03-02T02:00:00.000Z 13800138000 mobile: 0.00 CNY",
        "    inbound, std@0 all: 61 s, 2 begun, 2 from p@0: 0 x 60 s x 0.12 / 60 s = 0.00",
        "line 1: 2026-03-02T02:10:00.000Z 13800138000 mobile: 0.12 CNY",
        "    inbound, std@0 all: 61 s, 2 begun, 1 from p@0: 1 x 60 s x 0.12 / 60 s = 0.12",
        "2026-03-01 p@0 fee, 2026-03-01 to 2026-04-01, 3 minutes: 10.00",
        "2026-04-01 p@0 fee, 2026-04-01 to 2026-05-01, 3 minutes: 10.00",
        "p@0: 50 % are used, 1 minutes are left",
        "2 calls: 0.12; with packages: 20.12",
    ]


def test_a_package_counts_from_its_day_on(shop: Path, tmp_path: Path) -> None:
    shop.write_text(DOCUMENTS.replace("since: 2026-03-01", "since: 2026-03-03"))
    next_day = {
        key: f"2026-03-03T10:0{minute}:00+08:00" for key, minute in (("started", 0), ("answered", 0), ("ended", 2))
    }
    done = hotline("rate", shop, "--calls", calls_in(tmp_path, call(0), call(0, **next_day)), "--json")
    charges = [json.loads(line)["charge"]["total"] for line in done.stdout.splitlines()[:2]]
    assert charges == ["0.24", "0.00"]


def test_programs_read_json(shop: Path, tmp_path: Path) -> None:
    other = call(0, hotline="4007654321")
    done = hotline("rate", shop, "--calls", calls_in(tmp_path, other), "--tariff", "std", "--json")
    charged, sums = map(json.loads, done.stdout.splitlines())
    assert (charged["line"], charged["charge"]["total"], charged["charge"]["segments"][0]["from"]) == (
        1,
        "0.24",
        "2026-03-02T02:00:00.000Z",
    )
    assert sums == {"calls": 1, "calls_total": "0.24", "total": "0.24"}


def test_what_is_wrong_is_named_and_the_rest_is_rated(shop: Path, tmp_path: Path) -> None:
    path = calls_in(
        tmp_path,
        call(0),
        call(1, ended="2026-03-02T10:00:59+08:00"),
        call(2, started="2026-03-02T10:02:00"),
        call(3, caller="ten"),
        call(4, hotline="4007654321"),
        call(5, ended="2026-04-12T10:05:00+08:00"),
        '{"hotline": ',
    )
    done = hotline("rate", shop, "--calls", path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("1 calls: 0.00;")
    expected = [
        "2: 'ended', 2026-03-02T02:00:59.000Z, is before 'answered', 2026-03-02T02:01:00.000Z",
        "3: started: '2026-03-02T10:02:00': expected a time with its zone, like '2026-03-02T10:00:00+08:00'",
        "4: caller: 'ten': String should match pattern '^\\+?[0-9]{2,20}$'",
        "5: hotline: '4007654321': no document of this hotline; add it, or say --tariff",
        "6: ended: 2026-04-12T02:05:00.000Z: it ended 984 hours after the platform answered: more than a week",
        "7: Invalid JSON: ",
    ]
    for line, begin in zip(done.stderr.splitlines(), expected, strict=True):
        assert line.startswith(f"{path}:{begin}")


def damaged(line: bytes, chance: random.Random) -> bytes:
    """With something put in, left out, or there twice."""
    first, last = sorted(chance.randrange(len(line)) for _ in range(2))
    last = min(last, first + chance.randrange(1, 30))
    put = chance.choice(
        [b"", b"\xff", b'"', b"0", b"-1e9", b"null", b"[", b"\x1b[31m", "，".encode(), line[first:last] * 2]
    )
    return line[:first] + put + line[last:]


def test_every_line_of_a_damaged_file_is_rated_or_told_in_a_sentence(shop: Path, tmp_path: Path) -> None:
    chance, path = random.Random(400), tmp_path / "calls.jsonl"
    lines = [damaged(json.dumps(call(0, outbound=[])).encode(), chance) for _ in range(400)]
    path.write_bytes(b"\n".join(lines))
    done = hotline("rate", shop, "--calls", path)
    assert done.returncode == 1
    sentences = [re.fullmatch(rf"{re.escape(str(path))}:(\d+): \S.*", line) for line in done.stderr.splitlines()]
    told = {int(found[1]) for found in sentences if found}
    rated = {int(line.split()[1][:-1]) for line in done.stdout.splitlines() if line.startswith("line ")}
    assert all(sentences), done.stderr
    assert told | rated == set(range(1, 401))
    assert not told & rated
    assert len(rated) > 10


def test_an_option_that_names_nothing_is_told(shop: Path, tmp_path: Path) -> None:
    done = hotline("rate", shop, "--calls", calls_in(tmp_path, call(0)), "--tariff", "dear")
    assert (done.returncode, done.stderr) == (1, "--tariff 'dear': there is no tariff of this id among the documents\n")
    done = hotline("rate", shop, "--calls", calls_in(tmp_path, call(0)), "--package", "big")
    assert done.stderr == "--package 'big': there is no package of this id among the documents\n"
    assert hotline("rate", shop).returncode == 2


CEL = """
    0.000  CHAN_START    caller
    0.001  CALL          caller  hotline=4001234567 caller=13800138000 name=
    0.002  JOURNEY       caller  account=shop version=1 resumed=0
    0.003  NODE          caller  node=bye kind=hangup
    0.100  ANSWER        caller
   61.100  HANGUP        caller  cause=16 source=caller
   61.101  CHAN_END      caller
   61.101  LINKEDID_END  caller
"""


def test_cel_files_are_folded_and_rated(shop: Path, tmp_path: Path) -> None:
    """Two calls of 61 s, two minutes each; the package has three: the second call pays one."""
    first, second = tmp_path / "hotline.csv.0", tmp_path / "hotline.csv"
    data = cel.file(CEL, 1) + cel.file(CEL, 2)
    middle = data.index(b"HANGUP")  # a call that begins in one file and ends in the next
    middle = data.rindex(b"\n", 0, middle) + 1
    first.write_bytes(data[:middle])
    second.write_bytes(data[middle:] + cel.file("0 CHAN_START caller", 3))
    done = hotline("rate", shop, "--cel", first, "--cel", second, "--json", HOTLINE_REDIS_URL="redis://127.0.0.1:1")
    *records, _, _, sums = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 0
    assert [(record["call_id"], record["charge"]["total"]) for record in records] == [
        (cel.call_id(1), "0.00"),
        (cel.call_id(2), "0.12"),
    ]
    assert (sums["calls"], sums["calls_total"]) == (2, "0.12")
    assert done.stderr == "1 calls do not end in these files and are left out\n"


def test_a_cel_file_is_shown_as_ladders(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "hotline.csv"
    path.write_bytes(b"no row at all\n" + cel.file(CEL))
    done = hotline("rate", shop, "--cel", path, "--tariff", "std")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{cel.call_id()}  2026-03-02T02:00:00.000Z  0.00 CNY"
    assert lines[-4].startswith("    inbound, std@0 all: 61 s, 2 begun, 2 from p@0")
    assert done.returncode == 1
    assert f"file {path}, byte 0: 14 bytes are no record" in done.stderr


def test_calls_or_call_events(shop: Path, tmp_path: Path) -> None:
    path = calls_in(tmp_path, call(0))
    done = hotline("rate", shop, "--calls", path, "--cel", path)
    assert (done.returncode, "not both" in done.stderr) == (2, True)
