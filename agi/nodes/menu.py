from agi.call import Call
from services.domain.nodes.menu import Menu


async def handle(call: Call, name: str, menu: Menu) -> str:
    await call.channel.answer()
    call.forget(unless=menu.keys)
    key: str | None = None
    for _ in range(menu.tries):
        key = key or await call.play(menu.prompt, barge_in=menu.barge_in) or await call.channel.wait_key(menu.timeout)
        outcome = "timeout" if key is None else "match" if key in menu.keys else "invalid"
        await call.channel.mark("KEYS", node=name, keys=key or "", outcome=outcome)
        if key in menu.keys:
            return menu.keys[key]
        # Who knows the menu presses on while the correction is still playing: that key is the next try.
        key = await call.play(menu.invalid) if key and menu.invalid else None
    return menu.otherwise
