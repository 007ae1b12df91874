"""What an account will have used by its cycles' ends, by what the archive has of the days before."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.archive import usage
from services.archive.usage import Used
from services.billing import commands, offers
from services.console.api.money import Amount, Standing, standing
from services.console.context import At
from services.console.route import Routes
from services.domain import calendar, forecast, money
from services.domain.book import Kept
from services.domain.calendar import DayKind
from services.domain.cycle import add_months
from services.domain.forecast import Band
from services.domain.rights import Right

routes = Routes("money")

_MINUTE = 60


class AmountBand(BaseModel):
    low: Amount
    likely: Amount
    high: Amount


class MinutesBand(BaseModel):
    low: int
    likely: int
    high: int


class SpentBody(BaseModel):
    """Days on which it is used up; null: not within a year."""

    earliest: date | None
    likely: date | None
    latest: date | None


class PackageForecast(BaseModel):
    package: str
    until: Annotated[date, Field(description="The cycle's end, not in it.")]
    used_minutes: int
    to_come: Annotated[MinutesBand, Field(description="From now to the cycle's end; four times of five it is within.")]
    spent: SpentBody


class ForecastBody(BaseModel):
    method: Literal["kinds_of_days", "all_days", "too_few_days"]
    days: Annotated[int, Field(description="That it was reckoned from.")]
    month_end: Annotated[date, Field(description="The first day of the next month.")]
    month_so_far: Annotated[Amount, Field(description="What calls begun this month have cost in money.")]
    month_to_come: AmountBand | None
    balance_spent: Annotated[SpentBody | None, Field(description="Null: there is no balance to be used up.")]
    packages: list[PackageForecast]


@routes.get("/api/v1/accounts/{account}/money/forecast", Right.SEE_MONEY)
async def get_forecast(at: At) -> ForecastBody:
    """What is to come, with a band; nothing where fewer than three days are known."""
    now, today = await standing(at), commands.today()
    begins = [
        today.replace(day=1),
        today - timedelta(forecast.MOST_DAYS),
        *(one.cycle.begin for one in now.book.packages),
    ]
    async with at.archive.connect() as connection:
        since = offers.ms(min(begins))
        used = await usage.by_day(connection, at.account, since, from_agent=now.tariff.bill_from == "agent")
    return _forecast(now, used, today)


def _forecast(now: Standing, used: Mapping[date, Used], today: date) -> ForecastBody:
    costs = {day: one.charge for day, one in used.items()}
    first = min(used, default=today)
    known = forecast.pattern(costs, first, today, _kind)
    end = add_months(today.replace(day=1), 1)
    so_far = sum(cost for day, cost in costs.items() if day >= today.replace(day=1))
    body = ForecastBody(
        method="too_few_days",
        days=0 if known is None else known.days,
        month_end=end,
        month_so_far=money.text(so_far),
        month_to_come=None,
        balance_spent=None,
        packages=[],
    )
    if known is None:
        return body
    body.method = "kinds_of_days" if known.apart else "all_days"
    body.month_to_come = _amounts(forecast.rest(known, today, costs.get(today, 0), end, _kind))
    if now.owner.prepaid:
        left = now.book.balance - now.held.money
        body.balance_spent = _spent(forecast.spent(known, today, costs.get(today, 0), left, _fees(now), _kind))
    minutes = {day: one.minutes for day, one in used.items()}
    body.packages = [_package(kept, now, minutes, first, today) for kept in now.book.packages if kept.left]
    return body


def _package(kept: Kept, now: Standing, minutes: Mapping[date, int], first: date, today: date) -> PackageForecast:
    """Days as the callers' minutes have them, as high as what the package covered of this cycle."""
    used = (sum(now.terms[kept.package].granted) - sum(kept.left)) // _MINUTE
    shape = forecast.scaled(minutes, used, kept.cycle.begin)
    known = forecast.pattern(shape, first, today, _kind)
    if known is None:
        nothing, never = Band(0, 0, 0), forecast.Spent(None, None, None)
    else:
        nothing = forecast.rest(known, today, shape.get(today, 0), kept.cycle.end, _kind).coarse()
        never = forecast.spent(known, today, shape.get(today, 0), sum(kept.left) // _MINUTE, {}, _kind)
    return PackageForecast(
        package=kept.package,
        until=kept.cycle.end,
        used_minutes=used,
        to_come=MinutesBand(low=nothing.low, likely=nothing.likely, high=nothing.high),
        spent=_spent(never),
    )


def _fees(now: Standing) -> dict[date, int]:
    """That renewals will cost by themselves."""
    found: dict[date, int] = {}
    for kept in now.book.packages:
        package = now.terms[kept.package].package
        if package.cycle.renews:
            found[kept.cycle.end] = found.get(kept.cycle.end, 0) + money.micros(package.fee)
    return found


def _kind(day: date) -> DayKind:
    return calendar.day(day).kind


def _amounts(band: Band) -> AmountBand:
    cents = Band(*(value // 10_000 for value in (band.low, band.likely, band.high))).coarse()
    return AmountBand(**{name: money.text(getattr(cents, name) * 10_000) for name in ("low", "likely", "high")})


def _spent(found: forecast.Spent) -> SpentBody:
    return SpentBody(earliest=found.earliest, likely=found.likely, latest=found.latest)
