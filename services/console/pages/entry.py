"""Logging in and out."""

from typing import Annotated

from aiohttp import web
from aiohttp_session import get_session, new_session
from pydantic import BaseModel, Field

from services.console import access, passwords, throttle
from services.console.context import At, Page, Redirect
from services.console.problems import TooMany
from services.console.route import Routes
from services.console.texts import LANGUAGE_COOKIE
from services.domain.people import Language, Person
from services.domain.rights import Right, Role
from services.store import people
from services.store.audit import Act, kept
from services.store.due import now
from services.store.people import Known

pages = Routes()

CODE_MS = 300_000
"""Between the password and the code."""


class Next(BaseModel):
    next: Annotated[str, Field(max_length=2000)] = ""


class LogIn(BaseModel):
    login: Annotated[str, Field(max_length=64)] = ""
    password: Annotated[str, Field(max_length=200, repr=False)] = ""
    next: Annotated[str, Field(max_length=2000)] = ""


class Code(BaseModel):
    code: Annotated[str, Field(max_length=10)] = ""
    next: Annotated[str, Field(max_length=2000)] = ""


class Chosen(BaseModel):
    language: Language
    next: Annotated[str, Field(max_length=2000)] = ""


@pages.page("/", None)
async def root(at: At) -> Redirect:
    return Redirect(_home(at.who.person) if at.who and at.who.person else "/login")


@pages.page("/login", None)
async def login(query: Next) -> Page:
    return _asks_password(query.next)


@pages.form("/login", None)
async def log_in(at: At, body: LogIn) -> Page | Redirect:
    login = body.login.strip().lower()
    try:
        await throttle.check(at.request, at.settings, login)
    except TooMany as error:
        return _asks_password(body.next, login, error.detail, error.status)
    known = await people.get(at.redis, login)
    right = await passwords.matches(known, body.password)
    if known is None or not right or not known.person.active:
        return _asks_password(body.next, login, "Login or password is wrong.", 403)
    if known.totp:
        session = await new_session(at.request)
        session["pending"], session["asked"] = login, now()
        return Page("entry/code.html", next=body.next, problem=None)
    return await _let_in(at, known, body.next)


@pages.form("/login/code", None)
async def enter_code(at: At, body: Code) -> Page | Redirect:
    session = await get_session(at.request)
    login = session.get("pending", "")
    if not login or now() - session["asked"] > CODE_MS:
        return _asks_password(body.next, login, "That took too long: log in once more.", 403)
    try:
        await throttle.check(at.request, at.settings, login)
    except TooMany as error:
        return Page("entry/code.html", error.status, next=body.next, problem=error.detail)
    known = await people.get(at.redis, login)
    if known is None or not known.person.active or not await passwords.takes_code(at.redis, known, body.code.strip()):
        return Page("entry/code.html", 403, next=body.next, problem="The code is wrong or was used already.")
    return await _let_in(at, known, body.next)


async def _let_in(at: At, known: Known, to: str) -> Redirect:
    login = known.person.login
    async with kept(at.redis, Act(known.person.account or "", login, "console_log_in", login)):
        await access.begin(at.request, known)
    await throttle.forget(at.request, at.settings, login)
    return Redirect(_ours(to) or _home(known.person))


def _asks_password(to: str, login: str = "", problem: str | None = None, status: int = 200) -> Page:
    return Page("entry/login.html", status, next=to, login=login, problem=problem)


@pages.form("/logout", Right.OWN)
async def log_out(at: At) -> Redirect:
    await access.end(at.request)
    return Redirect("/login")


@pages.form("/language", None)
async def choose_language(at: At, body: Chosen) -> web.Response:
    """For this browser; a person's own wish goes before it."""
    del at
    response = web.Response(status=303, headers={"Location": _ours(body.next) or "/"})
    response.set_cookie(LANGUAGE_COOKIE, body.language, max_age=365 * 24 * 3600, httponly=True, samesite="Lax")
    return response


def _ours(path: str) -> str | None:
    """None: it would lead to another site."""
    right = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if right and "\\" not in path else None


def _home(person: Person) -> str:
    if person.account is None:
        return "/accounts"
    return f"/accounts/{person.account}/{'desk' if person.role is Role.AGENT else 'live'}"
