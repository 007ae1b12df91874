"""What an agent is told at its own phone of the voicemails left for it, put together of pieces that are spoken once.

The voicemails themselves are ``services.domain.voicemail``'s.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from services.domain.voicemail import Voicemail

CHINA = timezone(timedelta(hours=8))

AGAIN, NEXT, DELETE = "1", "2", "3"

NO_NEWS = "您没有新的留言。"
HELP = "重听请按一，听下一条请按二，删除请按三。"
SURE = "确认删除请再按三，不删除请按一。"
DELETED = "这条留言已经删除。"
KEPT = "这条留言没有删除。"
ELSEWHERE = "这条留言的录音不在这里，现在不能播放。"
OVER = "没有更多的新留言了，再见。"

_YOU_HAVE, _MORE_THAN, _NEWS = "您有", "超过", "条新留言。"
_TODAY, _YESTERDAY, _MONTH, _DAY, _HOUR, _MINUTE = "今天", "昨天", "月", "日", "点", "分"
_FROM, _WITHHELD = "来电号码", "对方没有显示号码。"

_ONES = ("零", *"一二三四五六七八九")
_TENS = ("", "十", *(f"{digit}十" for digit in "二三四五六七八九"))
_TWO_OF = "两"
_DIGITS = ("零", "幺", *"二三四五六七八九")
"""As telephone numbers are read: 幺 is not taken for 七."""
_LARGEST = 99


def pieces() -> Iterator[str]:
    """Everything that is said, some of it more than once."""
    yield from (NO_NEWS, HELP, SURE, DELETED, KEPT, ELSEWHERE, OVER)
    yield from (_YOU_HAVE, _MORE_THAN, _NEWS, _TODAY, _YESTERDAY, _MONTH, _DAY, _HOUR, _MINUTE, _FROM, _WITHHELD)
    yield from (*_ONES, *_TENS[1:], _TWO_OF, *_DIGITS)


def news(count: int) -> tuple[str, ...]:
    if count == 0:
        return (NO_NEWS,)
    if count > _LARGEST:
        return _YOU_HAVE, _MORE_THAN, *_number(_LARGEST), _NEWS
    return _YOU_HAVE, *_number_of(count), _NEWS


def about(voicemail: Voicemail, now: int) -> tuple[str, ...]:
    """When it was left, by China's clock, and from which number."""
    at, today = _in_china(voicemail.at), _in_china(now).date()
    if at.date() == today:
        day: tuple[str, ...] = (_TODAY,)
    elif at.date() == today - timedelta(days=1):
        day = (_YESTERDAY,)
    else:
        day = (*_number(at.month), _MONTH, *_number(at.day), _DAY)
    return *day, *_number_of(at.hour), _HOUR, *_minute(at.minute), *_from(voicemail.caller or "")


def _from(caller: str) -> tuple[str, ...]:
    digits = [_DIGITS[int(sign)] for sign in caller if sign in "0123456789"]
    return (_FROM, *digits) if digits else (_WITHHELD,)


def _minute(minute: int) -> tuple[str, ...]:
    return (*((_ONES[0],) if minute < 10 else ()), *_number(minute), _MINUTE) if minute else ()  # noqa: PLR2004


def _number_of(number: int) -> tuple[str, ...]:
    """Before what is counted: 两点, 两条."""
    return (_TWO_OF,) if number == 2 else _number(number)  # noqa: PLR2004


def _number(number: int) -> tuple[str, ...]:
    """0 to 99."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return (_ONES[ones],)
    return (_TENS[tens], _ONES[ones]) if ones else (_TENS[tens],)


def _in_china(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(CHINA)
