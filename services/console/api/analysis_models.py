"""What is asked of the analyses, and what they give. Each figure: docs/analysis.md."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from services.archive.analysis import Lost, Step
from services.archive.wanted import Kind
from services.domain import money
from services.domain.charge import Amount
from services.domain.statistics import service_level
from services.domain.statistics.bins import within
from services.domain.statistics.erlang import Staffed
from services.domain.statistics.figures import Duty, Figures
from services.domain.statistics.staffing import Outlook

MOST_DAYS = 1100
MOST_WHAT_IF_DAYS = 31
MOST_CALLERS_DAYS = 92

Name = Annotated[str, Field(min_length=1, max_length=100)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


def _edge(seconds: int) -> int:
    within(seconds)
    return seconds


Threshold = Annotated[int, Field(ge=0, le=3600), AfterValidator(_edge)]
"""Seconds at which a class of waits ends: so the figure is exact."""


class Period(BaseModel):
    """Both days are in it, as China has them; left out: the last thirty."""

    since: Day | None = None
    until: Day | None = None


class Filter(Period):
    hotline: Name | None = None
    group: Name | None = None
    """The first that the call came to."""
    agent: Name | None = None
    """Who answered first."""
    kind: Kind | None = None


class ByQuery(Filter):
    by: Literal["day", "hour", "weekday", "week_hour", "end_state", "province", "region", "agent", "group", "hotline"]


class ServiceQuery(Filter):
    threshold_s: Threshold = 20
    short_s: Threshold = 5


class ComparedQuery(ByQuery):
    before: Day | None = None
    """The first day of the period that is compared with, which is as long; left out: the one just before."""


class Staffing(BaseModel):
    """Agents more, between two hours of each day."""

    from_hour: Annotated[int, Field(ge=0, le=23)] = 10
    to_hour: Annotated[int, Field(ge=1, le=24)] = 12
    extra: Annotated[int, Field(ge=0, le=20)] = 1
    agents: Annotated[int, Field(ge=1, le=200)] | None = None
    """There all the time; left out: as they were recorded."""

    @model_validator(mode="after")
    def _some_hours(self) -> "Staffing":
        if self.from_hour >= self.to_hour:
            raise ValueError(f"'from_hour' {self.from_hour}: expected one before 'to_hour' {self.to_hour}")
        return self


class WhatIfQuery(Period, Staffing):
    group: Name
    threshold_s: Threshold = 20
    short_s: Threshold = 5


class KeyFigures(BaseModel):
    """Of the calls with this key; rates are null where nothing is known. ``*_ms``: averages, milliseconds."""

    key: str | None
    calls: int
    answered: int
    abandoned: int
    answer_rate: float | None
    abandon_rate: float | None
    asa_ms: float | None
    talk_mean_ms: float | None
    aht_ms: float | None
    talk_ms: int
    """All of them together."""
    billed_s: int

    @classmethod
    def of(cls, key: str | None, some: Figures) -> "KeyFigures":
        return cls(key=key, **{name: getattr(some, name) for name in cls.model_fields if name != "key"})


class DutyFigures(BaseModel):
    """What agents did; null where nothing was archived of it."""

    on_duty_ms: int
    ready_ms: int
    ringing_ms: int
    busy_ms: int
    wrap_ms: int
    rest_ms: int
    own_call_ms: int
    paused_ms: int
    occupancy: float | None

    @classmethod
    def of(cls, some: Duty) -> "DutyFigures":
        return cls(**{name: getattr(some, name) for name in cls.model_fields})


class AgentFigures(BaseModel):
    agent: str
    figures: KeyFigures
    duty: DutyFigures


class Level(BaseModel):
    """A service level: ``met`` of ``of``."""

    formula: str
    met: int
    of: int
    share: float | None

    @classmethod
    def from_level(cls, level: service_level.Level) -> "Level":
        return cls(formula=level.formula.id, met=level.met, of=level.of, share=level.share)


class Summary(BaseModel):
    since: date
    until: date
    figures: KeyFigures
    costs: dict[str, str]
    """After all corrections, by currency."""
    duty: DutyFigures
    waited: int
    service_levels: list[Level]


class ClassOfCalls(BaseModel):
    """Longer than ``over_s``, and no longer than ``upto_s``; null: without end."""

    over_s: int | None
    upto_s: int | None
    calls: int
    answered: int
    abandoned: int


class StepFound(BaseModel):
    depth: int
    node: str
    node_kind: str
    keys: str
    next: str
    next_kind: str
    calls: int

    @classmethod
    def of(cls, step: Step) -> "StepFound":
        return cls(**{name: getattr(step, name) for name in cls.model_fields})


class LostCalls(BaseModel):
    """Calls that ended at a node in an hour of the day without being served."""

    node: str
    node_kind: str
    hour: int
    end_state: str
    currency: str
    calls: int
    billed_s: int
    amount: Amount
    """What was paid with money, after all corrections."""
    worth: Amount
    """What it would have cost without packages."""

    @classmethod
    def of(cls, lost: Lost) -> "LostCalls":
        same = {name: getattr(lost, name) for name in cls.model_fields if name not in {"amount", "worth"}}
        return cls(**same, amount=money.text(lost.charge), worth=money.text(lost.worth))


class Repeats(BaseModel):
    number: str
    calls: int
    answered: int
    first: int
    last: int
    """When it called, milliseconds since 1970."""


class CallersFound(BaseModel):
    by_calls: dict[int, int]
    """How many numbers called so many times; the last is that many or more."""
    most: list[Repeats]


class Compared(BaseModel):
    key: str | None
    now: KeyFigures
    before: KeyFigures


class Comparison(BaseModel):
    since: date
    until: date
    before_since: date
    before_until: date
    total: Compared
    parts: list[Compared]


class OutlookFigures(BaseModel):
    figures: KeyFigures
    service_levels: list[Level]

    @classmethod
    def of(cls, outlook: Outlook) -> "OutlookFigures":
        some = [Level.from_level(one) for one in outlook.levels]
        return cls(figures=KeyFigures.of(None, outlook.figures), service_levels=some)


class ErlangFigures(BaseModel):
    agents: int
    waiting: float
    """Probability that a caller has to wait."""
    asa_ms: float
    within: float
    occupancy: float

    @classmethod
    def of(cls, staffed: Staffed | None) -> "ErlangFigures | None":
        if staffed is None:
            return None
        same = {name: getattr(staffed, name) for name in ("agents", "waiting", "within", "occupancy")}
        return cls(**same, asa_ms=staffed.asa)


class WhatIfFound(BaseModel):
    calls: int
    """Of the whole days, which are replayed; the figures are of those that came between the hours."""
    agents: float
    extra: int
    recorded: OutlookFigures
    as_it_was: OutlookFigures
    changed: OutlookFigures
    erlang_as_it_was: ErlangFigures | None
    erlang_changed: ErlangFigures | None
    erlang_needed: ErlangFigures | None
