"""Recordings are heard by who may, in parts, and never anything else; every hearing stands in the audit."""

import asyncio
import json
import random
import re
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from services.domain.people import Token
from services.domain.record import Record
from services.domain.rights import Right
from services.store import audit, people
from services.store import recordings as kept
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.archived import answered, archive
from tests.harness.console import ACCOUNT, Visit

RATE = 8000
CHANCE = random.Random(3)


def sound(path: Path, seconds: float = 2.0, loud: int = 16_384) -> None:
    """Silence, then noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [0] * int(RATE * seconds / 2) + [loud, -loud] * int(RATE * seconds / 4)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))


async def recorded(console: Console, *files: str, pbx: str = "pbx1") -> Record:
    number = f"1380000{CHANCE.randrange(10_000):04}"
    record = replace(answered(ACCOUNT, number, "1001"), recordings=files, pbx=pbx)
    await archive(console.redis, console.archive, record)
    return record


def api(record: Record) -> str:
    return f"/api/v1/accounts/{ACCOUNT}/calls/{record.call_id}/recordings"


@pytest.fixture
async def record(console: Console) -> Record:
    name = f"{ACCOUNT}/2026-11-23/{CHANCE.getrandbits(40)}.wav"
    await asyncio.to_thread(sound, console.settings.recordings_dir / name)
    record = await recorded(console, name)
    await kept.keep(console.redis, "pbx1", [name], now() + 86_400_000)
    return record


async def heard(console: Console, record: Record) -> list[tuple[str, str]]:
    found = [entry.act for entry in reversed(await audit.newest(console.redis, 100))]
    return [(act.actor, act.action) for act in found if act.call == record.call_id]


async def test_it_is_there_and_is_heard(console: Console, record: Record) -> None:
    path = console.settings.recordings_dir / record.recordings[0]
    whole = await asyncio.to_thread(path.read_bytes)
    async with console.visiting("super@demo") as visit:
        [one] = json.loads((await visit.get(api(record))).text)
        assert (one["of"], one["side"], one["state"]) == ("talk", "both", "there")
        assert one["kept_until"] is not None
        answer = await visit.get(f"{api(record)}/0")
        assert (answer.status, answer.body) == (200, whole)
        assert answer.headers["Content-Type"] == "audio/wav"
        assert answer.headers["Content-Disposition"].startswith("inline")
        download = await visit.get(f"{api(record)}/0?download=true")
        assert download.body == whole
        named = download.headers["Content-Disposition"]
        assert re.fullmatch(rf'attachment; filename="4008001234-\d{{8}}-\d{{6}}-{record.caller}-1\.wav"', named)
    expected = [("super@demo", "hear_recording"), ("super@demo", "download_recording")]
    assert await heard(console, record) == expected


PARTS = {
    "bytes=0-": 1,
    "bytes=0-99": 1,
    "bytes=100-199": 0,
    "bytes=-100": 1,
    "bytes=00-": 1,
    "nonsense": 1,
    "bytes=1-2,0-": 1,
}


@pytest.mark.parametrize("part", PARTS)
async def test_who_moves_about_in_it_hears_it_once(console: Console, record: Record, part: str) -> None:
    """And nobody gets at all of it without being noted, however the parts are asked for."""
    async with console.visiting("super@demo") as visit:
        await visit.get(f"{api(record)}/0", headers={"Range": "bytes=0-1"})
        answer = await visit.get(f"{api(record)}/0", headers={"Range": part})
        assert answer.status in {200, 206, 416}
    assert len(await heard(console, record)) == 1 + PARTS[part]


async def test_beginning_in_the_middle_is_hearing_it(console: Console, record: Record) -> None:
    async with console.visiting("audit@demo") as visit:
        for _ in range(2):
            answer = await visit.get(f"{api(record)}/0", headers={"Range": "bytes=1000-1099"})
            assert (answer.status, len(answer.body)) == (206, 100)
    assert await heard(console, record) == [("audit@demo", "hear_recording")]


async def test_it_is_drawn_without_being_heard(console: Console, record: Record) -> None:
    page = f"/accounts/{ACCOUNT}/calls/{record.call_id}"
    async with console.visiting("super@demo") as visit:
        drawn = json.loads((await visit.get(f"{api(record)}/0/drawn")).text)
        assert drawn["ms"] == 2000
        assert drawn["peaks"] == [0.0] * 500 + [0.5] * 500
        assert "<path d=" in (await visit.get(f"{page}/recordings/0/drawn")).text
        assert "data-player" in (await visit.get(page)).text
    assert await heard(console, record) == []


@pytest.mark.parametrize("number", ["1", "00001", "-1", "٠", "9" * 5000])
async def test_no_number_but_those_of_its_recordings_is_one(console: Console, record: Record, number: str) -> None:
    async with console.visiting("super@demo") as visit:
        assert (await visit.get(f"{api(record)}/{number}")).status == 404


SECRET = "secret of the machine"
OUTSIDE = ("../secret.wav", "/etc/passwd", f"{ACCOUNT}/../../secret.wav", f"{ACCOUNT}/link.wav", ACCOUNT, "")


@pytest.mark.parametrize("name", OUTSIDE)
async def test_no_name_leads_out_of_the_folder(console: Console, name: str) -> None:
    folder = console.settings.recordings_dir

    def lay() -> None:
        (folder / ACCOUNT).mkdir(parents=True, exist_ok=True)
        (folder.parent / "secret.wav").write_text(SECRET)
        (folder / ACCOUNT / "link.wav").unlink(missing_ok=True)
        (folder / ACCOUNT / "link.wav").symlink_to(folder.parent / "secret.wav")

    await asyncio.to_thread(lay)
    record = await recorded(console, name)
    async with console.visiting("boss@demo") as visit:
        assert [one["state"] for one in json.loads((await visit.get(api(record))).text)] == ["deleted"]
        for path in ("0", "0/drawn"):
            answer = await visit.get(f"{api(record)}/{path}")
            assert (answer.status, SECRET in answer.text) == (404, False)
        assert (await visit.get(f"/accounts/{ACCOUNT}/calls/{record.call_id}")).status == 200
    assert await heard(console, record) == []


@pytest.mark.parametrize("number", ["1", "-1", "x", "\u0661", "99999999999999999999", "0%2F..%2F..", "0.wav"])
async def test_only_those_that_the_call_has(console: Console, record: Record, number: str) -> None:
    async with console.visiting("boss@demo") as visit:
        assert (await visit.get(f"{api(record)}/{number}")).status == 404


async def test_why_it_is_not_there_is_said(console: Console) -> None:
    gone, elsewhere = await recorded(console, "gone.wav"), await recorded(console, "gone.wav", pbx="pbx7")
    async with console.visiting("boss@demo") as visit:
        page = (await visit.get(f"/accounts/{ACCOUNT}/calls/{gone.call_id}")).text
        assert "the days it is kept for are over" in page
        page = (await visit.get(f"/accounts/{ACCOUNT}/calls/{elsewhere.call_id}")).text
        assert "The recording lies on pbx7" in page
        assert (await visit.get(f"{api(elsewhere)}/0")).status == 409


async def test_what_is_no_sound_is_refused(console: Console) -> None:
    name = f"{ACCOUNT}/broken.wav"
    path = console.settings.recordings_dir / name
    await asyncio.to_thread(sound, path)
    await asyncio.to_thread(path.write_bytes, b"RIFF no sound")
    record = await recorded(console, name)
    async with console.visiting("boss@demo") as visit:
        assert (await visit.get(f"{api(record)}/0/drawn")).status == 409


async def test_who_sees_calls_need_not_hear_them(console: Console, record: Record) -> None:
    token = Token(
        id="reader", name="reader", account=ACCOUNT, scopes=frozenset({Right.SEE_CALLS}), by="boss", created=now()
    )
    async with Visit(console.url, await people.add_token(console.redis, token)) as visit:
        assert (await visit.get(api(record))).status == 200
        assert (await visit.get(f"{api(record)}/0")).status == 403
        assert (await visit.get(f"{api(record)}/0/drawn")).status == 403
    assert await heard(console, record) == []


async def test_nothing_is_heard_when_it_cannot_be_noted(console: Console, record: Record) -> None:
    """The audit is Redis': without it there is no session either, and no sound."""
    async with console.visiting("super@demo") as visit:
        await visit.get(api(record))
        await console.redis.config_set("maxmemory", "1mb")
        try:
            answer = await visit.get(f"{api(record)}/0")
        finally:
            await console.redis.config_set("maxmemory", "0")
        assert (answer.status, b"RIFF" in answer.body) == (503, False)
