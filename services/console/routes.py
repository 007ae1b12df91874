"""The routes of all areas, in one list."""

from collections.abc import Sequence

from services.console import openapi
from services.console.api import desk as desk_api
from services.console.api import desk_phone, desk_todo
from services.console.api import live as live_api
from services.console.api import me as me_api
from services.console.api import people as people_api
from services.console.pages import desk, entry, live, me, people
from services.console.route import Route, Routes

AREAS: Sequence[Routes] = (
    entry.pages,
    me_api.routes,
    me.pages,
    people_api.routes,
    people.pages,
    desk_api.routes,
    desk_todo.routes,
    desk_phone.routes,
    desk.pages,
    live_api.routes,
    live.pages,
)

_OWN = [route for area in AREAS for route in area.found]
ROUTES: Sequence[Route] = (*_OWN, *openapi.routes(_OWN).found)
