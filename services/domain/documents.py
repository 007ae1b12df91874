"""The documents a company's configuration is made of (YAML in files, JSON in Redis)."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from services.domain.announcements import language_of
from services.domain.calendar import Calendar
from services.domain.callbacks import CallbackTerms
from services.domain.divisions import divided
from services.domain.flow import Flow
from services.domain.lists import NumberList
from services.domain.model import BoundNumber, DocumentModel, Id, Model, Password, Title, Voice, keys_as_text
from services.domain.nodes.base import Language, PlainPrompt, PlainSaid, SoundFile
from services.domain.package import Package
from services.domain.pbx import Pbx
from services.domain.region import Numbering, RegionName
from services.domain.tariff import Money, Tariff
from services.domain.webhook import Notify

HotlineNumber = Annotated[str, StringConstraints(pattern=r"^400[0-9]{7}$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")]
"""What operators' phones dial."""


Days = Annotated[int, Field(ge=1, le=3650)]

ReasonKey = Annotated[str, StringConstraints(pattern=r"^[1-9]$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("there is no such time zone; expected an IANA name like 'Asia/Shanghai'") from None
    return name


def _a_city(text: str) -> str:
    if divided(text)[1] is None:
        raise ValueError(f"{text!r} is a province; expected one of its cities, like '广东深圳'")
    return text


class Subscription(Model):
    """A package that an account has had since a day."""

    package: Id
    since: date
    extras: dict[Id, Annotated[int, Field(ge=1, le=100_000)]] = Field(default_factory=dict)
    """How many it has of the package's extra services that are paid per cycle."""


class Caps(Model):
    """What an account's calls of a calendar month may come to, in money beside what packages cover, and in number.

    At least one; calls count that were answered. The month is that of a call's end, at its hotline.
    """

    cost: Money | None = None
    calls: Annotated[int, Field(ge=1, le=10_000_000)] | None = None

    @model_validator(mode="after")
    def _caps_something(self) -> "Caps":
        if self.cost is None and self.calls is None:
            raise ValueError("caps nothing: give 'cost' or 'calls'")
        return self


class Account(DocumentModel):
    kind: Literal["account"]
    id: Id
    name: Title
    tariff: Id
    notify: Notify | None = None
    """Where the company's own program takes messages (docs/notify.md)."""
    voicemail_days: Days | None = None
    """How long voicemails are kept; left out: 30."""
    pause_reasons: Annotated[dict[ReasonKey, Reason], BeforeValidator(keys_as_text)] = Field(
        default_factory=lambda: {"1": "休息"}
    )
    """Why agents pause, by the digit they dial after the code."""
    packages: list[Subscription] = Field(default_factory=list, max_length=20)
    prepaid: bool = False
    """Its calls are paid out of money that was topped up; who cannot be paid for is refused."""
    caps: Caps | None = None
    suspended: bool = False
    """Its callers are refused."""
    refusal: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = (
        "您好，您拨打的电话已暂停服务。"
    )
    """What they hear then."""

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "tariff", "tariff", self.tariff
        yield from ((f"packages.{index}.package", "package", one.package) for index, one in enumerate(self.packages))


class Sip(Model):
    password: Password
    browser: bool = False
    """The phone is a browser at the agent desk, and nothing else can be (docs/desk.md)."""


class Agent(DocumentModel):
    """Answers calls at a SIP phone that registers here, or at a bound number dialled over the trunk."""

    kind: Literal["agent"]
    id: Id
    account: Id
    name: Title
    sip: Sip | None = None
    bound: BoundNumber | None = None
    supervisor: bool = False
    """May listen to, whisper into and barge in on the talks of its account's agents."""
    extension: Extension | None = None
    """What colleagues dial, when it is not the id."""
    pause_after_missed: Annotated[int, Field(ge=0, le=20)] | None = None
    """Offers missed in a row that pause the agent, 0 never. Left out: 3 at a SIP phone, never at a bound number, where
    nobody would resume it."""
    confirm: bool = False
    """Whoever picks up presses 1 before the caller is connected, so that a mobile's mailbox never answers."""

    @model_validator(mode="after")
    def _one_phone(self) -> "Agent":
        if (self.sip is None) == (self.bound is None):
            raise ValueError("an agent has either 'sip' or 'bound'")
        if self.supervisor and self.sip is None:
            raise ValueError("a 'supervisor' listens at a SIP phone: it has 'sip', not 'bound'")
        return self

    def dial(self, trunk: str) -> str:
        """What is dialled: the agent's SIP endpoint, or its number on the trunk."""
        return f"{self.bound}@{trunk}" if self.bound else self.id

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account


class Recording(Model):
    """The group's talks are recorded, to the caller's hanging up, transfers included."""

    announce: PlainSaid | None = None
    """Played before anybody is rung, once a call."""
    voice: Voice = "cmn"
    days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long a recording is kept."""
    sides: Literal["mixed", "separate"] = "mixed"
    """``separate``: two files, the caller's and the other side's."""


Strategy = Literal["sequence", "rotation", "random", "even", "longest_idle", "percentage", "ringall", "skills"]
"""docs/distribution.md has each in one sentence."""
Level = Annotated[int, Field(ge=1, le=5)]
Priority = Annotated[int, Field(ge=0, le=9)]
"""Higher goes first."""


class Widening(Model):
    """Once the caller has waited so long, agents of this level and above may be rung."""

    after_seconds: Annotated[int, Field(ge=0, le=3600)]
    level: Level


class Group(DocumentModel):
    """Agents who share calls, and the queue of the callers who wait for them."""

    kind: Literal["group"]
    id: Id
    account: Id
    name: Title
    extension: Extension | None = None
    """What operators' phones dial to reach it; without one they cannot."""
    strategy: Strategy
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 20
    members: Annotated[list[Id], Field(min_length=1, max_length=50)]
    skills: Annotated[dict[Id, Level], Field(default_factory=dict)]
    """Levels of members; 1 for who is not named."""
    priorities: Annotated[dict[Id, Priority], Field(default_factory=dict)]
    """For members of several groups: of callers with the same priority those of the higher group go first; 0 for who is
    not named."""
    weights: Annotated[dict[Id, Annotated[int, Field(ge=1, le=1000)]], Field(default_factory=dict)]
    """Members' shares of the calls, for ``percentage``."""
    widening: Annotated[list[Widening], Field(max_length=5, default_factory=list)]
    """Levels needed, for ``skills``: the first from 0 seconds on, then ever later and lower. Empty: every level."""
    returning_seconds: Annotated[int, Field(ge=0, le=600)] = 0
    """How long a caller who comes again waits for the agent who served it last; 0: does not."""
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    retry_seconds: Annotated[int, Field(ge=0, le=300)] = 5
    """How long an agent who missed a call is not rung."""
    drop_seconds: Annotated[int, Field(ge=0, le=30)] = 2
    """A talk shorter than this that the agent's phone ends is a missed call; 0: none is."""
    capacity: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Callers who may wait."""
    place_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    """How long the place of a caller whose line dropped is kept for its number."""
    voicemail_days: Days | None = None
    """How long its voicemails are kept; left out: as the account says."""
    recording: Recording | None = None
    music: SoundFile | None = None
    """What callers in the group's queue hear instead of the platform's music."""
    callback: CallbackTerms | None = None
    """On what terms callers are called back; left out: they are not."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Group":
        for key, named in (("skills", self.skills), ("priorities", self.priorities), ("weights", self.weights)):
            if strangers := named.keys() - set(self.members):
                raise ValueError(f"'{key}' names {', '.join(sorted(strangers))}: not among 'members'")
        if self.strategy == "percentage" and (left_out := set(self.members) - self.weights.keys()):
            raise ValueError(f"'percentage' needs a weight for every member: {', '.join(sorted(left_out))} has none")
        steps = [(step.after_seconds, -step.level) for step in self.widening]
        falling = all(now < after and high < low for (now, high), (after, low) in pairwise(steps))
        if steps and not (steps[0][0] == 0 and falling):
            raise ValueError("'widening' begins at 0 seconds, and each step is later and lower than the one before")
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account
        yield from ((f"members.{index}", "agent", agent) for index, agent in enumerate(self.members))


class MissedCalls(Model):
    """Whom to tell when nobody talked to a caller (docs/notify.md says of which calls)."""

    text_to: Annotated[tuple[BoundNumber, ...], Field(max_length=10)] = ()
    webhook: bool = False
    """The account's ``notify``."""


Word = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")]


class Hotline(DocumentModel):
    kind: Literal["hotline"]
    number: HotlineNumber
    account: Id
    name: Title
    voice: Voice = "cmn"
    languages: Annotated[dict[Language, Voice], Field(max_length=20, default_factory=dict)]
    """Instead of ``voice``: the voice of each language; a call begins in the first."""
    words: Annotated[dict[Word, PlainPrompt], Field(max_length=1000, default_factory=dict)]
    """What values of variables are spoken as."""
    missed_calls: MissedCalls | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    """IANA name; days and hours of tariffs are read in it."""
    city: Annotated[RegionName, AfterValidator(_a_city)] | None = None
    """Where the hotline is at home, ``广东深圳``: a tariff's ``home_city``."""
    flow: Flow

    @model_validator(mode="after")
    def _can_be_told(self) -> "Hotline":
        mute = [voice for voice in self.voices.values() if language_of(voice) is None]
        for name, node in self.flow.nodes.items():
            told = node.announcements if node.kind == "queue" else None
            if told is not None and (told.position or told.wait) and mute:
                raise ValueError(
                    f"node '{name}' announces position and waiting time, for which there are Mandarin (cmn, yue) and "
                    f"English (en) texts; voice '{mute[0]}' speaks neither"
                )
        return self

    @property
    def voices(self) -> Mapping[str, Voice]:
        """By language, the first one first; of a hotline with one voice by an empty name."""
        return self.languages or {"": self.voice}

    @property
    def id(self) -> str:
        return self.number

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account
        for name, node in self.flow.nodes.items():
            yield from ((f"flow.nodes.{name}.{key}", kind, named) for key, kind, named in node.references())


Document = Annotated[
    Account | Tariff | Package | Calendar | Numbering | NumberList | Agent | Group | Hotline | Pbx,
    Field(discriminator="kind"),
]

Ref = tuple[str, str]
"""Kind and id of a document."""


def ref(document: Document) -> Ref:
    return document.kind, document.id


def owner_of(document: Document) -> str | None:
    """The account that a document is of, or is; None: it is everybody's."""
    return document.id if isinstance(document, Account) else getattr(document, "account", None)
