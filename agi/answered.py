"""A phone was picked up: says so to the queue, before the two are connected."""

from urllib.parse import parse_qs

from agi.channel import Channel
from agi.room import Room
from services.store import queues
from services.store.due import now


class Answered:
    """Runs on the phone's channel; the dialplan's context ``answered`` has the arguments."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, channel: Channel) -> None:
        account, offer, agent_of, dial, call = (channel.headers[f"agi_arg_{number}"] for number in range(1, 6))
        [agent] = parse_qs(agent_of)[dial]
        if not await queues.answered(self._room.distribution(account), call, int(offer), agent, now()):
            # Another was faster, or the queue has given the caller to somebody else: this phone is let go.
            await channel.set_variable("GOSUB_RESULT", "CONTINUE")
