"""``hotline serve …``: the services. Each loads only what it runs, and so does every other command."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import typer
import uvloop

from services.cli.terminal import Refused
from services.settings import Settings, SettingsError

app = typer.Typer(no_args_is_help=True, help="Run one of the services until SIGTERM.")


@app.command("agi")
def serve_agi() -> None:
    """Take the calls that Asterisk hands over by FastAGI.

    Example: HOTLINE_REDIS_URL=redis://127.0.0.1:6379/0 hotline serve agi
    """
    from agi import service  # noqa: PLC0415

    _serve(service.run)


@app.command("billing")
def serve_billing() -> None:
    """Turn the CEL file into rated records on the stream.

    Example: HOTLINE_CEL_DIR=/var/log/asterisk/cel-custom hotline serve billing
    """
    from services import billing  # noqa: PLC0415

    _serve(billing.run)


@app.command("pbx")
def serve_pbx() -> None:
    """Follow the SIP phones of one Asterisk, and have it do what the other services ask for.

    Example: HOTLINE_PBX=pbx1 HOTLINE_AMI_SECRET=… hotline serve pbx
    """
    from services import pbx  # noqa: PLC0415

    _serve(pbx.run)


@app.command("notify")
def serve_notify() -> None:
    """Send text messages and webhooks, again and again until they are taken.

    Example: HOTLINE_NOTIFY_URL=https://gateway.example.com/texts HOTLINE_NOTIFY_SECRET=… hotline serve notify
    """
    from services import notify  # noqa: PLC0415

    _serve(notify.run)


@app.command("archive")
def serve_archive() -> None:
    """Keep rated calls in SQL, for search and analysis.

    Example: HOTLINE_ARCHIVE_URL=sqlite:////var/lib/hotline/archive.db hotline serve archive
    """
    from services import archive  # noqa: PLC0415

    _serve(archive.run)


@app.command("console")
def serve_console() -> None:
    """Serve the back office: pages for people, an API for programs.

    Example: HOTLINE_CONSOLE_URL=https://hotline.example.com hotline serve console
    """
    from services import console  # noqa: PLC0415

    _serve(console.run)


def _serve(work: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(Settings(), stop)

    try:
        uvloop.run(until_told())
    except (OSError, SettingsError) as error:
        raise Refused(error) from error
