import pytest
from phonenumbers.geodata import GEOCODE_DATA

from services.domain.divisions import CITIES, divided
from services.domain.region import Numbering, Party, Region, _region, party, region_named, region_of, type_of


@pytest.mark.parametrize(
    ("number", "e164", "expected"),
    [
        (None, None, "withheld"),
        ("anonymous", None, "unknown"),
        ("13800138000", "+8613800138000", "mobile"),
        ("17012345678", "+8617012345678", "mobile"),
        ("075512345678", "+8675512345678", "fixed"),
        ("4001234567", "+864001234567", "fixed"),
        ("01012345678", "+861012345678", "fixed"),
        ("0085298765432", "+85298765432", "international"),
        ("+14155552671", "+14155552671", "international"),
    ],
)
def test_type_of_a_number(number: str | None, e164: str | None, expected: str) -> None:
    assert type_of(number, e164) == expected


@pytest.mark.parametrize(
    ("e164", "expected"),
    [
        ("+8613800138000", "北京"),
        ("+8675512345678", "广东深圳"),
        ("+862112345678", "上海"),
        ("+862988888888", "陕西咸阳、西安"),  # one area code
        ("+864331234567", "吉林延边"),
        ("+868711234567", "云南昆明"),
        ("+864711234567", "内蒙古呼和浩特"),
        ("+8619912345678", None),
        ("+864001234567", None),
    ],
)
def test_place_of_a_number(e164: str, expected: str | None) -> None:
    found = region_of(e164)
    assert (None if found is None else str(found)) == expected


def test_every_place_of_the_numbering_plan_is_known_here() -> None:
    """But for counties and towns, whose area code is their city's."""
    for prefix, names in GEOCODE_DATA.items():
        if prefix.startswith("86") and names.get("zh", "中国") != "中国":
            found = _region(names["zh"])
            assert found is not None, names
            assert found.cities, names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("广东", ("广东", None)),
        ("广东深圳", ("广东", "深圳")),
        ("北京", ("北京", "北京")),
        ("吉林吉林", ("吉林", "吉林")),
    ],
)
def test_regions_are_written_as_province_and_city(text: str, expected: tuple[str, str | None]) -> None:
    assert divided(text) == expected
    assert str(region_named(text)) == text


@pytest.mark.parametrize(
    ("text", "why"), [("深圳", "begins with no province"), ("广东深川", "'深川' is no city of 广东")]
)
def test_a_region_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        divided(text)


def test_the_longest_own_prefix_counts_and_changes_only_what_it_says() -> None:
    own = Numbering.model_validate(
        {"kind": "numbering", "id": "own"}
        | {"prefixes": {"+86755": {"type": "mobile"}, "+867551": {"region": "广东广州"}, "955": {"type": "fixed"}}}
    )
    assert party("x", "+8675522345678", own, places=True) == Party("mobile", region_named("广东深圳"))
    assert party("x", "+8675512345678", own, places=True) == Party("fixed", region_named("广东广州"))
    assert party("95588", None, own, places=True) == Party("fixed", None)
    assert party("10086", None, own, places=True) == Party("unknown", None)
    assert party("x", "+8675522345678", own, places=False) == Party("mobile", None)


def test_provinces_are_all_there() -> None:
    assert len(CITIES) == 31
    assert Region("北京", frozenset({"北京"})) == region_named("北京")
