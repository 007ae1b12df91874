from agi.call import JOINED, PRIORITY, Call
from agi.digits import DIGITS, first_key, more_keys
from services.domain.callbacks import CallbackTerms, opens
from services.domain.documents import Group
from services.domain.nodes.base import Prompt
from services.domain.nodes.callback import Callback
from services.domain.numbers import dialable
from services.store import callbacks, documents
from services.store.distribution import Unknown
from services.store.due import now

MOST_KEYS = 20
HOUR_MS = 3_600_000


async def handle(call: Call, name: str, node: Callback) -> str | None:
    await call.channel.answer()
    found = await documents.get(call.redis, Group, node.group)
    terms = found.document.callback if found else None
    number = await _agree(call, name, node) if terms else None
    if terms is None or number is None:
        return await _ends(call, node.refused, node.otherwise)
    asked = await _ask(call, name, node, terms, number)
    said = {"agreed": node.agreed, "pending": node.pending, "refused": node.refused}[asked]
    return await _ends(call, said, node.otherwise if asked == "refused" else node.next)


async def _ends(call: Call, said: Prompt, following: str | None) -> str | None:
    await call.say(said)
    if following is None:
        await call.channel.mark("END", reason="callback")
    return following


async def _agree(call: Call, name: str, node: Callback) -> str | None:
    """The number to call back, confirmed by its caller; None when that did not succeed."""
    number = dialable(call.caller)
    for _ in range(node.tries):
        number = number or await _enter(call, name, node)
        if number is None:
            continue
        key = await _read_out(call, node, number) or await call.channel.wait_key(node.timeout)
        outcome = "timeout" if key is None else "match" if key in "12" else "invalid"
        await call.mark_keys(name, key or "", outcome)
        if key == "1":
            return number
        if key == "2":
            number = await _enter(call, name, node)
    return None


async def _read_out(call: Call, node: Callback, number: str) -> str | None:
    """The key with which the caller cut it short."""
    for prompt in (node.use_this, *(node.digits[int(digit)] for digit in number), node.or_another):
        if key := await call.play(prompt):
            return key
    return None


async def _enter(call: Call, name: str, node: Callback) -> str | None:
    call.forget(unless=DIGITS)
    first = await first_key(call, node.enter, node.timeout)
    keys = await more_keys(call, first, lambda keys: len(keys) < MOST_KEYS, node.timeout)
    number = dialable(keys)
    await call.mark_keys(name, keys, "match" if number else "invalid")
    if number is None:
        await call.say(node.invalid)
    return number


async def _ask(call: Call, name: str, node: Callback, terms: CallbackTerms, number: str) -> callbacks.Asked:
    at = now()
    joined, priority = [await call.channel.get_variable(name) for name in (JOINED, PRIORITY)]
    try:
        asked, callback = await callbacks.ask(
            call.distribution,
            number,
            node.group,
            at,
            hotline=call.hotline.number,
            node=name,
            asked_in=call.id,
            pbx=call.pbx,
            joined=int(joined or at),
            priority=int(priority or 0),
            due=opens(terms.windows, at),
            expires=at + terms.keep_hours * HOUR_MS,
        )
    except Unknown:  # the group's document was never applied
        return "refused"
    await call.channel.mark("CALLBACK_ASKED", node=name, outcome=asked, callback=callback, number=number)
    return asked
