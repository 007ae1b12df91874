"""Callers and phones: SIPp runs one scenario each, its exit code is the verdict.

A scenario is a list of steps, so that a test reads like a ladder: ``[hears(1000), presses("1"), hangs_up()]``.
"""

import itertools
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from tests.harness.ports import Ports
from tests.harness.process import Process, run
from tests.harness.rtp import EVENT_TYPE, KEY_MS, keys_pcap
from tests.harness.state import STATE
from tests.harness.waiting import until

CALLER_HOST = "127.0.0.2"
"""The carrier: known to Asterisk by this address."""
PHONE_HOST = "127.0.0.3"

SIPP = STATE / "bin" / "sipp"
UDP_SOCKETS = Path("/proc/net/udp")
SPEECH = Path("/usr/share/sip-tester/g711a.pcap")

SDP = """
Content-Type: application/sdp
Content-Length: [len]

v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio {port} RTP/AVP {codec} {events}
a=rtpmap:{codec} {codec_name}/8000
a=rtpmap:{events} telephone-event/8000
a=fmtp:{events} 0-16
"""
CODECS = {"alaw": (8, "PCMA"), "ulaw": (0, "PCMU"), "g722": (9, "G722")}


def hears(milliseconds: int) -> str:
    """The line is left alone; anything the other side sends meanwhile fails the scenario."""
    return f'<pause milliseconds="{milliseconds}"/>'


def _plays(pcap: Path) -> str:
    return f'<nop><action><exec play_pcap_audio="{pcap}"/></action></nop>'


def talks(milliseconds: int = 1000) -> str:
    """Sends speech."""
    return _plays(SPEECH) + hears(milliseconds)


def presses(keys: str) -> str:
    """Keys as RTP events (RFC 4733)."""
    return _plays(keys_pcap(keys)) + hears(KEY_MS * len(keys) + KEY_MS)


def presses_and_is_hung_up(key: str) -> str:
    return _plays(keys_pcap(key)) + is_hung_up()


def presses_by_info(keys: str) -> str:
    """Keys as SIP INFO."""
    return "".join(
        _request("INFO", f"Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal={key}\nDuration=160\n")
        + hears(KEY_MS)
        for key in keys
    )


def refers_to(number: str, status: int = 200) -> str:
    """A blind transfer, which must get this status; without the subscription whose NOTIFYs race with the BYE."""
    return _request("REFER", _REFER.format(to=f"sip:{number}@[remote_ip]:[remote_port]"), status)


_REFER = "Refer-To: <{to}>\nRefer-Sub: false\nContent-Length: 0\n\n"


def hangs_up() -> str:
    return _request("BYE", "Content-Length: 0\n\n")


def is_hung_up(within: int = 30_000) -> str:
    return (
        f'<recv request="BYE" timeout="{within}"/>'
        "<send><![CDATA[SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
        "Content-Length: 0\n\n]]></send>"
    )


_cseq = itertools.count(2)


def _request(method: str, rest: str, status: int = 200) -> str:
    """A request inside the dialog; ``here`` and ``there`` are its From and To, whoever began it."""
    return (
        f'<send retrans="500"><![CDATA[{method} [$target] SIP/2.0\n'
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
        f"From: [$here]\nTo: [$there]\nCall-ID: [call_id]\nCSeq: {next(_cseq)} {method}\n"
        f"Contact: <sip:[local_ip]:[local_port]>\n{rest}]]></send>"
        f'<recv response="{status}"/>'
    )


@dataclass(frozen=True)
class Sipp:
    """Runs scenarios against one Asterisk."""

    ports: Ports
    folder: Path
    target: str = "127.0.0.1"
    caller_host: str = CALLER_HOST
    phone_host: str = PHONE_HOST
    _messages: dict[str, Path] = field(default_factory=dict)
    _processes: list[Process] = field(default_factory=list)
    """Where each SIPp writes what it sends and receives."""

    async def call(
        self,
        number: str,
        to: str,
        steps: list[str],
        *,
        headers: "Headers | None" = None,
        codec: str = "alaw",
        media_port: str = "[auto_media_port]",
        deadline: int = 60,
    ) -> Process:
        """A caller on the trunk; gives the running SIPp, whose exit code 0 says that all went as the steps say.

        ``media_port`` has Asterisk send its sound to somebody else on the caller's host.
        """
        invite = _invite(number, to, headers or Headers(), _sdp(codec, media_port))
        scenario = _caller(invite, "".join(steps))
        process = self._process(scenario, self.caller_host, self.ports.take(), deadline)
        await process.start()
        return process

    async def dials(
        self,
        agent: str,
        password: str,
        to: str,
        *steps: str,
        status: int = 200,
        display_name: str = "",
        media_port: str = "[auto_media_port]",
    ) -> Process:
        """An operator's phone calls somebody; ``status``: what it must get."""
        scenario = _dials(agent, password, to, steps, status, display_name=display_name, media_port=media_port)
        process = self._process(scenario, self.phone_host, self.ports.take(), 60)
        await process.start()
        return process

    async def refers(self, talk: Process, to: "Process | str", status: int = 200, *, ringing: bool = False) -> Process:
        """The phone in ``talk`` sends its other side to whom it has called in ``to``, or to an address, and hangs up.

        ``ringing``: whoever it has called still rings. Another SIPp speaks for it from then on, because one knows one
        dialog only: ``talk`` must end by itself.
        """
        dialog = await self._dialog(talk)
        if not isinstance(to, str):
            to = (await self._dialog(to, 180 if ringing else 200)).replaced_at(f"{self.target}:{self.ports.sip}")
        refer = dialog.request("REFER", _REFER.format(to=to), status)
        leave = dialog.request("BYE", "Content-Length: 0\n\n", 200) if status == 200 else ""
        scenario = _scenario(refer + leave)
        process = self._process(scenario, self.phone_host, self.ports.take(), 20, call_id=dialog.call_id)
        await process.start()
        return process

    async def _dialog(self, process: Process, status: int = 200) -> "Dialog":
        path = self._messages[process.name]

        async def found() -> Dialog | None:
            return Dialog.of(path.read_text(encoding="utf-8", errors="replace"), status) if path.exists() else None

        dialog = await until(found, f"{process.name} to be in a dialog")
        assert dialog
        return dialog

    def got(self, process: Process, status: int) -> bool:
        """Whether the caller's INVITE has been answered so by now."""
        path = self._messages[process.name]
        return path.exists() and Dialog.of(path.read_text(encoding="utf-8", errors="replace"), status) is not None

    async def crowd(self, size: int, to: str, steps: list[str], *, a_second: int = 25) -> Process:
        """Callers 13900001, 13900002 …, so many a second, each with these steps."""
        scenario = _caller(_invite("1390000[call_number]", to, Headers(), _sdp("alaw")), "".join(steps))
        process = self._process(scenario, self.caller_host, self.ports.take(), 60, calls=size, a_second=a_second)
        await process.start()
        return process

    async def refused(self, number: str, to: str, status: int, host: str = "") -> Process:
        """A call that must be refused with this status."""
        process = self._process(_refused(number, to, status), host or self.caller_host, self.ports.take(), 20)
        await process.start()
        return process

    async def register(self, agent: str, password: str, *, port: int | None = None, status: int = 200) -> "Phone":
        """Registers a phone; ``status`` is what the second attempt, with the password, must get."""
        port = port or self.ports.keep()
        scenario = _register(agent, password, f"<sip:{agent}@[local_ip]:{port}>", 3600, status)
        await run(self._command(scenario, self.phone_host, port, 10), deadline=20)
        return Phone(self, self.phone_host, port)

    async def unregister(self, agent: str, password: str) -> None:
        """Of all phones of the agent, whatever they are doing."""
        await run(
            self._command(_register(agent, password, "*", 0), self.phone_host, self.ports.take(), 10), deadline=20
        )

    async def registrar(self, user: str, password: str) -> Process:
        """The carrier's registrar: challenges one registration and takes it when the answer is right."""
        process = self._process(_registrar(user, password), self.caller_host, self.ports.carrier, 30)
        await process.start()
        await listening(process, self.caller_host, self.ports.carrier)
        return process

    def bound_phone(self) -> "Phone":
        """What the carrier's side rings for every number that is dialled out."""
        return Phone(self, self.caller_host, self.ports.carrier)

    def _process(
        self,
        scenario: str,
        host: str,
        port: int,
        deadline: int,
        *,
        calls: int = 1,
        a_second: int = 10,
        call_id: str = "",
    ) -> Process:
        command = self._command(scenario, host, port, deadline, calls=calls, a_second=a_second)
        process = Process(
            f"sipp-{port}-{next(_names)}", command + (["-cid_str", call_id] if call_id else []), self.folder
        )
        self._messages[process.name] = Path(command[command.index("-message_file") + 1])
        self._processes.append(process)
        return process

    async def stop(self) -> bool:
        """Ends what a failed test has left running; whether there was anything."""
        left = [process for process in self._processes if process.running]
        self._processes.clear()
        for process in left:
            await process.stop()
        return bool(left)

    def _command(
        self, scenario: str, host: str, port: int, deadline: int, *, calls: int = 1, a_second: int = 10
    ) -> list[str]:
        name = self.folder / f"scenario-{port}-{next(_names)}"
        path = name.with_suffix(".xml")
        path.write_text(scenario, encoding="utf-8")
        return [
            str(SIPP),
            f"{self.target}:{self.ports.sip}",
            "-sf",
            str(path),
            "-i",
            host,
            "-p",
            str(port),
            "-mi",
            host,
            "-mp",
            str(self.ports.take()),
            "-m",
            str(calls),
            "-r",
            str(a_second),
            "-timeout",
            f"{deadline}s",
            "-timeout_error",
            "-nostdin",
            "-trace_err",
            "-error_file",
            str(name.with_suffix(".err")),
            "-trace_msg",
            "-message_file",
            str(name.with_suffix(".msg")),
        ]


_names = itertools.count()


@dataclass(frozen=True)
class Dialog:
    """A call of one SIPp as another needs it to speak for it; ``here`` and ``there`` are From and To."""

    call_id: str
    here: str
    there: str
    target: str

    @classmethod
    def of(cls, messages: str, status: int) -> "Dialog | None":
        """Of this answer to the INVITE, which was either sent or received."""
        for part in re.split(r"^-{20,}.*$", messages, flags=re.MULTILINE)[1:]:
            about, _, message = part.strip().partition("\n")
            lines = [line.partition(":") for line in message.strip().splitlines()]
            headers = {name.strip(): value.strip() for name, _, value in reversed(lines)}
            if message.strip().startswith(f"SIP/2.0 {status}") and headers["CSeq"].endswith("INVITE"):
                ours, theirs = ("To", "From") if "sent" in about else ("From", "To")
                target = re.search(r"<(sip:[^>]*)>", headers["Contact"])
                assert target
                peer = "sip:[remote_ip]:[remote_port]" if "sent" in about else target[1]
                return cls(headers["Call-ID"], headers[ours], headers[theirs], peer)
        return None

    def request(self, method: str, rest: str, status: int) -> str:
        return (
            f'<send retrans="500"><![CDATA[{method} {self.target} SIP/2.0\n'
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
            f"From: {self.here}\nTo: {self.there}\nCall-ID: [call_id]\nCSeq: {1000 + next(_cseq)} {method}\n"
            "Contact: <sip:[local_ip]:[local_port]>\n"
            f'{rest}]]></send><recv response="{status}"/>'
        )

    def replaced_at(self, address: str) -> str:
        """The address of a Refer-To: whoever calls there takes this dialog's place (RFC 3891)."""
        here, there = (header.rpartition("tag=")[2] for header in (self.here, self.there))
        return f"sip:1@{address}?Replaces={quote(self.call_id)}%3Bto-tag%3D{there}%3Bfrom-tag%3D{here}"


@dataclass(frozen=True)
class Headers:
    """What a hostile or odd carrier puts around the caller's number."""

    display_name: str = ""
    user: str | None = None
    extra: str = ""


@dataclass(frozen=True)
class Phone:
    """An operator's phone. Each of these waits for one INVITE; the exit code says whether all went so."""

    sipp: Sipp
    host: str
    port: int

    async def answers(
        self,
        *steps: str,
        after: int = 200,
        codec: str = "alaw",
        media_port: str = "[auto_media_port]",
        shown: str = "",
        calls: int = 1,
    ) -> Process:
        """``shown``: the number that the INVITE must be from. ``calls``: so many, each as soon as it comes."""
        return await self._start(_RINGING + hears(after) + _answer(codec, media_port) + "".join(steps), shown, calls)

    async def answers_unless_cancelled(self, *steps: str, after: int, calls: int) -> Process:
        """So many calls, one after the other."""
        cancelled = _reply("200 OK", "CANCEL") + _reply("487 Request Terminated") + '<recv request="ACK" next="end"/>'
        return await self._start(
            f'{_RINGING}<recv request="CANCEL" timeout="{after}" ontimeout="up"/>{cancelled}<label id="up"/>'
            f'{_answer("alaw")}{"".join(steps)}<label id="end"/>',
            calls=calls,
        )

    async def rejects(self, status: str) -> Process:
        """``status``: ``486 Busy Here``, ``603 Decline``, …"""
        return await self._start(_reply(status) + '<recv request="ACK"/>')

    async def rings_until_cancelled(self) -> Process:
        return await self._start(
            _RINGING
            + '<recv request="CANCEL" timeout="60000"/>'
            + _reply("200 OK", "CANCEL")
            + _reply("487 Request Terminated")
            + '<recv request="ACK"/>'
        )

    async def _start(self, steps: str, shown: str = "", calls: int = 1) -> Process:
        number = f'<ereg regexp="sip:{re.escape(shown)}@" search_in="hdr" header="From:" check_it="true" '
        must_show = f'{number}assign_to="shown"/>' if shown else ""
        scenario = _scenario(f'<recv request="INVITE"><action>{must_show}{_DIALOG}</action></recv>{steps}')
        process = self.sipp._process(scenario, self.host, self.port, 60, calls=calls)
        await process.start()
        await listening(process, self.host, self.port)
        return process


async def listening(process: Process, host: str, port: int) -> None:
    """Waits until the process has bound the UDP port. To try to bind it would now and then keep the process from it."""

    async def is_taken() -> bool:
        process.must_run()
        return _is_bound(host, port)

    await until(is_taken, f"SIPp to listen on {host}:{port}")


def _is_bound(host: str, port: int) -> bool:
    address = f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
    return any(line.split()[1] == address for line in UDP_SOCKETS.read_text().splitlines())


_DIALOG = (
    '<ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="whole,target"/>'
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="there"/>'
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>'
    '<ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>'
    '<ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>'
    '<assignstr assign_to="here" value="[$to];tag=[pid]t[call_number]"/>'
)


def _reply(status: str, method: str = "INVITE", rest: str = "Content-Length: 0\n\n") -> str:
    """To the INVITE, or to the CANCEL, which shares its Via."""
    cseq = "[$cseq]" if method == "INVITE" else "[last_CSeq:]"
    cseq_line = f"CSeq: {cseq}" if method == "INVITE" else cseq
    return (
        f"<send><![CDATA[SIP/2.0 {status}\nVia: [$via]\nFrom: [$there]\nTo: [$here]\nCall-ID: [call_id]\n{cseq_line}\n"
        f"Contact: <sip:[local_ip]:[local_port]>\n{rest.lstrip()}]]></send>"
    )


_RINGING = _reply("180 Ringing")


def _answer(codec: str, media_port: str = "[auto_media_port]") -> str:
    return _reply("200 OK", rest=_sdp(codec, media_port)) + '<recv request="ACK"/>'


def _sdp(codec: str, port: str = "[auto_media_port]") -> str:
    number, name = CODECS[codec]
    return SDP.format(codec=number, codec_name=name, events=EVENT_TYPE, port=port)


def _scenario(body: str) -> str:
    assigned = sorted({name for names in re.findall(r'assign_to="([a-z,]+)"', body) for name in names.split(",")})
    # SIPp refuses a scenario with a variable that is set and not used.
    used = f'<Reference variables="{",".join(assigned)}"/>' if assigned else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="hotline400">{body}{used}</scenario>'


def _invite(number: str, to: str, headers: Headers, sdp: str) -> str:
    user = number if headers.user is None else headers.user
    from_line = f"{headers.display_name} <sip:{user}@[local_ip]:[local_port]>;tag=[pid]t[call_number]".strip()
    return (
        f"<send retrans={quoteattr('500')}><![CDATA[INVITE sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
        f"From: {from_line}\nTo: <sip:{to}@[remote_ip]:[remote_port]>\nCall-ID: [call_id]\nCSeq: 1 INVITE\n"
        f"Contact: <sip:[local_ip]:[local_port]>\n{headers.extra}{sdp.lstrip()}]]></send>"
    )


def _ack() -> str:
    return (
        "<send><![CDATA[ACK [$target] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        "Max-Forwards: 70\nFrom: [$here]\nTo: [$there]\nCall-ID: [call_id]\nCSeq: 1 ACK\n"
        "Content-Length: 0\n\n]]></send>"
    )


def _caller(invite: str, steps: str) -> str:
    learn = (
        '<ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="whole,target"/>'
        '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="here"/>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="there"/>'
    )
    provisional = "".join(f'<recv response="{status}" optional="true"/>' for status in (100, 180, 183))
    return _scenario(invite + provisional + f'<recv response="200"><action>{learn}</action></recv>' + _ack() + steps)


def _dials(
    agent: str, password: str, to: str, steps: Sequence[str], status: int, *, display_name: str, media_port: str
) -> str:
    def invite(number: int, auth: str) -> str:
        return (
            f"<send retrans={quoteattr('500')}><![CDATA[INVITE sip:{to}@[remote_ip]:[remote_port] SIP/2.0\n"
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
            f"From: {display_name} <sip:{agent}@[remote_ip]>;tag=[pid]t[call_number]\nTo: <sip:{to}@[remote_ip]>\n"
            f"Call-ID: [call_id]\nCSeq: {number} INVITE\nContact: <sip:[local_ip]:[local_port]>\n"
            f"{auth}{_sdp('alaw', media_port).lstrip()}]]></send>"
        )

    def learn(of: str) -> str:
        return (
            f'<recv response="{of}"{{auth}}><action>'
            '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="here"/>'
            '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="there"/>{contact}</action></recv>'
        )

    contact = '<ereg regexp="&lt;(sip:[^&gt;]*)&gt;" search_in="hdr" header="Contact:" assign_to="whole,target"/>'
    own = f'<nop><action><assignstr assign_to="target" value="sip:{to}@[remote_ip]:[remote_port]"/></action></nop>'
    provisional = "".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183))
    return _scenario(
        own
        + invite(1, "")
        + provisional
        + learn("401").format(auth=' auth="true"', contact="")
        + _ack()
        + invite(2, f"[authentication username={agent} password={password}]\n")
        + provisional
        + learn(str(status)).format(auth="", contact=contact if status == 200 else "")
        + _ack().replace("CSeq: 1", "CSeq: 2")
        + "".join(steps)
    )


def _refused(number: str, to: str, status: int) -> str:
    learn = (
        '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="here"/>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="there"/>'
        f'<assignstr assign_to="target" value="sip:{to}@[remote_ip]:[remote_port]"/>'
    )
    return _scenario(
        _invite(number, to, Headers(), _sdp("alaw")) + '<recv response="100" optional="true"/>'
        '<recv response="183" optional="true"/>'
        f'<recv response="{status}"><action>{learn}</action></recv>' + _ack()
    )


def _register(agent: str, password: str, contact: str, expires: int, status: int = 200) -> str:
    def attempt(number: int, auth: str) -> str:
        return (
            '<send retrans="500"><![CDATA[REGISTER sip:[remote_ip]:[remote_port] SIP/2.0\n'
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nMax-Forwards: 70\n"
            f"From: <sip:{agent}@[remote_ip]>;tag=[pid]t[call_number]\nTo: <sip:{agent}@[remote_ip]>\n"
            f"Call-ID: [call_id]\nCSeq: {number} REGISTER\nContact: {contact}\n{auth}"
            f"Expires: {expires}\nContent-Length: 0\n\n]]></send>"
        )

    return _scenario(
        attempt(1, "")
        + '<recv response="100" optional="true"/><recv response="401" auth="true"/>'
        + attempt(2, f"[authentication username={agent} password={password}]\n")
        + f'<recv response="100" optional="true"/><recv response="{status}"/>'
    )


def _registrar(user: str, password: str) -> str:
    def answer(status: str, more: str = "") -> str:
        return (
            f"<send><![CDATA[SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]t[call_number]\n"
            f"[last_Call-ID:]\n[last_CSeq:]\n{more}Content-Length: 0\n\n]]></send>"
        )

    return _scenario(
        '<recv request="REGISTER"/>'
        + answer("401 Unauthorized", 'WWW-Authenticate: Digest realm="carrier", nonce="47364c23432d2e131a5fb210812c"\n')
        + f'<recv request="REGISTER"><action><verifyauth assign_to="right" username="{user}" password="{password}"/>'
        '</action></recv><nop next="right" test="right"/>'
        + answer("403 Forbidden")
        + '<recv request="BYE" timeout="1"/><label id="right"/>'  # there is no other way to fail a scenario
        + answer("200 OK", "[last_Contact:]\nExpires: 3600\n")
    )
