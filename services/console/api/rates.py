"""What a call costs now, and by which rules."""

import asyncio
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.billing.agreements import agreements
from services.console.api.money import Amount
from services.console.context import At
from services.console.problems import Refused
from services.console.route import Routes
from services.domain import calendar, clock, money
from services.domain.calendar import Calendar
from services.domain.documents import Account, Document
from services.domain.model import Model
from services.domain.numbers import to_e164
from services.domain.office import Office
from services.domain.rating import CHINA_TIME
from services.domain.rights import Right
from services.domain.rules import Rules
from services.domain.tariff import Leg, Prices, Tariff
from services.domain.usage import Served, UnratableError, Usage
from services.store.due import now

routes = Routes("money")

_NOWHERE = "4000000000"
"""A hotline that there is none of: the account's tariff prices it, in China's time."""


class RateQuery(Model):
    caller: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")] = "13800138000"
    seconds: Annotated[int, Field(ge=1, le=86_400)] = 60


class StepBody(BaseModel):
    begin: Annotated[int, Field(description="Second of the leg that it holds from.")]
    rate: Amount
    per: int
    increment: int


class RuleBody(BaseModel):
    rule: str
    types: list[str]
    regions: list[str]
    days: list[str]
    hours: list[str]
    connect: Amount
    steps: list[StepBody]
    now: Annotated[bool, Field(description="Whether its days and hours are those of this moment.")]


class LegBody(BaseModel):
    leg: str
    free_seconds: int
    minimum: Amount
    maximum: Amount | None
    rules: list[RuleBody]


class Part(BaseModel):
    leg: str
    rule: str
    seconds: int
    quantity: Annotated[int, Field(description="Increments begun.")]
    increment: int
    rate: Amount
    per: int
    connect: Amount
    amount: Amount


class Example(BaseModel):
    """A call that is answered now, by the tariff alone: what packages cover is not taken off."""

    caller: str
    caller_type: str
    caller_region: str | None
    seconds: int
    total: Amount
    parts: list[Part]
    caller_share: Annotated[Amount | None, Field(description="What the caller pays its own operator.")]


class RatesBody(BaseModel):
    tariff: str
    name: str
    currency: str
    bill_from: str
    valid_from: date | None
    legs: list[LegBody]
    example: Example


@routes.get("/api/v1/accounts/{account}/money/rates", Right.SEE_MONEY)
async def get_rates(at: At, query: RateQuery) -> RatesBody:
    """The rules that hold today, and what a call from a number costs that begins now."""
    try:
        documents = await agreements(at.redis, at.account, set())
        example = await asyncio.to_thread(_example, at.account, documents, query, now())  # may load places of numbers
    except UnratableError as error:
        raise Refused("%(why)s.", why=error) from None
    tariff = next(one for one in documents if isinstance(one, Tariff))
    moment = clock.moment(now(), CHINA_TIME)
    prices = tariff.prices_at(moment.day)
    if prices is None:
        raise Refused("The tariff has no prices for today yet.")
    days = next((one for one in documents if isinstance(one, Calendar)), calendar.CHINA)
    return RatesBody(
        tariff=tariff.id,
        name=tariff.name,
        currency=tariff.currency,
        bill_from=tariff.bill_from,
        valid_from=prices.valid_from,
        legs=_legs(prices, calendar.day(moment.day, days).kind, moment.minute),
        example=example,
    )


def _legs(prices: Prices, kind: calendar.DayKind, minute: int) -> list[LegBody]:
    return [
        LegBody(
            leg=name,
            free_seconds=leg.free_seconds,
            minimum=money.text(money.micros(leg.minimum)),
            maximum=None if leg.maximum is None else money.text(money.micros(leg.maximum)),
            rules=_rules(leg, kind, minute),
        )
        for name, leg in prices.legs()
    ]


def _rules(leg: Leg, kind: calendar.DayKind, minute: int) -> list[RuleBody]:
    return [
        RuleBody(
            rule=rule.rule,
            types=list((rule.when and rule.when.type) or ()),
            regions=list((rule.when and rule.when.region) or ()),
            days=list((rule.when and rule.when.day) or ()),
            hours=list((rule.when and rule.when.hours) or ()),
            connect=money.text(money.micros(rule.connect)),
            steps=[
                StepBody(
                    begin=step.from_,
                    rate=money.text(money.micros(step.rate)),
                    per=step.per,
                    increment=step.increment,
                )
                for step in rule.steps
            ],
            now=ready.holds(kind, minute),
        )
        for rule, ready in zip(leg.rules, Rules(leg).rules, strict=True)
    ]


def _example(account: str, documents: list[Document], query: RateQuery, at: int) -> Example:
    plain = [
        one.model_copy(update={"packages": [], "prepaid": False}) if isinstance(one, Account) else one
        for one in documents
    ]
    ended = at + query.seconds * 1000
    usage = Usage(caller=query.caller, caller_e164=to_e164(query.caller), answered=at, agent_answered=at, ended=ended)
    charge = Office(plain, None, []).rate(Served(_NOWHERE, account, at, ended, usage))
    return Example(
        caller=query.caller,
        caller_type=charge.caller_type or "unknown",
        caller_region=charge.caller_region,
        seconds=query.seconds,
        total=charge.total,
        parts=[Part(**{name: getattr(one, name) for name in Part.model_fields}) for one in charge.segments],
        caller_share=None if charge.caller_share is None else charge.caller_share.total,
    )
