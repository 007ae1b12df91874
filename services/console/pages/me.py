"""What people do to themselves: name, language, password, second factor."""

import asyncio
from typing import Annotated, Literal

import pyotp
import segno
from aiohttp_session import get_session
from pydantic import Field

from services.console import access, passwords, throttle
from services.console.api import me as api
from services.console.api.me import MeFields
from services.console.context import At, Page, Redirect
from services.console.problems import Refused
from services.console.route import Routes
from services.domain.model import Model
from services.domain.people import NewPassword
from services.domain.rights import Right
from services.store import people
from services.store.people import Known

pages = Routes("people")


def _(text: str) -> str:
    """Translated where it is shown."""
    return text


_SECRET = "new_totp"  # noqa: S105 - where the session has it until a code has confirmed it


_DONE = {
    "password": _("The password is changed; all other sessions have ended."),
    "on": _("The second factor is on; all other sessions have ended."),
    "off": _("The second factor is off; all other sessions have ended."),
}


class Shown(Model):
    done: Literal["password", "on", "off"] | None = None


class Passwords(Model):
    login: str = ""
    """Of no use here: password managers look for it."""
    old: Annotated[str, Field(max_length=200, repr=False)]
    new: NewPassword
    again: Annotated[str, Field(max_length=200, repr=False)]


class Password(Model):
    password: Annotated[str, Field(max_length=200, repr=False)]


class Code(Model):
    code: Annotated[str, Field(max_length=10)]


@pages.page("/me", Right.OWN)
async def show(at: At, query: Shown) -> Page:
    return await _me(at, done=_DONE[query.done] if query.done else None)


@pages.form("/me", Right.OWN)
async def change(at: At, body: MeFields) -> Redirect:
    await api.change_me(at, body)
    return Redirect("/me")


@pages.form("/me/password", Right.OWN)
async def change_password(at: At, body: Passwords) -> Page | Redirect:
    known = await api.myself(at)
    if body.new != body.again:
        return await _me(at, problem=_("The new password was not typed twice alike."), status=422)
    if not await _is_right(at, known, body.old):
        return await _me(at, problem=_("The present password is wrong."), status=403)
    async with api.act(at, known, "change_password"):
        await people.set_password(at.redis, known.person.login, await passwords.hashed(body.new))
    return await _again(at, "password")


@pages.form("/me/second-factor/new", Right.OWN)
async def begin_second_factor(at: At) -> Page:
    _check_none(await api.myself(at))
    session = await get_session(at.request)
    session[_SECRET] = passwords.new_secret()
    return await _asks_code(at, session[_SECRET])


@pages.form("/me/second-factor", Right.OWN)
async def switch_on_second_factor(at: At, body: Code) -> Page | Redirect:
    known, session = await api.myself(at), await get_session(at.request)
    _check_none(known)
    secret = session.get(_SECRET)
    if not secret:
        raise Refused("That took too long: begin to set the second factor up once more.")
    step = passwords.step_of(secret, body.code.strip())
    if step is None:
        return await _asks_code(at, secret, _("The code is wrong: is the clock of your phone right?"))
    async with api.act(at, known, "set_totp"):
        await people.set_totp(at.redis, known.person.login, secret, used=step)
    return await _again(at, "on")


@pages.form("/me/second-factor/remove", Right.OWN)
async def remove_second_factor(at: At, body: Password) -> Page | Redirect:
    known = await api.myself(at)
    if not await _is_right(at, known, body.password):
        return await _me(at, problem=_("The present password is wrong."), status=403)
    async with api.act(at, known, "remove_totp"):
        await people.set_totp(at.redis, known.person.login, "")
    return await _again(at, "off")


def _check_none(known: Known) -> None:
    if known.totp:
        raise Refused("There is a second factor already: remove it first.")


async def _is_right(at: At, known: Known, password: str) -> bool:
    """Counted with the attempts to log in: whoever finds a browser left open is not to guess."""
    await throttle.check(at.request, at.settings, known.person.login)
    right = await passwords.matches(known, password)
    if right:
        await throttle.forget(at.request, at.settings, known.person.login)
    return right


async def _again(at: At, done: str) -> Redirect:
    """The browser in use goes on, with a session anew."""
    await access.begin(at.request, await api.myself(at))
    return Redirect(f"/me?done={done}")


async def _me(at: At, status: int = 200, done: str | None = None, problem: str | None = None) -> Page:
    known = await api.myself(at)
    shown = {"person": known.person, "second_factor": bool(known.totp)}
    return Page("people/me.html", status, done=done, problem=problem, **shown)


async def _asks_code(at: At, secret: str, problem: str | None = None) -> Page:
    login = at.identity.login
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="hotline400")
    picture = await asyncio.to_thread(lambda: segno.make(address).svg_data_uri(scale=4, light="#fff"))
    return Page("people/factor.html", 403 if problem else 200, picture=picture, secret=secret, problem=problem)
