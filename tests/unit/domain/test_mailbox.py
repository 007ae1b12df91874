from datetime import datetime

import pytest

from services.domain import mailbox
from services.domain.mailbox import CHINA
from services.domain.voicemail import Voicemail


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)


def left(when: str, caller: str | None = "13800138000") -> Voicemail:
    return Voicemail(
        id="v", account="demo", pbx="pbx1", call="c", hotline="4007900000", caller=caller, group="g", node="n",
        at=at(when), ms=3000, file="v.wav",
    )  # fmt: skip


NOW = at("2026-03-02T09:00")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "您没有新的留言。"),
        (1, "您有一条新留言。"),
        (2, "您有两条新留言。"),
        (12, "您有十二条新留言。"),
        (20, "您有二十条新留言。"),
        (99, "您有九十九条新留言。"),
        (100, "您有超过九十九条新留言。"),
    ],
)
def test_how_many(count: int, said: str) -> None:
    assert "".join(mailbox.news(count)) == said


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-03-02T08:05", "今天八点零五分"),
        ("2026-03-02T00:00", "今天零点"),
        ("2026-03-01T22:10", "昨天二十二点十分"),
        ("2026-02-28T02:59", "二月二十八日两点五十九分"),
        ("2025-12-31T14:30", "十二月三十一日十四点三十分"),
    ],
)
def test_when(when: str, said: str) -> None:
    assert "".join(mailbox.about(left(when), NOW)) == said + "来电号码幺三八零零幺三八零零零"


@pytest.mark.parametrize("caller", [None, "", "+"])
def test_who_withholds_its_number(caller: str | None) -> None:
    assert "".join(mailbox.about(left("2026-03-02T08:00", caller), NOW)) == "今天八点对方没有显示号码。"


def test_a_number_from_abroad_is_read_by_its_digits() -> None:
    assert "".join(mailbox.about(left("2026-03-02T08:00", "+4930"), NOW)).endswith("来电号码四九三零")


def test_whatever_is_told_was_prepared() -> None:
    prepared = set(mailbox.pieces())
    for count in range(102):
        assert prepared.issuperset(mailbox.news(count))
    for day in range(365):
        minutes = f"{day % 24:02}:{day % 60:02}"
        voicemail = left(f"2026-{day % 12 + 1:02}-{day % 28 + 1:02}T{minutes}", "0123456789")
        assert prepared.issuperset(mailbox.about(voicemail, NOW))
