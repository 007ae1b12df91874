"""``make demo``: real calls through a real node, each shown as a ladder and as its record."""

import argparse
import asyncio
import shutil
import signal
import sys
import time

from rich.console import Console

from services.domain.ladder import ladder
from services.domain.record import Record, to_json
from tests.harness.demo_calls import DEMO_CALLS, HOTLINE, DemoCall, outcome
from tests.harness.node import PHONES, Node, running
from tests.harness.play import play
from tests.harness.sipp import CALLER_HOST
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


async def stay(node: Node) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    out.print(f"hotline {HOTLINE} is served; SIP port {node.ports.sip}, Redis port {node.ports.redis}")
    for agent, password in node.passwords.items():
        out.print(f"  phone {agent}   password {password}")
    out.print("Ctrl-C ends it.")
    await stop.wait()


async def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="play no calls, run until Ctrl-C")
    parser.add_argument("--caller", help="another address that calls come from, as if it were the carrier's")
    arguments = parser.parse_args()
    folder = STATE / "nodes" / ("run" if arguments.stay else "demo")
    if not arguments.stay:
        shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    node = Node(
        folder,
        bind="0.0.0.0" if arguments.stay else "127.0.0.1",
        trunk={"hosts": [CALLER_HOST, arguments.caller]} if arguments.caller else {},
    )
    async with running(node):
        out.print(f"Redis, Asterisk, agi and billing are up after {time.monotonic() - began:.1f} s in {folder}")
        if arguments.stay:
            await stay(node)
            return 0
        wrong = await demo(node)
    out.print(
        f"[red]{wrong} calls came out wrong[/]" if wrong else f"[green]all {len(DEMO_CALLS)} calls came out right[/]"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
