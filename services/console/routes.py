"""The routes of all areas: whatever the modules of ``api`` and ``pages`` declare."""

import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module

from services.console import api, openapi, pages
from services.console.route import Route, Routes


def _declared() -> Iterator[Route]:
    for package in (api, pages):
        for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
            for value in vars(import_module(f"{package.__name__}.{module}")).values():
                if isinstance(value, Routes):
                    yield from value.found


_OWN = tuple(_declared())
ROUTES: Sequence[Route] = (*_OWN, *openapi.routes(_OWN).found)
