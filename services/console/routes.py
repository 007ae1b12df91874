"""The routes of all areas, in one list."""

from collections.abc import Sequence

from services.console import openapi
from services.console.api import analysis as analysis_api
from services.console.api import calls as calls_api
from services.console.api import desk as desk_api
from services.console.api import desk_phone, desk_todo, exports, notes, recordings, what_if
from services.console.api import live as live_api
from services.console.api import me as me_api
from services.console.api import missed as missed_api
from services.console.api import people as people_api
from services.console.pages import analysis, calls, desk, entry, live, me, missed, people
from services.console.route import Route, Routes

AREAS: Sequence[Routes] = (
    entry.pages,
    analysis_api.routes,
    analysis.pages,
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
    what_if.routes,
)

_OWN = [route for area in AREAS for route in area.found]
ROUTES: Sequence[Route] = (*_OWN, *openapi.routes(_OWN).found)
