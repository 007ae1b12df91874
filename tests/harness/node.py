"""One whole installation on loopback: Redis, Asterisk and the services, as an owner would run them."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from ruamel.yaml import YAML

from tests.harness.ports import Ports
from tests.harness.process import Process, run
from tests.harness.sipp import CALLER_HOST, Phone, Sipp
from tests.harness.state import ROOT, STATE
from tests.harness.stream import RatedStream
from tests.harness.waiting import until

DEMO = ROOT / "examples" / "demo"
PHONES = ("1001", "1002")

STARTING = 60.0
"""Seconds that a part may take to start, on a machine with other work to do."""


class Node:
    """``documents`` are the company's files, ``trunk`` adds to what the pbx document says of the carrier.

    The pbx document and those of the agents ``phones`` (id, name) of ``account`` are made here, with their passwords;
    those in ``browsers`` have browsers for phones.
    """

    def __init__(
        self,
        folder: Path,
        documents: Iterable[Path] = (DEMO,),
        *,
        bind: str = "127.0.0.1",
        trunk: Mapping[str, object] | None = None,
        account: str = "demo",
        phones: Mapping[str, str] = MappingProxyType(dict(zip(PHONES, PHONES, strict=True))),
        browsers: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self.ports = Ports()
        self.passwords = {agent: secrets.token_urlsafe(18) for agent in phones}
        self.sounds, self.cel, self.log = folder / "sounds", folder / "cel", folder / "log"
        self.recordings = folder / "recordings"
        self.texts = folder / "texts.jsonl"
        """What would have gone to the gateway for text messages."""
        self.conf = folder / "conf"
        for path in (self.sounds, self.recordings, self.cel, self.log, folder / "asterisk", folder / "sipp"):
            path.mkdir(parents=True, exist_ok=True)
        self.sipp = Sipp(self.ports, folder / "sipp")
        self._bind = bind
        self._trunk = trunk or {}
        ami_secret = secrets.token_urlsafe(18)
        self._documents = [*map(str, documents), str(self._own_documents(ami_secret, account, phones, browsers))]
        self.env = {
            "HOTLINE_REDIS_URL": f"redis://127.0.0.1:{self.ports.redis}/0",
            "HOTLINE_PBX": "pbx1",
            "HOTLINE_AGI_PORT": str(self.ports.agi),
            "HOTLINE_ASTERISK_STATE": str(folder / "asterisk"),
            "PATH": f"{STATE / 'bin'}:{os.environ['PATH']}",
            "HOTLINE_CEL_DIR": str(self.cel),
            "HOTLINE_SOUNDS_DIR": str(self.sounds),
            "HOTLINE_RECORDINGS_DIR": str(self.recordings),
            "HOTLINE_NOTIFY_FILE": str(self.texts),
            "HOTLINE_AMI_PORT": str(self.ports.ami),
            "HOTLINE_AMI_SECRET": ami_secret,
            "HOTLINE_ARCHIVE_URL": f"sqlite:///{folder / 'archive.db'}",
            "HOTLINE_CONSOLE_HOST": bind,
            "HOTLINE_CONSOLE_PORT": str(self.ports.console),
            "HOTLINE_CONSOLE_URL": self.console_url,
            "HOTLINE_SIP_WEBSOCKET": f"ws://127.0.0.1:{self.ports.web}/ws",
            "HOTLINE_ASSETS_DIR": str(STATE / "web"),
        }
        self.redis_server = self._process(
            "redis",
            "redis-server",
            "--port",
            str(self.ports.redis),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
            "--appendonly",
            "yes",
            "--appendfsync",  # a test that kills it asks what becomes of what it knew, not of a second it may forget
            "always",
            "--save",
            "",
        )
        self.asterisk = self._process("asterisk", *self._asterisk("-f"))
        self.agi = self._process("agi", *_hotline("serve", "agi"))
        self.second_agi = self._process(
            "agi-2", *_hotline("serve", "agi"), env={"HOTLINE_AGI_PORT": str(self.ports.second_agi)}
        )
        """Not started here; Asterisk asks it when the first does not answer."""
        self.billing = self._process("billing", *_hotline("serve", "billing"))
        self.notify = self._process("notify", *_hotline("serve", "notify"))
        self.pbx = self._process("pbx", *_hotline("serve", "pbx"))
        self.archive = self._process("archive", *_hotline("serve", "archive"))
        self.back_office = self._process("console", *_hotline("serve", "console"))
        """Neither is started here: ``start_back_office``."""
        self.redis = Redis.from_url(self.env["HOTLINE_REDIS_URL"])
        self.stream = RatedStream(self.redis)

    @property
    def _services(self) -> tuple[Process, ...]:
        return self.asterisk, self.agi, self.billing, self.notify, self.pbx

    async def start(self) -> None:
        await self.redis_server.start()
        await self.redis_ready()
        await self.hotline("apply", *self._documents)
        await self.render()
        for process in self._services:
            await process.start()
        await self.agi_ready()
        await self.asterisk_ready()
        await until(self._pbx_follows, "the service beside Asterisk to follow the phones", STARTING)
        # Until then it is slower: a test of when a phone rings is not to depend on being the first.
        await until(self._places_loaded, "agi to have loaded the places of numbers", STARTING)

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.console}"

    async def start_back_office(self) -> None:
        await self.archive.start()
        await self.start_console()

    async def start_console(self) -> None:
        await self.back_office.start()
        await until(lambda: _listens(self.back_office, self.ports.console), "the console to listen", STARTING)

    async def stop(self) -> None:
        await self.redis.aclose()
        others = (self.second_agi, self.archive, self.back_office)
        await asyncio.gather(*(process.stop() for process in (*self._services, *others)))
        await self.redis_server.stop()
        self.ports.release()

    def last_lines(self) -> str:
        """Of the services' logs, and of the events of the last calls."""
        told = []
        services = (*self._services, self.archive, self.back_office)
        for path, count in [*((process.log, 8) for process in services), (self.cel / "hotline.csv", 40)]:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:] if path.exists() else []
            told += [f"{path.name}: {line[:160]}" for line in lines]
        return "\n".join(told)

    async def render(self) -> None:
        await self.hotline("asterisk", "render", *self._documents, "--out", str(self.conf))

    async def hotline(self, *arguments: str) -> str:
        return await run(_hotline(*arguments), self.env)

    async def console(self, command: str) -> str:
        """What Asterisk's own console answers."""
        return await run(self._asterisk("-rx", command))

    async def phone(self, agent: str) -> Phone:
        return await self.sipp.register(agent, self.passwords[agent])

    async def dials(self, agent: str, to: str, *steps: str, status: int = 200, **says: str) -> Process:
        """An operator's phone calls somebody; ``status`` and ``says`` as ``Sipp.dials`` knows them."""
        return await self.sipp.dials(agent, self.passwords[agent], to, *steps, status=status, **says)

    async def redis_ready(self) -> None:
        await self.redis.connection_pool.disconnect()  # what it held open to a server that is no more
        await until(self._redis_answers, "Redis to answer", STARTING)

    async def asterisk_ready(self) -> None:
        await until(self._asterisk_booted, "Asterisk to be booted", STARTING)

    async def agi_ready(self) -> None:
        await until(lambda: _listens(self.agi, self.ports.agi), "agi to listen", STARTING)

    async def second_agi_ready(self) -> None:
        await until(lambda: _listens(self.second_agi, self.ports.second_agi), "the second agi to listen", STARTING)

    async def channels(self) -> int:
        answer = await self.console("core show channels count")
        return int(answer.split()[0])

    def _process(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> Process:
        return Process(name, list(command), self.log, {**self.env, **(env or {})})

    def _asterisk(self, *arguments: str) -> list[str]:
        return [str(STATE / "bin" / "asterisk"), "-C", str(self.conf / "asterisk.conf"), *arguments]

    def _own_documents(
        self, ami_secret: str, account: str, names: Mapping[str, str], browsers: Collection[str]
    ) -> Path:
        path = self.folder / "node.yaml"
        modules = _asterisk_folders()
        pbx = {
            "kind": "pbx",
            "id": "pbx1",
            "sip": {"bind": self._bind, "port": self.ports.sip},
            "rtp": {"first": self.ports.rtp_first, "last": self.ports.rtp_last},
            "ami": {"port": self.ports.ami, "password": ami_secret},
            "web": {"port": self.ports.web},
            "agi": [f"127.0.0.1:{port}" for port in (self.ports.agi, self.ports.second_agi)],
            "trunks": [
                {
                    "id": "carrier",
                    "address": f"{CALLER_HOST}:{self.ports.carrier}",
                    "hosts": [CALLER_HOST],
                    "qualify_seconds": 0,
                    **self._trunk,
                }
            ],
            "phones": {"qualify_seconds": 0},
            "folders": {
                "state": str(self.folder / "asterisk"),
                "log": str(self.log),
                "cel": str(self.cel),
                "sounds": str(self.sounds),
                "recordings": str(self.recordings),
                **modules,
            },
        }
        phones = [
            {
                "kind": "agent",
                "id": agent,
                "account": account,
                "name": names[agent],
                "sip": {"password": password, "browser": agent in browsers},
            }
            for agent, password in self.passwords.items()
        ]
        YAML(typ="safe").dump_all([pbx, *phones], path)
        path.chmod(0o600)
        return path

    async def _pbx_follows(self) -> bool:
        self.pbx.must_run()
        return b" is ready" in await asyncio.to_thread(self.pbx.log.read_bytes)

    async def _places_loaded(self) -> bool:
        self.agi.must_run()
        return b"places of numbers are loaded" in await asyncio.to_thread(self.agi.log.read_bytes)

    async def _redis_answers(self) -> bool:
        try:
            return bool(await self.redis.ping())
        except RedisConnectionError:
            return False

    async def _asterisk_booted(self) -> bool:
        self.asterisk.must_run()
        try:
            return "fully booted" in await self.console("core waitfullybooted")
        except RuntimeError:
            return False


async def _listens(process: Process, port: int) -> bool:
    process.must_run()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _hotline(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("hotline")), *arguments]


def _asterisk_folders() -> dict[str, str]:
    """Where set-up found or put Asterisk's package."""
    lines = (STATE / "asterisk.env").read_text().split()
    env = dict(line.split("=", 1) for line in lines)
    return {"modules": env["HOTLINE_ASTERISK_MODULES"], "data": env["HOTLINE_ASTERISK_DATA"]}


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[Node]:
    try:
        await node.start()
        yield node
    finally:
        await node.stop()
