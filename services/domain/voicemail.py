"""A message that a caller left for a group."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from services.domain.record import Record

KEPT_DAYS = 30
SHORTEST_MS = 1000
"""What is shorter is a hang-up, no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """Times are milliseconds since 1970."""

    id: str
    """Also the name of its file, without folder and ending."""
    account: str
    pbx: str
    """The Asterisk host on whose disk the file is."""
    call: str
    hotline: str
    caller: str | None
    group: str
    node: str
    at: int
    """When it was left."""
    ms: int
    file: str
    """Path below the recordings folder."""
    heard_by: str | None = None
    """The agent who was the first to hear it."""
    heard_at: int | None = None


_ADAPTER = TypeAdapter(Voicemail)


def to_json(voicemail: Voicemail) -> str:
    return _ADAPTER.dump_json(voicemail).decode()


def from_json(text: str | bytes) -> Voicemail:
    """Raises pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)


def folder_of(account: str, group: str) -> str:
    """Below the recordings folder: what is kept for the same time lies together."""
    return f"voicemail/{account}/{group}"


def voicemails_of(record: Record) -> list[Voicemail]:
    if record.account is None:
        return []
    return [
        Voicemail(
            id=hop.voicemail.file.rpartition("/")[2].removesuffix(".wav"),
            account=record.account,
            pbx=record.pbx,
            call=record.call_id,
            hotline=record.hotline,
            caller=record.caller,
            group=hop.group or "",
            node=hop.node,
            at=hop.voicemail.at,
            ms=hop.voicemail.ms,
            file=hop.voicemail.file,
        )
        for hop in record.hops
        if hop.voicemail is not None
    ]
