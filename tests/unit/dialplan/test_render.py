import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dialplan.render import SharedSounds, render
from services.domain.documents import Agent
from services.domain.pbx import Pbx

PASSWORD = "abcdefghijkl"
PHONE = Agent.model_validate(
    {"kind": "agent", "id": "1001", "account": "demo", "name": "x", "sip": {"password": "phones-own-secret"}}
)
BROWSER = Agent.model_validate(
    {
        "kind": "agent", "id": "1003", "account": "demo", "name": "x",
        "sip": {"password": "desks-own-secret", "browser": True},
    }
)  # fmt: skip
MOBILE = Agent.model_validate({"kind": "agent", "id": "wang", "account": "demo", "name": "x", "bound": "13900139000"})


def pbx(tmp_path: Path, **changes: Any) -> Pbx:
    folders = {
        name: str(tmp_path / name) for name in ("state", "log", "cel", "sounds", "recordings", "modules", "data")
    }
    for folder in folders.values():
        Path(folder).mkdir(exist_ok=True)
    document = {
        "kind": "pbx", "id": "pbx1", "ami": {"password": PASSWORD}, "folders": folders,
        "trunks": [{"id": "carrier", "address": "198.51.100.1:5080", "hosts": ["198.51.100.1", "198.51.100.0/28"]}],
    }  # fmt: skip
    return Pbx.model_validate(document | changes)


def rendered(tmp_path: Path, host: Pbx, *more: Agent) -> dict[str, str]:
    conf = tmp_path / "conf"
    sounds = SharedSounds(Path("/s/sorry.wav"), Path("/s/press-1.wav"), Path("/s/beep.wav"), Path("/s/music"))
    render(host, [PHONE, MOBILE, *more], [], conf, sounds, own_music={"desk": Path("/s/group-music/desk.wav")})
    return {path.name: path.read_text() for path in [*conf.iterdir(), *(tmp_path / "state").iterdir()]}


def test_every_file_is_the_owners_alone(tmp_path: Path) -> None:
    rendered(tmp_path, pbx(tmp_path))
    written = [*(tmp_path / "conf").iterdir(), *(tmp_path / "state").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE((tmp_path / "conf").stat().st_mode) == 0o700


def test_only_phones_become_endpoints_and_each_has_its_own_password(tmp_path: Path) -> None:
    files = rendered(tmp_path, pbx(tmp_path))
    assert "[1001](sip-phone)" in files["pjsip_phones.conf"]
    assert "password = phones-own-secret" in files["pjsip_phones.conf"]
    assert "wang" not in files["pjsip_phones.conf"] + files["pjsip.conf"]
    assert f"#include {tmp_path}/state/pjsip_phones.conf\n" in files["pjsip.conf"]
    assert f"#include {tmp_path}/state/extensions_transfer.conf\n" in files["extensions.conf"]


def test_the_carrier_is_known_by_its_addresses(tmp_path: Path) -> None:
    pjsip = rendered(tmp_path, pbx(tmp_path))["pjsip.conf"]
    assert "match = 198.51.100.1\nmatch = 198.51.100.0/28\n" in pjsip
    assert "contact = sip:198.51.100.1:5080\n" in pjsip
    assert "type = registration" not in pjsip


def test_every_agi_server_is_asked_in_turn(tmp_path: Path) -> None:
    files = rendered(tmp_path, pbx(tmp_path, agi=["10.0.0.1:4573", "10.0.0.2:4573"]))
    first, second = (files["extensions.conf"].index(f"AGI(agi://10.0.0.{number}:4573/journey,") for number in (1, 2))
    assert first < second
    assert files["extensions.conf"].count('GotoIf($["${JOURNEY}" = "done"]?end)') == 6


@pytest.mark.parametrize("folder", ["state", "log", "cel"])
def test_a_folder_that_asterisk_cannot_write_to_is_named(tmp_path: Path, folder: str) -> None:
    host = pbx(tmp_path)
    (tmp_path / folder).rmdir()
    with pytest.raises(NotADirectoryError, match=f"{tmp_path}/{folder}: no such folder"):
        rendered(tmp_path, host)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_named(tmp_path: Path) -> None:
    host = pbx(tmp_path)
    (tmp_path / "cel").chmod(0o500)
    with pytest.raises(PermissionError, match=f"{tmp_path}/cel: not writable"):
        rendered(tmp_path, host)


def test_a_feature_code_leads_to_the_service_with_the_phones_own_name(tmp_path: Path) -> None:
    files = rendered(tmp_path, pbx(tmp_path, codes={"log_in": "*11"}))
    assert "set_var = AGENT=1001\n" in files["pjsip_phones.conf"]
    assert "exten => *11,1,Gosub(feature,s,1(log_in))\n" in files["extensions.conf"]
    assert "exten => _*83X,1,Gosub(feature,s,1(pause,${EXTEN:-1}))\n" in files["extensions.conf"]
    assert "AGI(agi://127.0.0.1:4573/feature,${AGENT},${ARG1},${ARG2})\n" in files["extensions.conf"]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({"ask": "*81"}, "'\\*81' is there twice"),
        ({"ask": "*831"}, "'\\*831' is '\\*83' with a reason"),
        ({"ask": "*8X"}, "should match pattern"),
    ],
)
def test_codes_that_cannot_be_told_apart(tmp_path: Path, codes: dict[str, str], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        pbx(tmp_path, codes=codes)


def test_the_manager_listens_on_loopback_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    at_home = rendered(tmp_path, pbx(tmp_path))["manager.conf"]
    assert "bindaddr = 127.0.0.1\n" in at_home
    assert "permit = 127.0.0.1/32\n" in at_home
    ami = {"password": PASSWORD, "bind": "0.0.0.0", "permit": ["10.1.0.0/24", "10.2.0.7/32"]}
    abroad = rendered(tmp_path, pbx(tmp_path, ami=ami))["manager.conf"]
    assert "bindaddr = 0.0.0.0\n" in abroad
    assert "permit = 10.1.0.0/24\npermit = 10.2.0.7/32\n" in abroad


def test_a_group_with_music_of_its_own_has_a_class(tmp_path: Path) -> None:
    music = rendered(tmp_path, pbx(tmp_path))["musiconhold.conf"]
    assert "[default]\nmode = files\ndirectory = /s/music\n" in music
    assert "[group-desk]\nmode = playlist\nentry = /s/group-music/desk\n" in music


def test_browsers_are_expected_on_loopback_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    files = rendered(tmp_path, pbx(tmp_path))
    assert "bindaddr = 127.0.0.1\n" in files["http.conf"]
    assert "permit = 127.0.0.1/32\n" in files["pjsip.conf"]
    assert "(browser)" not in files["pjsip_phones.conf"]


def test_a_browser_is_heard_from_the_consoles_address_only(tmp_path: Path) -> None:
    web = {"bind": "10.0.0.5", "port": 8089, "permit": ["10.0.0.7/32"]}
    files = rendered(tmp_path, pbx(tmp_path, web=web), BROWSER)
    assert "bindaddr = 10.0.0.5\nbindport = 8089\n" in files["http.conf"]
    template = files["pjsip.conf"].split("[browser](!,agent)\n")[1].split("\n\n")[0]
    assert "transport = ws\nwebrtc = yes\n" in template
    assert "deny = 0.0.0.0/0.0.0.0\npermit = 10.0.0.7/32" in template
    assert "[1001](sip-phone)" in files["pjsip_phones.conf"]
    assert "[1003](browser)" in files["pjsip_phones.conf"]
    assert "[1003-auth](browser-auth)" in files["pjsip_phones.conf"]


def test_browsers_are_told_the_public_address_where_the_own_one_is_known(tmp_path: Path) -> None:
    sip = {"bind": "192.168.1.5", "external_address": "198.51.100.9"}
    assert (
        "192.168.1.5 => 198.51.100.9,include_local_address\n" in rendered(tmp_path, pbx(tmp_path, sip=sip))["rtp.conf"]
    )


def test_a_console_is_not_where_a_carrier_calls_from(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"'web\.permit' has 198\.51\.100\.0/28, where the calls of"):
        pbx(tmp_path, web={"permit": ["198.51.100.4/32"]})
