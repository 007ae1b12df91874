"""A voicemail is left, and heard by an agent of its group who dials the code."""

from services.domain import mailbox
from services.domain.prompts import MANDARIN, spoken_name
from services.domain.voicemail import Voicemail
from services.store import voicemails
from services.store.due import now
from tests.harness.hearing import SECOND, likeness, listening, samples, without_lead
from tests.harness.node import Node
from tests.harness.sipp import PHONE_HOST, hears, is_hung_up, presses_and_is_hung_up, talks
from tests.harness.waiting import until

POSTBOX = "4007900000"
AGENT, PASSWORD = "7901", "phone-of-7901-demo"
CALLER = "10086"
"""Quickly read out."""


def spoken(node: Node, *pieces: str) -> list[int]:
    sounds = [samples((node.sounds / spoken_name(piece, MANDARIN)).with_suffix(".wav")) for piece in pieces]
    return [sample for sound in sounds for sample in sound]


async def left(node: Node) -> Voicemail:
    before = await node.stream.newest()
    caller = await node.sipp.call(CALLER, POSTBOX, [hears(2000), talks(2500), presses_and_is_hung_up("#")])
    assert await caller.wait(30) == 0
    await node.stream.after(before)
    [voicemail] = await voicemails.unheard(node.redis, "demo", "postbox")
    return voicemail


async def test_a_voicemail_is_left_heard_and_marked(node: Node) -> None:
    voicemail = await left(node)
    async with listening(PHONE_HOST) as (ear, port):
        phone = await node.sipp.dials(AGENT, PASSWORD, "*85", is_hung_up(), media_port=port)

        async def heard() -> Voicemail | None:
            known = await voicemails.get(node.redis, "demo", voicemail.id)
            return known if known and known.heard_at else None

        marked = await until(heard, "the voicemail to be marked", 40)
        everything = list(ear.samples)
        await phone.stop()
    assert marked is not None
    assert marked.heard_by == AGENT
    assert await voicemails.unheard(node.redis, "demo", "postbox") == []
    about = mailbox.about(voicemail, now())
    sound = without_lead(samples(node.recordings / voicemail.file))
    parts = [spoken(node, *mailbox.news(1)), spoken(node, *about[-6:]), sound]
    alike = [likeness(everything, part, len(everything) / SECOND) for part in parts]
    assert min(alike) > 0.8, alike
    assert likeness(everything, sound[::-1], len(everything) / SECOND) < 0.8  # the measure tells sounds apart
