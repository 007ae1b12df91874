"""What people read, in their language. The English text is the key; ``catalogues/zh_CN/*.po`` have the Chinese."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from aiohttp import web
from babel import dates, numbers
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from services.domain.people import Language
from services.domain.rating import CHINA_TIME

LANGUAGE_COOKIE = "language"
DEFAULT: Language = "zh-CN"
LANGUAGES: Mapping[Language, str] = {"zh-CN": "简体中文", "en": "English"}
CATALOGUES = Path(__file__).parent / "catalogues"


@dataclass(frozen=True)
class Texts:
    language: Language
    translations: NullTranslations

    def of(self, area: str) -> "Texts":
        """As that area says it: the same word may be another thing elsewhere."""
        return texts(self.language, area)

    @property
    def locale(self) -> str:
        """As Babel names it."""
        return self.language.replace("-", "_")

    def __call__(self, text: str, /, **values: object) -> str:
        found = self.translations.ugettext(text)
        return found % values if values else found

    def time(self, at: int | None, style: str = "yyyy-MM-dd HH:mm:ss") -> str:
        """``at``: milliseconds since 1970; shown as in China."""
        return "" if at is None else dates.format_datetime(local(at), style, locale=self.locale)

    def day(self, day: date) -> str:
        return dates.format_date(day, "yyyy-MM-dd EEE", locale=self.locale)

    def money(self, amount: Decimal, currency: str = "CNY") -> str:
        return numbers.format_currency(amount, currency, locale=self.locale, decimal_quantization=False)

    def number(self, value: float, digits: int = 0) -> str:
        return numbers.format_decimal(round(value, digits), locale=self.locale)

    def percent(self, share: float | None) -> str:
        return "–" if share is None else numbers.format_percent(share, "0.0%", locale=self.locale)

    def duration(self, ms: float | None) -> str:
        """As ``1:02:03`` or ``2:03``."""
        if ms is None:
            return "–"
        minutes, seconds = divmod(round(ms / 1000), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(CHINA_TIME)


@cache
def texts(language: Language, area: str = "") -> Texts:
    """``area``: the name of a catalogue; of another it is the same as none."""
    return Texts(language, NullTranslations() if language == "en" else _merged(language, area))


def language_of(request: web.Request, wanted: Language | None) -> Language:
    """As the person wishes, as this browser was told, or as it asks for."""
    if wanted is not None:
        return wanted
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    for language in LANGUAGES:
        if chosen == language:
            return language
    asked = request.headers.get("Accept-Language", "").lower()
    return "en" if asked.startswith("en") else DEFAULT


def catalogue(language: Language, area: str = "") -> Catalog:
    """All areas' files together; what several say is as the area says it, or as the first of them does."""
    folder = CATALOGUES / language.replace("-", "_")
    whole = Catalog(locale=folder.name)
    for path in (folder / f"{area}.po", folder / "base.po", *sorted(folder.glob("*.po"))):
        for message in _messages(path):
            if message.id and message.id not in whole:
                whole.add(message.id, message.string)
    return whole


def area_texts(language: Language, area: str) -> Sequence[str]:
    """The English of that area's catalogue; of a language without catalogues nothing."""
    found = _messages(CATALOGUES / language.replace("-", "_") / f"{area}.po")
    return [str(message.id) for message in found if message.id]


@cache
def _messages(path: Path) -> Sequence[Message]:
    if not path.exists():
        return ()
    with path.open("rb") as file:
        return tuple(read_po(file, locale=path.parent.name, abort_invalid=True))


def _merged(language: Language, area: str) -> Translations:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language, area))
    compiled.seek(0)
    return Translations(compiled)
