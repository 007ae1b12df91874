"""The routes of all areas, in one list."""

from collections.abc import Sequence

from services.console import openapi
from services.console.api import calls as calls_api
from services.console.api import desk as desk_api
from services.console.api import desk_phone, desk_todo, exports, notes, recordings
from services.console.api import live as live_api
from services.console.api import me as me_api
from services.console.api import missed as missed_api
from services.console.api import people as people_api
from services.console.pages import calls, desk, entry, live, me, missed, people
from services.console.route import Route, Routes

AREAS: Sequence[Routes] = (
    entry.pages,
    calls_api.routes,
    calls.pages,
    desk_api.routes,
    desk_phone.routes,
    desk_todo.routes,
    desk.pages,
    exports.routes,
    live_api.routes,
    live.pages,
    me_api.routes,
    me.pages,
    missed_api.routes,
    missed.pages,
    notes.routes,
    people_api.routes,
    people.pages,
    recordings.routes,
)

_OWN = [route for area in AREAS for route in area.found]
ROUTES: Sequence[Route] = (*_OWN, *openapi.routes(_OWN).found)
