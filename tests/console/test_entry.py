"""Logging in and out."""

import asyncio
import json
import time
from urllib.parse import urlsplit

import pyotp
import pytest

from services.console import passwords
from services.console.access import SEEN_MS
from services.console.throttle import TO_ONE_BY_ONE
from services.domain.people import Person
from services.domain.rights import Role
from services.store import audit, people
from tests.console.conftest import Console
from tests.harness.console import ACCOUNT, PASSWORD, Visit


async def newcomer(console: Console, login: str, **more: object) -> Person:
    person = Person.model_validate(
        {"login": login, "name": login, "role": Role.SUPERVISOR, "account": ACCOUNT, "language": "en", **more}
    )
    await people.add(console.redis, person, await passwords.hashed(PASSWORD))
    return person


async def is_in(visit: Visit) -> bool:
    return (await visit.get("/accounts")).headers.get("Location", "") != "/login?next=/accounts"


async def test_who_has_logged_in_stays_in_and_who_logs_out_is_out(console: Console) -> None:
    async with console.visiting() as visit:
        assert not await is_in(visit)
        answer = await visit.log_in("super@demo")
        assert urlsplit(answer.headers["Location"]).path == "/accounts/demo/live"
        assert await is_in(visit)
        assert (await visit.form("/logout", {})).status == 303
        assert not await is_in(visit)
    newest = await audit.newest(console.redis, 1)
    assert (newest[0].act.action, newest[0].act.actor) == ("console_log_in", "super@demo")


@pytest.mark.parametrize("login", ["super@demo", "nobody"])
async def test_a_wrong_password_is_told_as_an_unknown_login_is(console: Console, login: str) -> None:
    async with console.visiting() as visit:
        answer = await visit.log_in(login, "wrong password")
        assert answer.status == 403
        assert "登录名或密码错误。" in answer.text
        assert not await is_in(visit)


async def test_too_many_attempts_are_refused_also_with_the_right_password(console: Console) -> None:
    await newcomer(console, "guessed")
    async with console.visiting() as visit:
        at_once = [visit.log_in("guessed", f"wrong {number}") for number in range(TO_ONE_BY_ONE.amount)]
        assert {answer.status for answer in await asyncio.gather(*at_once)} == {403}
        assert (await visit.log_in("guessed")).status == 429
        assert (await visit.log_in("super@demo")).status == 303


async def test_a_second_factor_is_asked_for_and_each_code_is_taken_once(console: Console) -> None:
    await newcomer(console, "careful")
    secret = passwords.new_secret()
    await people.set_totp(console.redis, "careful", secret)
    code = pyotp.TOTP(secret).at(time.time())
    async with console.visiting() as visit, console.visiting() as thief:
        for one in (visit, thief):
            answer = await one.log_in("careful")
            assert answer.status == 200
            assert not await is_in(one)
        assert (await visit.form("/login/code", {"code": "000000"})).status == 403
        assert (await visit.form("/login/code", {"code": code})).status == 303
        assert await is_in(visit)
        assert (await thief.form("/login/code", {"code": code})).status == 403
        assert not await is_in(thief)


async def test_a_new_password_or_leaving_ends_all_sessions(console: Console) -> None:
    person = await newcomer(console, "moved")
    async with console.visiting("moved") as one, console.visiting("moved") as other:
        await people.set_password(console.redis, "moved", await passwords.hashed("another password"))
        assert not await is_in(one)
        assert not await is_in(other)
        assert (await one.log_in("moved", "another password")).status == 303
        await people.change(console.redis, person, lambda now, _: now.model_copy(update={"active": False}))
        assert not await is_in(one)
        assert (await one.log_in("moved", "another password")).status == 403


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: a=b"])
async def test_nobody_is_led_to_another_site(console: Console, to: str) -> None:
    async with console.visiting() as visit:
        answer = await visit.form("/login", {"login": "super@demo", "password": PASSWORD, "next": to})
        assert answer.headers["Location"] == "/accounts/demo/live"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(console: Console) -> None:
    async with console.visiting() as visit:
        cookie = (await visit.log_in("super@demo")).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_a_session_ages_from_the_last_visit(console: Console) -> None:
    async with console.visiting("super@demo") as visit:
        assert "Set-Cookie" not in (await visit.get("/accounts")).headers
        [cookie] = [cookie for cookie in visit.session.cookie_jar if cookie.key == "hotline"]
        key = f"hotline_{cookie.value}"
        kept = json.loads(await console.redis.get(key) or "")
        kept["session"]["seen"] -= SEEN_MS + 1
        await console.redis.set(key, json.dumps(kept), ex=60)
        assert "Set-Cookie" in (await visit.get("/accounts")).headers
        assert await console.redis.ttl(key) > 60


async def test_the_language_is_the_browsers_until_one_is_chosen(console: Console) -> None:
    async with console.visiting() as visit:
        assert "登录名" in (await visit.get("/login")).text
        assert "Password" in (await visit.get("/login", headers={"Accept-Language": "en-GB,en;q=0.9"})).text
        await visit.form("/language", {"language": "en", "next": "/login"})
        assert "Password" in (await visit.get("/login")).text
