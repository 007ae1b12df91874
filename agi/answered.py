"""A phone was picked up for a queue's caller: says so to the queue, before the two are connected."""

from agi.channel import Channel
from agi.room import Room


class Answered:
    """Runs on the phone's channel; the dialplan's context ``answered`` has the arguments."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, channel: Channel) -> None:
        account, offer, agent, call = (channel.headers[f"agi_arg_{number}"] for number in range(1, 5))
        distribution, own = self._room.distribution(account), channel.headers["agi_uniqueid"]
        if not await self._room.answered(distribution, call, int(offer), agent, channel=own):
            # Another was faster, or the queue has given the caller to somebody else: this phone is let go.
            await channel.set_variable("GOSUB_RESULT", "CHANUNAVAIL")
