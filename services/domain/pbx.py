"""The document of one Asterisk host."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.domain.model import DocumentModel, Id, Model, Password

REALM = "hotline400"
"""Of a browser's password: what is handed to it is made of this (RFC 2617)."""


def _absolute(path: PurePosixPath) -> PurePosixPath:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    if set(str(path)) & set(";\n\r[]"):
        raise ValueError("must not contain ; [ ] or a line break")
    return path


Port = Annotated[int, Field(ge=1, le=65535)]
Folder = Annotated[PurePosixPath, AfterValidator(_absolute)]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}(/[0-9]{1,3})?$")]
Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?$")]
Codec = Literal["alaw", "ulaw", "g722"]


class SipPort(Model):
    bind: Host = "0.0.0.0"  # noqa: S104  # phones and carrier come from outside
    port: Port = 5060
    external_address: Host | None = None
    """The public address, where this host stands behind a router."""
    local_networks: tuple[Host, ...] = ()


class RtpPorts(Model):
    first: Port = 10000
    last: Port = 19999

    @model_validator(mode="after")
    def _in_order(self) -> "RtpPorts":
        if self.last < self.first:
            raise ValueError("'last' must not be smaller than 'first'")
        return self


class Ami(Model):
    bind: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 5038
    permit: Annotated[tuple[IPv4Network, ...], Field(min_length=1)] = (IPv4Network("127.0.0.1/32"),)
    """Who may connect."""
    password: Password


class Web(Model):
    """Where consoles connect, on behalf of the browsers that are phones (docs/desk.md)."""

    bind: IPv4Address = IPv4Address("127.0.0.1")
    port: Port = 8088
    permit: Annotated[tuple[IPv4Network, ...], Field(min_length=1)] = (IPv4Network("127.0.0.1/32"),)
    """Addresses of consoles."""


class Registration(Model):
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+._-]{1,64}$")]
    password: Password


class Trunk(Model):
    """The carrier's side. ``hosts`` are the addresses it calls from, ``address`` is where it takes calls."""

    id: Id
    address: Address
    hosts: Annotated[tuple[Host, ...], Field(min_length=1)]
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = ("alaw", "ulaw", "g722")
    registration: Registration | None = None
    qualify_seconds: Annotated[int, Field(ge=0, le=3600)] = 60


class Phones(Model):
    """Of all operators."""

    qualify_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How often a registered phone is asked whether it is still there; 0 never asks."""


Code = Annotated[str, StringConstraints(pattern=r"^\*[0-9]{2,4}$")]


class Codes(Model):
    """What agents dial at their own phones, by what it does (``services.domain.features.Feature``)."""

    ask: Code = "*80"
    log_in: Code = "*81"
    log_out: Code = "*82"
    pause: Code = "*83"
    """With the digit of the reason behind it."""
    resume: Code = "*84"
    voicemails: Code = "*85"

    @model_validator(mode="after")
    def _told_apart(self) -> "Codes":
        codes = [code for _, code in self]
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(f"{code!r} is there twice")
            if code != self.pause and code[:-1] == self.pause:
                raise ValueError(f"{code!r} is {self.pause!r} with a reason")
        return self


class Folders(Model):
    """``cel``, ``sounds``, ``recordings``: shared with billing and agi; ``modules``, ``data``: of the package."""

    state: Folder
    log: Folder
    cel: Folder
    sounds: Folder
    recordings: Folder
    modules: Folder
    data: Folder


class Pbx(DocumentModel):
    kind: Literal["pbx"]
    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{1,20}$")]
    sip: SipPort = SipPort()
    rtp: RtpPorts = RtpPorts()
    ami: Ami
    web: Web = Web()
    agi: Annotated[tuple[Address, ...], Field(min_length=1)] = ("127.0.0.1:4573",)
    """FastAGI servers, asked in this order."""
    trunks: Annotated[tuple[Trunk, ...], Field(min_length=1)]
    phones: Phones = Phones()
    codes: Codes = Codes()
    folders: Folders

    @model_validator(mode="after")
    def _carriers_are_no_consoles(self) -> "Pbx":
        """The trunk is known by its address alone: what a browser sends through a console must not come from there."""
        for trunk in self.trunks:
            for host in trunk.hosts:
                if (carrier := _network(host)) and any(network.overlaps(carrier) for network in self.web.permit):
                    raise ValueError(
                        f"'web.permit' has {host}, where the calls of trunk {trunk.id!r} come from: what browsers send "
                        "would be taken for the carrier's"
                    )
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield from ()


def _network(host: str) -> IPv4Network | None:
    """None: a name, or IPv6, which no console is permitted by."""
    try:
        return IPv4Network(host, strict=False)
    except ValueError:
        return None
