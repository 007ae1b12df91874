"""What the keys do while an agent hears its voicemails; the voicemails are in a real Redis."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio import Redis

from agi.channel import CallerGone, Channel, RefusedError
from agi.mailbox import Mailbox
from services.domain import mailbox
from services.domain.documents import Agent, Group
from services.domain.prompts import MANDARIN, spoken_name
from services.domain.voicemail import Voicemail
from services.store import agents, audit, queues, voicemails
from services.store.audit import Act
from services.store.distribution import Distribution
from services.store.due import now
from tests.unit.agi.fake_channel import FakeChannel

TODAY = now()
SPOKEN = {f"spoken/{Path(spoken_name(piece, MANDARIN)).name}": piece for piece in mailbox.pieces()}
NUMBER = "13800138000"


class Phone(FakeChannel):
    """``keys``: what is pressed, each at the first sound so named, or ``silence``; None hangs up."""

    def __init__(self, folder: Path, keys: Sequence[tuple[str, str | None]]) -> None:
        super().__init__()
        self._folder = folder
        self._files = {path.stem for path in folder.glob("*.wav")}
        self._script = list(keys)
        self.told: list[str] = []

    async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
        assert until is None
        name = str(Path(sound).relative_to(self._folder))
        if name not in SPOKEN and name not in self._files:
            raise RefusedError("STREAM FILE", "result=-1")
        what = SPOKEN.get(name, name)
        self.told.append(what)
        return self._pressed(what) if interrupt else None

    async def wait_key(self, seconds: float, until: asyncio.Event | None = None) -> str | None:
        assert (seconds > 0, until) == (True, None)
        return self._pressed("silence")

    def _pressed(self, what: str) -> str | None:
        if self._script and self._script[0][0] == what:
            key = self._script.pop(0)[1]
            if key is None:
                raise CallerGone("hung up")
            return key
        return None


@pytest.fixture
async def distribution(redis: Redis) -> Distribution:
    """``li`` belongs to two groups of three."""
    distribution = Distribution(redis, "demo")
    for name in ("li", "wang"):
        agent = {"kind": "agent", "id": name, "account": "demo", "name": "x", "sip": {"password": "abcdefghijkl"}}
        await agents.put(distribution, Agent.model_validate(agent), now())
    for name, members in (("sales", ["li", "wang"]), ("service", ["li"]), ("other", ["wang"])):
        group = {"kind": "group", "id": name, "account": "demo", "name": "x", "strategy": "sequence"}
        await queues.put(distribution, Group.model_validate({**group, "members": members}), now())
    return distribution


@pytest.fixture
async def two(distribution: Distribution, tmp_path: Path) -> list[Voicemail]:
    """Of those that ``li`` may hear, the oldest first."""
    found = []
    for index, group in enumerate(("service", "other", "sales")):
        voicemail = Voicemail(
            id=f"v{index}", account="demo", pbx="pbx1", call=f"pbx1-1.{index}", hotline="4007900000", caller=NUMBER,
            group=group, node="n", at=TODAY + index, ms=3000, file=f"v{index}.wav",
        )  # fmt: skip
        (tmp_path / voicemail.file).touch()
        for command in voicemails.left(voicemail):
            await distribution.redis.execute_command(*command)  # type: ignore[no-untyped-call]
        found.append(voicemail)
    return [found[0], found[2]]


async def opens(distribution: Distribution, folder: Path, *keys: tuple[str, str | None]) -> list[str]:
    """What is told, without when and from whom."""
    phone = Phone(folder, keys)
    try:
        await Mailbox(cast("Channel", phone), distribution, folder, folder, "li").open()
    finally:
        told = "|".join(phone.told)
    assert not phone._script
    return told.split("|")


async def unheard(distribution: Distribution) -> list[str]:
    found = [await voicemails.unheard(distribution.redis, "demo", group) for group in ("service", "sales")]
    return [voicemail.id for of_group in found for voicemail in of_group]


def told_of(voicemail: Voicemail) -> list[str]:
    return list(mailbox.about(voicemail, now()))


async def test_both_groups_are_heard_oldest_first(
    distribution: Distribution, two: list[Voicemail], tmp_path: Path
) -> None:
    told = await opens(distribution, tmp_path, (mailbox.HELP, "2"), ("silence", "2"))
    first, second = ([*told_of(one), Path(one.file).stem] for one in two)
    assert told == [*mailbox.news(2), *first, mailbox.HELP, *second, mailbox.HELP, mailbox.OVER]
    assert await unheard(distribution) == []
    found = [await voicemails.get(distribution.redis, "demo", one.id) for one in two]
    assert [one and one.heard_by for one in found] == ["li", "li"]
    assert await opens(distribution, tmp_path) == [mailbox.NO_NEWS]


async def test_one_is_heard_again_and_kept(distribution: Distribution, two: list[Voicemail], tmp_path: Path) -> None:
    keys = [("v0", "1"), ("v0", "3"), (mailbox.SURE, "1"), (mailbox.KEPT, "2"), ("v2", "2")]
    told = await opens(distribution, tmp_path, *keys)
    assert [told.count(name) for name in ("v0", mailbox.SURE, mailbox.KEPT, mailbox.DELETED, "v2")] == [2, 1, 1, 0, 1]
    assert await voicemails.get(distribution.redis, "demo", two[0].id)


async def test_one_is_deleted_with_its_file(distribution: Distribution, two: list[Voicemail], tmp_path: Path) -> None:
    told = await opens(distribution, tmp_path, ("v0", "3"), (mailbox.SURE, "3"), ("v2", "2"))
    assert mailbox.DELETED in told
    assert await voicemails.get(distribution.redis, "demo", "v0") is None
    assert not (tmp_path / "v0.wav").exists()
    assert (tmp_path / "v2.wav").exists()
    [entry] = await audit.newest(distribution.redis, 1)
    assert (entry.act, entry.outcome) == (Act("demo", "li", "delete_voicemail", two[0].call), "done")


async def test_one_that_lies_on_another_host_is_said_so_and_stays_new(
    distribution: Distribution, two: list[Voicemail], tmp_path: Path
) -> None:
    (tmp_path / two[0].file).unlink()
    told = await opens(distribution, tmp_path, (mailbox.ELSEWHERE, "2"), ("v2", "2"))
    assert told.count(mailbox.ELSEWHERE) == 1
    assert await unheard(distribution) == [two[0].id]


async def test_who_hangs_up_meanwhile_has_not_heard_it(
    distribution: Distribution, two: list[Voicemail], tmp_path: Path
) -> None:
    with pytest.raises(CallerGone):
        await opens(distribution, tmp_path, ("v0", None))
    assert await unheard(distribution) == [one.id for one in two]


async def test_who_presses_nothing_hears_no_more(
    distribution: Distribution, two: list[Voicemail], tmp_path: Path
) -> None:
    told = await opens(distribution, tmp_path)
    assert told[-3:] == [mailbox.HELP] * 3
    assert await unheard(distribution) == [two[1].id]
