"""From what a handler gives, or raises, to a response."""

from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web

from services.console.context import At, Page, Redirect
from services.console.problems import NotLoggedIn, Problem
from services.console.rendering import render
from services.console.route import Route

PROBLEM_MEDIA = "application/problem+json"


def answer(route: Route, at: At, given: Any) -> web.StreamResponse:
    match given:
        case web.StreamResponse():
            return given
        case Redirect(to=to):
            return redirect(at.request, to)
        case Page(template=template, values=values, status=status):
            return web.Response(text=render(at, template, values), content_type="text/html", status=status)
        case None:
            return web.Response(status=204)
    if route.answer is None:
        raise TypeError(f"{route.name} gives {type(given)}, and does not say so")
    body = route.answer.dump_json(given, by_alias=True)
    return web.Response(body=body, content_type=route.media, status=route.status)


def redirect(request: web.Request, to: str) -> web.Response:
    """A whole new page, also for htmx, which would put it into a part of the present one."""
    if "HX-Request" in request.headers:
        return web.Response(status=200, headers={"HX-Redirect": to})
    return web.Response(status=303, headers={hdrs.LOCATION: to})


def problem(at: At, found: Problem, *, for_program: bool) -> web.Response:
    if for_program:
        body = found.body().model_dump_json().encode()
        return web.Response(body=body, status=found.status, content_type=PROBLEM_MEDIA)
    if isinstance(found, NotLoggedIn) and at.request.method == hdrs.METH_GET:
        return redirect(at.request, f"/login?next={quote(at.request.path_qs)}")
    if "HX-Request" in at.request.headers:
        text = render(at, "problem_part.html", {"problem": found})
        headers = {"HX-Retarget": "#problem", "HX-Reswap": "innerHTML"}
        return web.Response(text=text, status=found.status, content_type="text/html", headers=headers)
    text = render(at, "problem.html", {"problem": found})
    return web.Response(text=text, status=found.status, content_type="text/html")
