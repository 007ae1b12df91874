"""The routes of all areas, in one list."""

from collections.abc import Sequence

from services.console import openapi
from services.console.pages import entry
from services.console.route import Route, Routes

AREAS: Sequence[Routes] = (entry.pages,)

_OWN = [route for area in AREAS for route in area.found]
ROUTES: Sequence[Route] = (*_OWN, *openapi.routes(_OWN).found)
