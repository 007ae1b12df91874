"""What is known of one call from its CEL rows: ``folding`` gathers it, ``cdr`` makes the record of it."""

from dataclasses import dataclass, field

from services.domain.record import Announcement, Keys, LeftVoicemail, Listed, TextOutcome, Transfer


@dataclass(slots=True)
class Ring:
    """One phone of an ``OFFER``; times in milliseconds since 1970."""

    agent: str
    dial: str
    offer: int
    """Counts the offers of the call, from 1: rings of the same offer compete."""
    offered: int
    started: int | None = None
    """When its channel was about to ring; None as long as there is no channel."""
    channel: str = ""
    answered: int | None = None
    """When it was picked up or, where a key is asked for, confirmed."""
    confirm: str = ""
    """How far the phone came with the key that it was asked for, as the last ``CONFIRM`` says."""
    bridged: bool = False
    dropped: bool = False
    """Talked so briefly that it is no answer, as ``DROP`` says."""
    handed_on: bool = False
    """The agent has transferred the caller: the end of this leg ended nothing."""
    ended: int | None = None
    hung_up: bool = False
    """Ended by the phone itself."""
    cause: int | None = None

    @property
    def connected(self) -> bool:
        """To the caller; a phone that lost the race to another is only picked up."""
        return self.bridged and self.answered is not None

    @property
    def talked(self) -> bool:
        return self.connected and not self.dropped


@dataclass(slots=True)
class Visit:
    """A node of the flow that the call entered."""

    node: str
    kind: str
    at: int
    group: str | None = None
    position: int | None = None
    announcements: list[Announcement] = field(default_factory=list)
    overflow: str | None = None
    rings: list[Ring] = field(default_factory=list)
    voicemail: LeftVoicemail | None = None
    text_message: TextOutcome | None = None
    transfer: Transfer | None = None
    listed: Listed | None = None
    score: int | None = None

    @property
    def talks(self) -> list[tuple[int, Ring]]:
        """Whoever talked to the caller, and since when: after an attended transfer, not before it."""
        answered = [(ring.answered, ring) for ring in self.rings if ring.talked and ring.answered is not None]
        return [(at if self.transfer is None else max(at, self.at), ring) for at, ring in answered]


@dataclass(slots=True)
class CalledBack:
    """What a call is that calls a customer back: its first channel is the agent's."""

    callback: str
    asked_in: str
    attempt: int
    customer: Ring | None = None


@dataclass(slots=True)
class Call:
    """All that the rows so far say about one call."""

    linkedid: str
    started: int
    last: int = 0
    """Time of the row that came last."""
    clock_set: int = 0
    """By how many milliseconds the clock was set while the call went on, negative: back; of several times the most."""
    closed: bool = False
    channel: str = ""
    hotline: str | None = None
    """None until ``CALL``, or ``JOURNEY`` if that was lost: a linkedid that never has one is no hotline call."""
    caller: str | None = None
    caller_name: str | None = None
    account: str | None = None
    version: int | None = None
    answered: int | None = None
    ended: int | None = None
    dialstatus: str = ""
    end_reason: str | None = None
    apology: bool = False
    visits: list[Visit] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)
    offers: int = 0
    hangups: list[tuple[str, str]] = field(default_factory=list)
    """Channel that hung up, and the channel it names as the source, in the file's order."""
    recordings: list[tuple[int, list[str]]] = field(default_factory=list)
    """From when on into which files talks were recorded; into none: no longer."""
    called_back: CalledBack | None = None
    """None: the caller has called."""
    agreed: str | None = None
    """The callback that the caller agreed on."""
    phones: dict[str, Ring] = field(default_factory=dict)
    """What each phone's channel rings, by uniqueid."""

    def hear_of_clock(self, by: int) -> None:
        self.clock_set = max(self.clock_set, by, key=abs)

    @property
    def rings(self) -> list[Ring]:
        return [ring for visit in self.visits for ring in visit.rings]
