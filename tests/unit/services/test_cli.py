"""The command line as its users run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.cli import COMMANDS, loaded
from services.domain import mailbox
from services.domain.documents import Group
from services.domain.features import sentences
from services.store import audit, outbox, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.node import DEMO
from tests.harness.redis_server import RedisServer
from tests.store.shop import NOW
from tests.store.test_outbox import message

PHONES = "\n---\n".join(
    f"kind: agent\nid: '{name}'\naccount: demo\nname: x\nsip: {{password: abcdefghijkl}}" for name in (1001, 1002)
)

GROUP = {"kind": "group", "id": "desk", "account": "demo", "name": "x", "strategy": "sequence", "members": ["1002"]}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.yaml").write_text((DEMO / "shop.yaml").read_text())
    (folder / "phones.yaml").write_text(PHONES)
    return folder


def hotline(*arguments: object, **env: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("hotline")
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False)


def test_check_says_that_all_is_well(shop: Path) -> None:
    done = hotline("check", shop)
    assert (done.returncode, done.stdout, done.stderr) == (0, "10 documents, nothing wrong\n", "")


def test_check_says_everything_that_is_wrong(shop: Path) -> None:
    text = (shop / "shop.yaml").read_text().replace("bill_from: platform", "bill_from: '[red]x[/]'")
    (shop / "shop.yaml").write_text(text.replace("otherwise: sorry", "otherwise: sory", 1))
    (shop / "phones.yaml").write_text("kind: [")
    done = hotline("check", shop)
    assert done.returncode == 1
    assert done.stdout == ""
    assert [line.removeprefix(f"{shop}/") for line in done.stderr.splitlines()] == [
        "phones.yaml:1: not valid YAML: did not find expected node content",
        "shop.yaml:11: bill_from: '[red]x[/]': Input should be 'platform' or 'agent'",
        "shop.yaml:36: flow.nodes.sales.otherwise: 'sory': there is no node of this name; did you mean 'sorry'?",
        "shop.yaml:67: members.0: '1001': there is no agent of this id",
        "shop.yaml:67: members.1: '1002': there is no agent of this id",
        "shop.yaml:75: members.0: '1002': there is no agent of this id",
        "shop.yaml:89: members.0: '1002': there is no agent of this id",
    ]


def test_a_sound_that_is_not_there_is_missed_at_check(shop: Path) -> None:
    text = (shop / "shop.yaml").read_text().replace("您的输入有误，请重新选择。", "{file: sounds/invalid.wav}")
    (shop / "shop.yaml").write_text(text)
    done = hotline("check", shop)
    assert done.returncode == 1
    assert done.stderr.endswith("flow.nodes.welcome.invalid.file: 'sounds/invalid.wav': there is no such file\n")


def test_misuse_is_told_from_refusal() -> None:
    assert hotline("check", "/no/such/folder").returncode == 2
    assert hotline("chek").returncode == 2
    assert "Example:" in hotline("apply", "--help").stdout


async def test_apply_prepares_the_sounds_and_raises_versions(shop: Path, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}
    first = hotline("apply", shop, **env)
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.splitlines()) == 10
    of_flow_and_refusal, of_phones = 4 + 1, {*sentences({"1": "休息"}), *mailbox.pieces()}
    assert len(list((tmp_path / "sounds" / "spoken").iterdir())) == of_flow_and_refusal + len(of_phones)
    assert hotline("apply", shop, **env).stdout == ""
    (shop / "phones.yaml").write_text(PHONES.replace("name: x", "name: y", 1))
    assert hotline("apply", shop, **env).stdout == "agent    1001                 version 2\n"


def test_apply_without_redis_says_so(shop: Path, tmp_path: Path) -> None:
    done = hotline("apply", shop, HOTLINE_REDIS_URL="redis://127.0.0.1:1/0", HOTLINE_SOUNDS_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("nothing was applied: ")
    assert "Traceback" not in done.stderr


def test_render_wants_one_pbx(shop: Path, tmp_path: Path) -> None:
    done = hotline("asterisk", "render", shop, "--out", tmp_path / "conf")
    assert (done.returncode, done.stderr) == (1, "0 pbx documents among 10; expected exactly one\n")


def test_render_refuses_a_folder_that_is_not_there(shop: Path, tmp_path: Path) -> None:
    names = ("state", "log", "sounds", "recordings", "modules", "data")
    folders = {name: str(tmp_path) for name in names} | {"cel": str(tmp_path / "cel")}
    pbx = {
        "kind": "pbx", "id": "pbx1", "ami": {"password": "abcdefghijkl"}, "folders": folders,
        "trunks": [{"id": "carrier", "address": "198.51.100.1", "hosts": ["198.51.100.1"]}],
    }  # fmt: skip
    (shop / "pbx.yaml").write_text(json.dumps(pbx))
    done = hotline("asterisk", "render", shop, "--out", tmp_path / "conf")
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path}/cel: no such folder; Asterisk must find it and be able to write there\n"


async def test_dead_messages_are_listed_and_sent_again(server: RedisServer) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    async with Redis.from_url(server.url) as redis:
        await outbox.begin(redis)
        await outbox.put(redis, [message("m1"), message("m2")])
        for taken in await outbox.take(redis, "one", 10, 1):
            await outbox.give_up(redis, taken, NOW, "HTTP 404 [red]")
        listed = hotline("notify", "dead", **env).stdout.splitlines()
        assert len(listed) == 2
        assert "text_message of shop to +8613900139000: HTTP 404 [red] (0 attempts)" in listed[0]
        facts = [json.loads(line) for line in hotline("notify", "dead", "--json", **env).stdout.splitlines()]
        assert json.loads(facts[0]["message"])["id"] == "m1"
        again = hotline("notify", "retry", facts[0]["id"], **env)
        assert (again.returncode, again.stdout) == (0, "1 messages will be sent again\n")
        again = hotline("notify", "retry", facts[0]["id"], **env)
        assert (again.returncode, again.stderr) == (1, "0 of 1 were there to be sent again\n")
        assert hotline("notify", "retry", "--all", **env).stdout == "1 messages will be sent again\n"
        assert hotline("notify", "retry", **env).returncode == 2
        assert len(await outbox.take(redis, "one", 10, 1)) == 2


def test_settings_that_do_not_fit_are_refused() -> None:
    done = hotline("serve", "notify", HOTLINE_NOTIFY_URL="gateway", HOTLINE_NOTIFY_SECRET="a-long-enough-secret")
    assert done.returncode == 1
    assert done.stderr.startswith("HOTLINE_NOTIFY_URL: ")
    assert "Traceback" not in done.stderr


async def test_agents_and_calls_by_hand_leave_a_trace(
    shop: Path, server: RedisServer, redis: Redis, tmp_path: Path
) -> None:
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}
    assert hotline("apply", shop, **env).returncode == 0
    assert hotline("agent", "login", "1001", "--as", "chief", **env).stdout == "1001: ready\n"
    distribution = Distribution(redis, "demo")
    group = Group.model_validate(GROUP)
    await queues.put(distribution, group, now())
    await queues.join(distribution, "pbx1-1.1", "desk", now(), process="p", number="138")
    listed = json.loads(hotline("call", "list", "--json", **env).stdout)
    assert (listed["account"], listed["call"], listed["state"]) == ("demo", "pbx1-1.1", "waiting")
    done = hotline("call", "pull", "pbx1-1.1", "1002", "--as", "chief", **env)
    assert (done.returncode, done.stderr) == (1, "1002 is offline or paused\n")
    acts = [(entry.act.actor, entry.act.action, entry.outcome) for entry in await audit.newest(redis, 9)]
    assert acts == [("chief", "pull", "refused: 1002 is offline or paused"), ("chief", "log_in", "done")]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_says_the_same_of_itself_before_it_is_loaded_and_after(name: str) -> None:
    assert loaded(name).help.partition("\n")[0] == COMMANDS[name][1]


def test_help_lists_all_commands_and_loads_none() -> None:
    done = hotline("--help", PYTHONVERBOSE="1")
    assert done.returncode == 0
    assert all(f" {name} " in done.stdout for name in COMMANDS)
    assert not [line for line in done.stderr.splitlines() if line.startswith(("import 'redis'", "import 'pydantic'"))]
