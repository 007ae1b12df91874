from services.domain.retries import ATTEMPTS, FIRST_MS, LONGEST_MS, asked_ms, pause_ms

NOW = 1_772_416_800_000
"""2026-03-02T02:00:00Z."""


def pauses(draw: float) -> list[int]:
    found = [pause_ms(failed, draw) for failed in range(1, ATTEMPTS)]
    return [pause for pause in found if pause is not None]


def test_pauses_double_and_are_drawn_between_half_and_whole() -> None:
    assert pauses(1)[:4] == [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, 8 * FIRST_MS]
    assert pauses(0)[:4] == [FIRST_MS // 2, FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS]
    assert len(pauses(1)) == ATTEMPTS - 1
    assert 3600_000 < sum(pauses(1)) < 2.5 * 3600_000


def test_pauses_end() -> None:
    assert max(pauses(1)) <= LONGEST_MS
    assert pause_ms(ATTEMPTS, 0.5) is None
    assert pause_ms(ATTEMPTS, 0.5, asked_ms=1000) is None


def test_what_the_receiver_asks_for_is_the_least_but_not_for_ever() -> None:
    assert pause_ms(1, 0, asked_ms=60_000) == 60_000
    assert pause_ms(6, 1, asked_ms=1_000) == 32 * FIRST_MS
    assert pause_ms(1, 0, asked_ms=10**12) == LONGEST_MS


def test_retry_after_in_both_its_forms_and_in_none() -> None:
    assert asked_ms("120", NOW) == 120_000
    assert asked_ms("Mon, 02 Mar 2026 02:00:30 GMT", NOW) == 30_000
    assert asked_ms("Mon, 02 Mar 2026 01:00:00 GMT", NOW) == 0
    assert asked_ms("9" * 400, NOW) == LONGEST_MS
    assert [asked_ms(odd, NOW) for odd in (None, "", "soon", "-1", "٣")] == [None] * 5
