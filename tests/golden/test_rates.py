"""Each ``rates/*.yaml`` is tariffs, packages, and calls with what each must cost; ``why`` is its arithmetic by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from services.domain import money
from services.domain.calendar import day
from services.domain.charge import Charge
from services.domain.documents import Document
from services.domain.numbers import to_e164
from services.domain.office import Office
from services.domain.usage import Outbound, Served, UnratableError, Usage
from tests.harness import naive
from tests.harness.naive import Call, Fields, Other

CASES = sorted((Path(__file__).parent / "rates").glob("*.yaml"))
DOCUMENTS: TypeAdapter[list[Document]] = TypeAdapter(list[Document])
EXPECTED = {"total", "drawn", "share", "segments", "adjustments", "notes", "unrated"}
GIVEN = {"why", "tariff", "hotline", "at", "seconds", "ms", "unanswered", "agent_after", "caller", "outbound", "times"}


@dataclass(frozen=True)
class Case:
    fields: Fields

    @cached_property
    def documents(self) -> list[Document]:
        return DOCUMENTS.validate_python(self.fields["documents"])

    def raw(self, kind: str, name: str) -> Fields:
        """As it is written; empty where there is none."""
        found = [
            one
            for one in self.fields["documents"]
            if one["kind"] == kind and name in {one.get("id"), one.get("number")}
        ]
        return dict(found[0]) if found else {}

    def zone(self, call: Fields) -> str:
        found: str = self.raw("hotline", hotline(call)).get("timezone", "Asia/Shanghai")
        return found


@cache
def case_of(path: Path) -> Case:
    return Case(YAML(typ="safe").load(path))


def hotline(call: Fields) -> str:
    return str(call.get("hotline", "4001234567"))


def test_there_are_many_and_each_says_why() -> None:
    given = [call for path in CASES for call in case_of(path).fields["calls"]]
    assert len(given) >= 70
    assert all(call["why"] and call.keys() <= EXPECTED | GIVEN for call in given)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_calls_cost_what_was_worked_out_by_hand(path: Path) -> None:
    case = case_of(path)
    packages = case.fields.get("packages", [])
    offices: dict[str, Office] = {}
    total = Decimal(0)
    for expected in case.fields["calls"]:
        tariff = expected.get("tariff", "t")
        office = offices.setdefault(tariff, Office(case.documents, tariff, packages))
        for _ in range(expected.get("times", 1)):
            total += Decimal(checked(expected, case, office))
    if packages:
        office.finish(case.fields["until"])
        assert [[one.day, one.kind, money.text(one.amount), one.seconds] for one in office.postings] == case.fields[
            "postings"
        ]
        assert [alert.mark for alert in office.alerts] == case.fields["alerts"]
        owed = sum(Decimal(money.text(one.amount)) for one in office.postings)
        assert total + owed == Decimal(case.fields["total"])


def checked(expected: Fields, case: Case, office: Office) -> str:
    """The call's total."""
    if "unrated" in expected:
        with pytest.raises(UnratableError) as refused:
            office.rate(served(expected, case))
        assert str(refused.value) == expected["unrated"]
        return "0"
    found = outcome(office.rate(served(expected, case)))
    must = {"drawn": 0, "share": None} | {key: expected[key] for key in EXPECTED & expected.keys()}
    assert {key: found[key] for key in must} == must, expected["why"]
    return str(found["total"])


def served(call: Fields, case: Case) -> Served:
    begin, answered, agent, ended = times(call, case.zone(call))
    caller = call.get("caller", "13800138000")
    usage = Usage(
        caller=caller,
        caller_e164=caller and to_e164(caller),
        answered=answered,
        agent_answered=agent,
        ended=ended,
        outbound=tuple(
            Outbound(who, number, begin + first * 1000, begin + last * 1000)
            for who, number, first, last in call.get("outbound", [])
        ),
    )
    return Served(hotline(call), None, begin, ended, usage)


def times(call: Fields, zone: str) -> tuple[int, int | None, int | None, int]:
    """Begin, platform's answer, agent's, and end."""
    begin = round(datetime.fromisoformat(call["at"]).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    after = call.get("agent_after")
    agent = None if after is None else begin + after * 1000
    return (
        begin,
        None if call.get("unanswered") else begin,
        agent,
        begin + call.get("ms", call.get("seconds", 0) * 1000),
    )


def outcome(charge: Charge) -> Fields:
    return {
        "total": charge.total,
        "drawn": sum(part.seconds for segment in charge.segments for part in segment.drawn),
        "share": None if charge.caller_share is None else charge.caller_share.total,
        "segments": [f"{one.rule} {one.quantity} {one.amount}" for one in charge.segments],
        "adjustments": [f"{one.reason} {one.amount}" for one in charge.adjustments],
        "notes": list(charge.notes),
    }


# The same calls by the second rater.

OTHERS: dict[str | None, Other] = {
    "13800138000": Other("mobile", frozenset({"北京"})),
    "+8613800138000": Other("mobile", frozenset({"北京"})),
    "008613800138000": Other("mobile", frozenset({"北京"})),
    "19912345678": Other("mobile"),
    "01012345678": Other("fixed", frozenset({"北京"})),
    "075512345678": Other("fixed", frozenset({"广东", "广东深圳"})),
    "075587654321": Other("fixed", frozenset({"广东", "广东深圳"})),
    "02012345678": Other("fixed", frozenset({"广东", "广东广州"})),
    "02987654321": Other("fixed", frozenset({"陕西", "陕西西安", "陕西咸阳"})),
    "057412345678": Other("fixed", frozenset({"浙江", "浙江宁波"})),
    "4008001234": Other("fixed"),
    "10086": Other("unknown"),
    "95588": Other("unknown"),
    "+442079460958": Other("international"),
    "+85298765432": Other("international"),
    None: Other("withheld"),
}
OFF = {"01-01": 3, "02-15": 9, "04-04": 3, "05-01": 5, "06-19": 3, "09-25": 3, "10-01": 7}
"""First days off and how many, and the days worked instead: the State Council's notice for 2026."""
WORKED = {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}


def by_the_notice(at: date) -> str:
    off = {date.fromisoformat(f"2026-{first}") + timedelta(n) for first, count in OFF.items() for n in range(count)}
    if at in off:
        return "holiday"
    return "weekend" if at.isoweekday() > 5 and f"{at:%m-%d}" not in WORKED else "working_day"


def test_every_day_of_2026_is_what_the_notice_says() -> None:
    year = [date(2026, 1, 1) + timedelta(n) for n in range(365)]
    assert [day(at).kind for at in year] == [by_the_notice(at) for at in year]


def kind_of(calendar: Fields) -> Callable[[date], str]:
    def kind(at: date) -> str:
        for key, meaning in (("holidays", "holiday"), ("working_days", "working_day")):
            if at in calendar.get(key, []):
                return meaning
        if calendar.get("base", "china") == "china" and at.year == 2026:
            return by_the_notice(at)
        return "weekend" if at.isoweekday() > 5 else "working_day"

    return kind


def that_it_can_rate() -> Iterator[Any]:
    """It knows no packages with cycles, and no numbering plan."""
    for path in CASES:
        case = case_of(path)
        for number, call in enumerate(case.fields["calls"], 1):
            plain = "numbering" not in case.raw("tariff", call.get("tariff", "t"))
            if plain and "unrated" not in call and not case.fields.get("packages"):
                yield pytest.param(case, call, id=f"{path.stem}-{number}")


@pytest.mark.parametrize(("case", "call"), list(that_it_can_rate()))
def test_a_second_rater_comes_to_the_same(case: Case, call: Fields) -> None:
    tariff = case.raw("tariff", call.get("tariff", "t"))
    begin, answered, agent, ended = times(call, case.zone(call))
    outbound = [
        (OTHERS[number], begin + 1000 * first, begin + 1000 * last)
        for _, number, first, last in call.get("outbound", [])
    ]
    home = case.raw("hotline", hotline(call)).get("city")
    of = Call(case.zone(call), home, OTHERS[call.get("caller", "13800138000")], answered, agent, ended, outbound)
    bill = naive.bill(tariff, of, kind_of(case.raw("calendar", tariff.get("calendar", ""))))
    assert bill.total == Decimal(call["total"])
    assert bill.share == (None if call.get("share") is None else Decimal(call["share"]))
