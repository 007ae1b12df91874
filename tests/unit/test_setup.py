"""What scripts/setup says when it cannot go on. That it does its work, every run of the tests shows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.state import ROOT

EVERYDAY = ["awk", "bash", "cat", "dirname", "env", "flock", "grep", "mkdir", "sed", "tail"]
NEW_MACHINE = (
    "redis-server sip-tester espeak-ng sox ffmpeg graphviz postgresql chromium python3-venv fonts-wqy-microhei"
)


class Machine:
    """One that has nothing but everyday tools, and what a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self._bin = folder / "bin"
        self._bin.mkdir()
        for tool in EVERYDAY:
            found = shutil.which(tool)
            assert found
            (self._bin / tool).symlink_to(found)

    def has(self, command: str, script: str) -> None:
        path = self._bin / command
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def refusal(self) -> str:
        """What setup says when it fails."""
        done = subprocess.run(
            [ROOT / "scripts" / "setup"],
            env={"PATH": str(self._bin), "HOTLINE_STATE": str(self.state), "HOME": os.environ.get("HOME", "/")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("scripts/setup: ").rstrip("\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_no_right_to_install(machine: Machine) -> None:
    machine.has("id", "echo 1000")
    machine.has("apt-get", "exit 0")
    machine.has("setcap", "exit 0")
    assert machine.refusal() == f"installing {NEW_MACHINE} needs root: run it as root or as a user with sudo"


def test_no_network(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", 'case "$*" in *install*) echo "E: Unable to locate package sox." >&2; exit 100;; esac')
    assert machine.refusal() == (
        f"could not install {NEW_MACHINE} (Unable to locate package sox):"
        " check the network and the package sources, then run it again"
    )


def test_no_apt(machine: Machine) -> None:
    machine.has("id", "echo 0")
    assert machine.refusal() == (
        f"this machine has no apt-get: install what Debian calls {NEW_MACHINE} by hand, then run it again"
    )


def test_no_right_to_the_state_folder(machine: Machine) -> None:
    machine.has("id", "echo somebody")
    machine.state.write_text("a file, not a folder")
    assert machine.refusal() == (
        f"{machine.state} cannot be written by somebody:"
        " remove it, change its owner, or name another folder with HOTLINE_STATE"
    )
