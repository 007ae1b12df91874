from agi.call import Call
from agi.digits import Wanted, asked
from services.domain.nodes.menu import Menu


async def handle(call: Call, name: str, menu: Menu) -> str:
    key = await asked(call, name, menu, Wanted(menu.keys.__contains__, keys=menu.keys))
    return menu.otherwise if key is None else menu.keys[key]
