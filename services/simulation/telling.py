"""What a simulated caller hears, among the rungs of the call's ladder."""

from collections.abc import Iterator, Sequence

from services.domain.ladder import ENGLISH, Rung, Speech
from services.simulation.call import Said

AT_ONCE_MS = 10


def heard(said: Sequence[Said], say: Speech = ENGLISH) -> Iterator[Rung]:
    """What is said in one go, in pieces, is one line."""
    pieces: list[Said] = []
    for one in said:
        if pieces and abs(pieces[-1].at + pieces[-1].ms - one.at) > AT_ONCE_MS:
            yield _rung(pieces, say)
            pieces = []
        pieces.append(one)
    if pieces:
        yield _rung(pieces, say)


def _rung(pieces: Sequence[Said], say: Speech) -> Rung:
    return pieces[0].at, 1, say("hears %(text)s", text=" ".join(piece.text for piece in pieces))
