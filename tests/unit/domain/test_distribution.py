from hypothesis import given
from hypothesis import strategies as st

from services.domain.distribution import rounds

MEMBERS = st.lists(st.integers(), unique=True, max_size=50)


@given(MEMBERS)
def test_sequence_asks_everybody_once_in_order(members: list[int]) -> None:
    assert rounds("sequence", members) == [(member,) for member in members]


@given(MEMBERS)
def test_ringall_asks_everybody_at_once(members: list[int]) -> None:
    assert [member for together in rounds("ringall", members) for member in together] == members
    assert len(rounds("ringall", members)) == min(1, len(members))
