"""``make demo``: real calls through a real node, each shown as a ladder and as its record."""

import asyncio
import shutil
import sys
import time

from rich.console import Console

from services.domain.ladder import ladder
from services.domain.record import Record, to_json
from tests.harness.demo_calls import DEMO_CALLS, DemoCall, outcome
from tests.harness.node import PHONES, Node, running
from tests.harness.play import play
from tests.harness.state import STATE

out = Console(highlight=False, soft_wrap=True)


async def demo(node: Node) -> int:
    """How many calls came out wrong."""
    phones = {agent: await node.phone(agent) for agent in PHONES}
    phones["lao-wang"] = node.sipp.bound_phone()
    wrong = 0
    for number, call in enumerate(DEMO_CALLS, 1):
        out.rule(f"{number}. {call.title}", align="left")
        record = await play(node.sipp, node.stream, call, phones)
        wrong += not _show(call, record)
    out.rule(align="left")
    return wrong


def _show(call: DemoCall, record: Record) -> bool:
    for line in ladder(record):
        out.print(line, markup=False)
    out.print_json(to_json(record).decode(), indent=None)
    is_right = outcome(record) == call.expected
    if is_right:
        out.print("[green]as it must be[/]")
    else:
        out.print(f"[red]wrong:[/] expected {call.expected}\n        came     {outcome(record)}")
    return is_right


async def main() -> int:
    folder = STATE / "nodes" / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    async with running(Node(folder)) as node:
        out.print(f"Redis, Asterisk and the services are up after {time.monotonic() - began:.1f} s in {folder}")
        wrong = await demo(node)
    if wrong:
        out.print(f"[red]{wrong} calls came out wrong[/]")
        return 1
    out.print(f"[green]all {len(DEMO_CALLS)} calls came out right[/]; make run shows a company's console")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
