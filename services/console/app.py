"""The console's application: the routes of all areas, and what every request comes by."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp_session import session_middleware
from aiohttp_session.redis_storage import RedisStorage
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from services.console import access, asked, comparing, once, sip_relay, streams
from services.console.access import Identity
from services.console.answers import answer, problem
from services.console.api import exports
from services.console.context import PARTS, At, Parts
from services.console.jobs import JOBS, Jobs
from services.console.metrics import METRICS, Metrics, timed
from services.console.news import NEWS, News, pushing, reading
from services.console.problems import Away, Failed, Malformed, Problem, TooLarge, Unknown, WrongMethod
from services.console.push import Push
from services.console.rendering import ASSETS
from services.console.route import Kind, Route
from services.console.routes import ROUTES
from services.console.texts import language_of, texts
from services.console.throttle import LIMITER, limiter
from services.settings import SettingsError

SESSION_SECONDS = 12 * 3600
API = "/api/"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


def create_app(parts: Parts, routes: Sequence[Route] = ROUTES) -> web.Application:
    """Raises SettingsError."""
    storage = RedisStorage(
        parts.redis,
        cookie_name=access.COOKIE,
        max_age=SESSION_SECONDS,
        secure=parts.settings.console_url.startswith("https:"),
        samesite="Lax",
    )
    most = max(route.most for route in routes)
    app = web.Application(client_max_size=most + 1, middlewares=[timed, session_middleware(storage), _problems])
    app[PARTS] = parts
    app[JOBS] = Jobs()
    app.on_cleanup.append(app[JOBS].end)
    app[METRICS] = Metrics()
    app[LIMITER] = limiter(parts.redis)
    app[ASSETS] = _assets(parts.settings.assets_dir)
    app[exports.RUNNING] = asyncio.Semaphore(exports.AT_ONCE)
    app[NEWS] = News(reading(parts.settings.redis_url))
    app.cleanup_ctx.append(pushing)
    app.cleanup_ctx.append(comparing.workers)
    sip_relay.add(app)
    streams.add(app, Push(parts.redis, app[NEWS]))
    app.on_response_prepare.append(_add_headers)
    for route in sorted(routes, key=_generality):
        app.router.add_route(route.method, route.path, _endpoint(route))
    app.router.add_static("/assets/", parts.settings.assets_dir)
    return app


def _generality(route: Route) -> list[bool]:
    """What is named before what is any: ``calls/missed`` is no call."""
    return [part.startswith("{") for part in route.path.split("/")]


def _endpoint(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        _check_size(request, route)
        redis = request.app[PARTS].redis
        who = await access.identity(request, redis)
        at = _at(request, who, route.area)
        await access.check(request, route, who, redis)
        await access.check_origin(request, route, who)

        async def work() -> web.StreamResponse:
            return answer(route, at, await route.handler(**await asked.arguments(request, route, at)))

        if route.kind is Kind.API and route.method == hdrs.METH_POST and who is not None:
            return await once.once(request, who, redis, work, told_once=route.told_once)
        return await work()

    return handle


def _check_size(request: web.Request, route: Route) -> None:
    if not request.body_exists:
        return
    if request.content_length is None:
        raise Malformed("Expected a Content-Length.")
    if request.content_length > route.most:
        raise TooLarge(
            "%(sent)d bytes were sent: expected at most %(most)d.", sent=request.content_length, most=route.most
        )


def _at(request: web.Request, who: Identity | None, area: str = "") -> At:
    wanted = who.person.language if who and who.person else None
    return At(request, who, texts(language_of(request, wanted), area))


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Everything that went wrong becomes a sentence, and nothing of ours gets out with it."""
    try:
        return await handler(request)
    except Problem as error:
        found = error
    except web.HTTPNotFound:
        found = Unknown("There is nothing at %(path)s.", path=request.path)
    except web.HTTPMethodNotAllowed as error:
        found = WrongMethod("Expected %(methods)s.", methods=", ".join(sorted(error.allowed_methods)))
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - a redirect of a handler's own
            raise
        found = Malformed("The request cannot be read: %(reason)s.", reason=error.reason)
    except RedisError:
        log.warning("Redis does not answer", exc_info=True)
        found = Away("Redis does not answer, so this cannot be shown or done now. Calls go on meanwhile.")
    except (SQLAlchemyError, TimeoutError):
        log.warning("the archive does not answer", exc_info=True)
        found = Away("The archive of calls does not answer, so this cannot be shown now. Calls go on meanwhile.")
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        found = Failed("Something went wrong here; the console's log has more about it.")
    return await _told(request, found)


async def _told(request: web.Request, found: Problem) -> web.Response:
    for_program = request.path.startswith(API) or request.path == "/metrics"
    who = None
    if not for_program and not isinstance(found, Away | Failed):
        try:
            who = await access.identity(request, request.app[PARTS].redis)
        except (Problem, RedisError):
            who = None
    told = problem(_at(request, who), found, for_program=for_program)
    if isinstance(found, WrongMethod):
        told.headers[hdrs.ALLOW] = str(found.values["methods"])
    return told


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.extend({name: value for name, value in HEADERS.items() if name not in response.headers})
    if not request.path.startswith("/assets/"):
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def _assets(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if not found:
        raise SettingsError(f"HOTLINE_ASSETS_DIR: {str(folder)!r} is empty: make setup builds what browsers load")
    return {
        str(
            path.relative_to(folder)
        ): f"/assets/{path.relative_to(folder)}?{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
        for path in found
    }
