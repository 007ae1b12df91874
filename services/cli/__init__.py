"""The command line: ``hotline …``. Exit codes: 0 done, 1 refused or found wrong, 2 misused."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "check": ("check:check", "Check documents and say everything that is wrong with them."),
    "apply": (
        "configure:apply",
        "Check documents, prepare their sounds, and make them what callers meet from the next call on.",
    ),
    "export": (
        "documents:export",
        "Write all documents as YAML, a file each; applied again they change nothing.",
    ),
    "draft": ("drafts:app", "Changes of documents that are not in effect yet."),
    "document": ("documents:app", "Documents as they stand, and their earlier versions."),
    "simulate": (
        "simulate:command",
        "Say what would become of a call: what the caller hears, who rings, how it ends and what it costs.",
    ),
    "impact": (
        "impact:command",
        "Say which calls would have gone elsewhere, had these documents held: nothing is applied.",
    ),
    "graph": (
        "graph:command",
        "Draw a hotline's flow: what callers are asked, where keys and branches lead, where calls end.",
    ),
    "rate": ("rate:command", "Say what calls cost by tariffs and packages, and why; nothing is written anywhere."),
    "compare": (
        "compare:command",
        "Say what an account's own calls of a period would have cost with each package on offer.",
    ),
    "statement": (
        "statement:command",
        "Print what an account owes for a month or a cycle: each call, sums, what its packages cost, and its balance.",
    ),
    "rerate": (
        "rerate:command",
        "Price calls again by the documents as they are now; say what changes, and write corrections if told to.",
    ),
    "doctor": (
        "doctor:doctor",
        "Add up every account's balance and minutes from the streams alone, and report where its book says otherwise.",
    ),
    "tail": ("records:tail", "Show each call as its record is written, until interrupted."),
    "supervise": (
        "supervision:supervise",
        "Ring a supervisor's phone to hear the talk that an agent has now, until that is over.",
    ),
    "asterisk": ("configure:asterisk", "What Asterisk loads."),
    "archive": ("archive:app", "The archive of calls in SQL."),
    "serve": ("serve:app", "Run one of the services until SIGTERM."),
    "account": ("accounts:app", "Accounts' money and packages."),
    "list": ("lists:app", "Black- and whitelists of callers' numbers."),
    "agent": ("agents:app", "Agents on duty."),
    "person": ("people:app", "Who may log in to the console."),
    "token": ("tokens:app", "What programs show to the console's API."),
    "records": ("records:app", "Rated records."),
    "callback": ("callbacks:app", "Customers who are to be called back."),
    "notify": ("outbox:app", "Messages that could not be delivered."),
    "voicemail": ("voicemails:app", "What callers left for a group."),
    "call": ("supervision:calls", "Calls in queues: waiting, ringing, talking."),
}
"""Where each stands below this package, and what it says of itself."""


class Lazy(TyperGroup):
    """Loads the command that is run, and none to tell which there are."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=text) for name, (_, text) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else loaded(name), rest


def loaded(name: str) -> Any:
    """The command itself."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(f"services.cli.{module}"), attribute)
    alone = typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    return typer.main.get_group(alone).commands[name]


main = typer.Typer(name="hotline", cls=Lazy, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@main.callback()
def _only_commands() -> None:
    pass
