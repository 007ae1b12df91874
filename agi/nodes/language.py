from agi.call import LANGUAGE, Call
from services.domain.nodes.language import LanguageNode


async def handle(call: Call, _name: str, node: LanguageNode) -> str:
    await call.channel.set_variable(LANGUAGE, node.language)
    return node.next
