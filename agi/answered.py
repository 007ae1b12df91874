"""A phone was picked up for a queue's caller: says so to the queue, before the two are connected."""

from agi.channel import Channel
from agi.room import Room
from services.store import queues
from services.store.due import now


class Answered:
    """Runs on the phone's channel; the dialplan's context ``answered`` has the arguments."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, channel: Channel) -> None:
        account, offer, agent, call = (channel.headers[f"agi_arg_{number}"] for number in range(1, 5))
        distribution, own = self._room.distribution(account), channel.headers["agi_uniqueid"]
        if not await queues.answered(distribution, call, int(offer), agent, now(), channel=own):
            # Another was faster, or the queue has given the caller to somebody else: this phone is let go.
            await channel.set_variable("GOSUB_RESULT", "CHANUNAVAIL")
