"""Why a change of documents was not made."""

from collections.abc import Collection

from services.domain.check import Standing, check_change
from services.domain.documents import Ref
from services.domain.problem import Problem
from services.domain.reading import Reading


class Refused(Exception):  # noqa: N818 - whoever asked is told
    def __init__(self, *sentences: Problem | str) -> None:
        super().__init__("; ".join(map(str, sentences)))
        self.sentences = sentences


def refuse(problems: Collection[Problem]) -> None:
    if problems:
        raise Refused(*sorted(problems))


def refuse_change(reading: Reading, standing: Standing, gone: Collection[Ref] = ()) -> None:
    """Raises Refused when anything is wrong with what is to be put in the place of what stands."""
    refuse([*reading.problems, *check_change(reading, standing, gone)])
