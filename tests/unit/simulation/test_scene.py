import pytest

from services.simulation.scene import Agent, agents_of, checked_keys


def test_agents_by_what_they_do() -> None:
    assert agents_of("li, wang=busy zhao=ready:8:30 chen=ready:2") == {
        "li": Agent(),
        "wang": Agent(does="busy"),
        "zhao": Agent(answers_after=8, talks=30),
        "chen": Agent(answers_after=2),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("li=lazy", "'li=lazy': 'lazy' is none of ready, ignores, busy, talking, paused, away"),
        ("li=ready:soon", "'li=ready:soon': expected seconds, like li=ready:5:60"),
        ("li=ready:1:2:3", "expected seconds"),
        ("li=ready:99999", "expected seconds"),
        ("li=ready:-1", "expected seconds"),
    ],
)
def test_what_no_agent_does(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        agents_of(text)


def test_keys_may_be_spaced() -> None:
    assert checked_keys("1 ,2 34#") == "1,234#"


def test_what_is_no_key() -> None:
    with pytest.raises(ValueError, match="'1a': 'a' is no key; expected 0-9"):
        checked_keys("1a")
