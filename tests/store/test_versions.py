"""Documents' versions and the commands that show them, against a real Redis."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.domain.documents import Hotline
from services.store import documents, versions
from services.store.versions import Edit, Version
from tests.harness.node import DEMO
from tests.harness.redis_server import RedisServer
from tests.unit.services.test_cli import PHONES, hotline

NUMBER = "4001234567"


@pytest.fixture
def env(server: RedisServer, tmp_path: Path) -> dict[str, str]:
    return {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "shop.yaml").write_text((DEMO / "shop.yaml").read_text())
    (tmp_path / "shop" / "phones.yaml").write_text(PHONES)
    return tmp_path / "shop"


def applied(shop: Path, env: dict[str, str], why: str = "first") -> str:
    done = hotline("apply", shop, "--as", "li", "--why", why, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_each_version_says_who_made_it_when_and_why(redis: Redis) -> None:
    [bye, busy] = [
        Hotline.model_validate(
            {"kind": "hotline", "number": NUMBER, "account": "shop", "name": "x"}
            | {"flow": {"start": "bye", "nodes": {"bye": {"kind": "hangup", "cause": cause}}}}
        )
        for cause in ("normal", "busy")
    ]
    assert await versions.history(redis, "hotline", NUMBER) == []
    await documents.apply(redis, [bye], Edit("li", 1_772_416_800_000, "first"))
    await documents.apply(redis, [busy])
    await documents.apply(redis, [busy], Edit("wang", 1, "nothing new"))
    assert await versions.history(redis, "hotline", NUMBER) == [
        Version(1, Edit("li", 1_772_416_800_000, "first")), Version(2, None),
    ]  # fmt: skip
    assert [await versions.document(redis, "hotline", NUMBER, number) for number in (1, 2, 3)] == [bye, busy, None]
    assert [one async for one in versions.everything(redis)] == [busy]


def test_what_was_applied_is_seen_compared_and_taken_back(shop: Path, env: dict[str, str]) -> None:
    applied(shop, env)
    text = (shop / "shop.yaml").read_text()
    changed = text.replace("name: 示范商店", "name: 新商店", 1)
    (shop / "shop.yaml").write_text(changed)
    assert "version 2" in applied(shop, env, "a new name")

    told = hotline("document", "history", "account", "demo", **env).stdout.splitlines()
    assert [line.split()[0] for line in told] == ["1", "2"]
    assert [line.endswith(why) for line, why in zip(told, ("li  first", "li  a new name"), strict=True)] == [True, True]
    seen = hotline("document", "diff", "account", "demo", **env).stdout.splitlines()
    assert [line for line in seen if line[:1] in "+-" and line[:2] not in {"++", "--"}] == [
        "-name: 示范商店", "+name: 新商店",
    ]  # fmt: skip

    done = hotline("document", "rollback", "account", "demo", "--to", "1", "--as", "li", **env)
    assert (done.returncode, done.stdout) == (0, "account demo version 3\n")
    assert "name: 示范商店" in hotline("document", "show", "account", "demo", **env).stdout
    assert "name: 新商店" in hotline("document", "show", "account", "demo", "--version", "2", **env).stdout
    again = hotline("document", "rollback", "account", "demo", "--to", "3", "--as", "li", **env)
    assert again.stdout == "account demo is as version 3 already\n"


def test_what_is_exported_changes_nothing_when_it_is_applied(shop: Path, env: dict[str, str], tmp_path: Path) -> None:
    applied(shop, env)
    out = tmp_path / "out"
    done = hotline("export", out, **env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10 documents in ")
    assert hotline("apply", out, "--as", "li", **env).stdout == ""
    only = tmp_path / "only"
    hotline("export", only, "--account", "nobody", **env)
    assert not list(only.rglob("*.yaml"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "hotline", "4000000000"), "there is no hotline '4000000000'"),
        (("show", "account", "demo", "--version", "9"), "there is no account 'demo' version 9"),
        (("history", "hotel", "x"), "there is no hotel 'x'"),
        (("rollback", "account", "demo", "--to", "7", "--as", "li"), "there is no account 'demo' version 7"),
    ],
)
def test_what_there_is_not_is_said(shop: Path, env: dict[str, str], arguments: tuple[str, ...], sentence: str) -> None:
    applied(shop, env)
    done = hotline("document", *arguments, **env)
    assert (done.returncode, done.stderr) == (1, f"{sentence}\n")


async def test_a_version_whose_references_are_gone_does_not_come_back(
    redis: Redis, shop: Path, env: dict[str, str]
) -> None:
    applied(shop, env)
    await redis.delete("doc:tariff:per-minute")
    done = hotline("document", "rollback", "account", "demo", "--to", "1", "--as", "li", **env)
    assert done.returncode == 1
    assert done.stderr.startswith("account demo version 1: tariff: 'per-minute': there is no tariff")
