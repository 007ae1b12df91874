"""docker-compose.yml as an owner would start it, under a name and with ports of this checkout's own."""

import hashlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from tests.harness.node import DEMO, PHONES
from tests.harness.ports import Ports
from tests.harness.state import ROOT

STARTING_SECONDS = 300
SERVICES = ("redis", "asterisk", "agi", "billing", "notify", "pbx", "archive", "console")
HOME = "/var/lib/hotline"


class Stack:
    def __init__(self, folder: Path) -> None:
        self.ports = Ports()
        name = "hotline-" + hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
        self._documents = folder
        self._project = name
        self.ami_secret = secrets.token_urlsafe(18)
        self._ami_network = f"10.104.{self.ports.base // 1000}.0/28"
        self._web_network = f"10.104.{self.ports.base // 1000}.16/28"
        self._rtp = (self.ports.rtp_first, self.ports.rtp_first + 39)
        self._env = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": name,
            "COMPOSE_PROFILES": "test",
            "HOTLINE_TAG": name,
            "HOTLINE_DOCUMENTS": str(folder),
            "HOTLINE_AMI_SECRET": self.ami_secret,
            "HOTLINE_AMI_NETWORK": self._ami_network,
            "HOTLINE_WEB_NETWORK": self._web_network,
            "HOTLINE_SIP_PORT": str(self.ports.sip),
            "HOTLINE_RTP_PORTS": "{}-{}".format(*self._rtp),
            "HOTLINE_PORTS": str(self.ports.base),
            "HOTLINE_CONSOLE_PORT": f"127.0.0.1:{self.ports.console}",
            "HOTLINE_CONSOLE_URL": self.console_url,
        }

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.console}"

    def build(self) -> None:
        """Leaves nothing of an earlier run."""
        self.compose("build", timeout=1200)
        self._remove()
        for path in DEMO.glob("*.yaml"):
            shutil.copy(path, self._documents)
        self.compose("create", "--no-build")  # and with it the networks, whose addresses stand in the pbx document
        self._write_own_documents()

    def up(self) -> None:
        try:
            self.compose("up", "--detach", "--no-build", "--wait", *SERVICES)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.compose('logs', '--no-color', '--tail', '50')}") from error

    def close(self) -> None:
        self._remove()
        self.ports.release()

    def run(self, service: str, *command: str) -> str:
        return self.compose("run", "--rm", "--no-deps", "--use-aliases", "--no-TTY", service, *command)

    def execute(self, service: str, *command: str) -> str:
        return self.compose("exec", "--no-TTY", service, *command).strip()

    def compose(self, *arguments: str, timeout: int = STARTING_SECONDS) -> str:
        return self._docker("compose", *arguments, timeout=timeout)

    def _remove(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans")

    def _docker(self, *arguments: str, timeout: int = 30) -> str:
        command = ["docker", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._env, timeout=timeout, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"{' '.join(command)} exited {done.returncode}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
            )
        return done.stdout

    def _write_own_documents(self) -> None:
        trunk = self._docker(
            "network", "inspect", f"{self._project}_trunk", "--format", "{{(index .IPAM.Config 0).Subnet}}"
        )
        pbx = {
            "kind": "pbx",
            "id": "pbx1",
            "sip": {"port": self.ports.sip},
            "rtp": {"first": self._rtp[0], "last": self._rtp[1]},
            "ami": {"password": self.ami_secret, "bind": "0.0.0.0", "permit": [self._ami_network]},
            "web": {"bind": "0.0.0.0", "permit": [self._web_network]},
            "agi": ["agi:4573"],
            "trunks": [
                {
                    "id": "carrier",
                    "address": f"carrier:{self.ports.carrier}",
                    "hosts": [trunk.strip()],
                    "qualify_seconds": 0,
                }
            ],
            "phones": {"qualify_seconds": 0},
            "folders": {
                "state": f"{HOME}/asterisk",
                "log": f"{HOME}/asterisk/log",
                "cel": f"{HOME}/cel",
                "sounds": f"{HOME}/sounds",
                "recordings": f"{HOME}/recordings",
                "modules": "/usr/lib/asterisk/modules",
                "data": "/usr/share/asterisk",
            },
        }
        phones = [
            {
                "kind": "agent",
                "id": agent,
                "account": "demo",
                "name": agent,
                "sip": {"password": secrets.token_urlsafe(18)},
            }
            for agent in PHONES
        ]
        YAML(typ="safe").dump_all([pbx, *phones], self._documents / "pbx.yaml")
        for path in (self._documents, *self._documents.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)  # the containers' user is not ours
