"""Addresses of a list with some of its filters changed."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from multidict import MultiMapping

Filter = str | Sequence[str] | None
"""None: is not asked for."""
Filters = Mapping[str, Filter]
PLACE = {"after", "limit"}
"""Where in the list one is, which goes when a filter changes."""


class Links:
    def __init__(self, path: str, asked: MultiMapping[str]) -> None:
        self._path = path
        self.given = [(name, value) for name, value in asked.items() if value and name not in PLACE]

    def __call__(self, ending: str = "", changed: Filters | None = None, **more: Filter) -> str:
        changes = {**(changed or {}), **more}
        kept = [(name, value) for name, value in self.given if name not in changes]
        asked = urlencode([*kept, *((name, one) for name, value in changes.items() for one in _values(value))])
        return f"{self._path}{ending}?{asked}" if asked else f"{self._path}{ending}"

    def has(self, wanted: Filters) -> bool:
        """Whether the filters that ``wanted`` names are so."""
        return all(
            [one for given, one in self.given if given == name] == [one for one in _values(value) if one]
            for name, value in wanted.items()
        )


def _values(value: Filter) -> Iterator[str]:
    yield from () if value is None else [value] if isinstance(value, str) else value
