from functools import partial

from agi.call import Call
from services.domain.messages import Message
from services.domain.nodes.text_message import TextMessage
from services.domain.numbers import takes_texts, to_e164
from services.domain.record import TextOutcome
from services.domain.template import fill
from services.store import outbox
from services.store.due import now


async def handle(call: Call, name: str, node: TextMessage) -> str:
    outcome: TextOutcome = "accepted" if takes_texts(call.caller) else "no_mobile" if call.caller else "withheld"
    if outcome == "accepted":
        await call.room.tell(partial(outbox.put, call.redis, [_message(call, name, node)]))
    await call.channel.mark("TEXT_MESSAGE", node=name, outcome=outcome)
    return node.next


def _message(call: Call, name: str, node: TextMessage) -> Message:
    hotline = call.hotline
    return Message(
        # A call that goes through the node again, after a crash or in a circle, has nothing new to say.
        id=f"text_message:{call.id}:{name}",
        kind="text_message",
        account=hotline.account,
        at=now(),
        to=to_e164(call.caller),
        text=fill(node.text, caller=call.caller, hotline=hotline.number, name=hotline.name),
        values={"call_id": call.id, "hotline": hotline.number, "node": name},
    )
