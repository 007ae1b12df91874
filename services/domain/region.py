"""Who a number belongs to: its type, and the place where it is a local number."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from phonenumbers import PhoneNumber
from pydantic import AfterValidator, Field, StringConstraints

from services.domain.divisions import CITIES, divided
from services.domain.model import DocumentModel, Id, Model
from services.domain.numbers import to_e164

NumberType = Literal["mobile", "fixed", "international", "withheld", "unknown"]
"""``international`` is whatever is not +86, Hong Kong, Macau and Taiwan included; ``unknown`` is a number that is shown
and is none that the numbering plan knows."""

_CHINESE_MOBILE = re.compile(r"\+861[3-9]\d{9}")


def _known_region(text: str) -> str:
    divided(text)
    return text


RegionName = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(_known_region)]
"""``广东``, ``广东深圳``, ``北京``."""
Prefix = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,15}$")]


class Override(Model):
    """What is known better of the numbers with one prefix; what is left out stays as the numbering plan has it."""

    type: Literal["mobile", "fixed", "international"] | None = None
    region: RegionName | None = None


class Numbering(DocumentModel):
    """An own numbering plan, over the one of phonenumbers: the longest prefix counts."""

    kind: Literal["numbering"]
    id: Id
    account: Id | None = None
    """Whose it is, and nobody else's to name; left out: everybody's."""
    prefixes: Annotated[dict[Prefix, Override], Field(min_length=1, max_length=10_000)]
    """Begins of numbers in E.164, ``+86199…``; of numbers that are no valid E.164, of the digits as they come."""

    def references(self) -> Iterator[tuple[str, str, str]]:
        if self.account is not None:
            yield "account", "account", self.account


@dataclass(frozen=True, slots=True)
class Region:
    province: str
    cities: frozenset[str]
    """Several where cities share an area code; empty when only the province is known."""

    def __str__(self) -> str:
        cities = sorted(self.cities - {self.province} if CITIES[self.province] == {self.province} else self.cities)
        return self.province + "、".join(cities)


@dataclass(frozen=True, slots=True)
class Party:
    """The other end of a leg: the caller, or the number that was dialled."""

    type: NumberType
    region: Region | None = None
    """None when unknown, and for what is not in mainland China."""


def region_named(text: str) -> Region:
    """ValueError for a text that names none."""
    province, city = divided(text)
    return Region(province, frozenset() if city is None else frozenset({city}))


def type_of(number: str | None, e164: str | None) -> NumberType:
    """Of a number as it came, None when withheld, and as E.164, None when it is no valid number."""
    if number is None:
        return "withheld"
    if e164 is None:
        return "unknown"
    if not e164.startswith("+86"):
        return "international"
    return "mobile" if _CHINESE_MOBILE.fullmatch(e164) else "fixed"


def party(number: str | None, e164: str | None, numbering: Numbering | None, *, places: bool) -> Party:
    """Without ``places`` nobody asks where the number is from, and no geocoding data is loaded."""
    kind = type_of(number, e164)
    region = region_of(e164) if places and e164 is not None and kind in {"mobile", "fixed"} else None
    found = _override(e164 or number or "", numbering)
    if found is None:
        return Party(kind, region)
    return Party(found.type or kind, region_named(found.region) if found.region else region)


def _override(number: str, numbering: Numbering | None) -> Override | None:
    if numbering is None:
        return None
    prefixes = numbering.prefixes
    return next((prefixes[number[:end]] for end in range(len(number), 1, -1) if number[:end] in prefixes), None)


@lru_cache(maxsize=50_000)
def region_of(e164: str) -> Region | None:
    """Where a number of mainland China is local; None when phonenumbers has no place for its prefix.

    The first call loads the geocoding data: see ``load``.
    """
    number = PhoneNumber(country_code=86, national_number=int(e164.removeprefix("+86")))
    return _region(_geocoder().description_for_valid_number(number, "zh"))


def place_of(number: str) -> str:
    """Where a number is from, ``广东深圳``; empty when that is not known or the places are not loaded yet."""
    found = party(number or None, to_e164(number), None, places=loaded()).region
    return str(found) if found else ""


def load() -> None:
    """Loads the geocoding data, 130 MB in some seconds, for whoever must not be stopped by it later."""
    _geocoder()


def loaded() -> bool:
    return _geocoder.cache_info().currsize > 0


@lru_cache(maxsize=1)
def _geocoder() -> Any:
    from phonenumbers import geocoder  # noqa: PLC0415  # too dear for whoever asks for no place

    return geocoder


_PEOPLES = (
    "哈尼族|彝族|藏族|白族|傣族|景颇族|傈僳族|壮族|苗族|朝鲜族|土家族|布依族|侗族|羌族|蒙古族|回族|哈萨克|柯尔克孜|蒙古"
)
_PROVINCE_ENDING = re.compile(r"^(?:省|市|(?:壮族|回族|维吾尔)?自治区)")
_CITY_ENDING = re.compile(rf"(?:(?:{_PEOPLES})*自治州|市|地区|盟|林区|县)$")
_RENAMED = {"襄樊": "襄阳", "芒": "德宏", "香格里拉": "迪庆", "株州": "株洲"}


def _region(description: str) -> Region | None:
    """``广东省深圳市``, ``陕西省西安市、咸阳市``, ``中国``: as phonenumbers writes places."""
    province = next((province for province in CITIES if description.startswith(province)), None)
    if province is None:
        return None
    rest = _PROVINCE_ENDING.sub("", description.removeprefix(province)) or province
    names = {_CITY_ENDING.sub("", name) for name in rest.split("、")}
    return Region(province, CITIES[province] & {_RENAMED.get(name, name) for name in names})
