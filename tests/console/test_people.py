"""People and tokens: who may let whom in, and how far."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from services.console.api.people import PersonBody
from services.domain.people import Person, Token
from services.domain.rights import RIGHTS, Right, Role
from services.store import audit, people
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.console import ACCOUNT, PASSWORD, Answer, Visit
from tests.unit.services.test_cli import hotline as run_hotline

OWN = "/api/v1/accounts/demo/people"
SCRIPT = "<script>alert(1)</script>"


async def added(visit: Visit, login: str, role: str = "supervisor", at: str = OWN, **more: Any) -> Answer:
    return await visit.api("POST", at, {"login": login, "name": login, "role": role, **more})


def fields(role: str = "supervisor", **more: Any) -> Mapping[str, Any]:
    return {"name": "x", "role": role, **more}


async def test_who_was_let_in_gets_in_and_out_again(console: Console) -> None:
    async with console.visiting("boss@demo") as boss, console.visiting() as new:
        answer = await added(boss, "new.one", name=SCRIPT)
        password = re.search('"password":"([^"]+)"', answer.text)
        assert answer.status == 200
        assert password
        assert (await new.log_in("new.one", password[1])).status == 303
        listed = await boss.get("/accounts/demo/people")
        assert SCRIPT not in listed.text
        assert "&lt;script&gt;" in listed.text
        assert (await added(boss, "new.one")).status == 409
        changed = await boss.api("PUT", f"{OWN}/new.one", fields("auditor", active=False))
        assert PersonBody.model_validate_json(changed.text).role is Role.AUDITOR
        assert (await new.get("/me")).status == 303
        assert (await new.log_in("new.one", password[1])).status == 403
        assert (await boss.api("DELETE", f"{OWN}/new.one")).status == 204
        assert (await boss.api("GET", f"{OWN}/new.one")).status == 404
    acts = [one.act.action for one in await audit.newest(console.redis, 20) if one.act.target == "new.one"]
    assert acts == ["remove_person", "change_person", "add_person", "console_log_in", "add_person"]


async def test_who_comes_back_under_an_old_login_is_not_in_by_an_old_session(console: Console) -> None:
    person = Person(login="phoenix", name="x", role=Role.SUPERVISOR, account=ACCOUNT)
    known = await people.get(console.redis, "boss@demo")
    assert known
    await people.add(console.redis, person, known.password)
    async with console.visiting("phoenix") as old:
        assert (await old.get("/me")).status == 200
        await people.change(console.redis, person, lambda *_: None)
        await people.add(console.redis, person, known.password)
        assert (await old.get("/me")).status == 303


@pytest.mark.parametrize(("role", "status"), [("platform_admin", 422), ("company_admin", 200), ("agent", 422)])
async def test_an_administrator_gives_roles_of_its_own_account(console: Console, role: str, status: int) -> None:
    async with console.visiting("boss@other") as boss:
        answer = await added(boss, f"of.other.{role}".replace("_", "-"), role, "/api/v1/accounts/other/people")
        assert answer.status == status, answer.text
        raised = await boss.api("PUT", "/api/v1/accounts/other/people/boss@other", fields("platform_admin"))
        assert raised.status == 422
        for login in ("root", "boss@demo"):
            assert (
                await boss.api("PUT", f"/api/v1/accounts/other/people/{login}", fields("company_admin"))
            ).status == 404
            assert (await boss.api("POST", f"/api/v1/accounts/other/people/{login}/password")).status == 404


async def test_an_agent_is_one_of_the_account(console: Console) -> None:
    async with console.visiting("boss@demo") as boss:
        assert (await added(boss, "wrong", "agent", agent="2001")).status == 409
        assert (await added(boss, "right", "agent", agent="1001")).status == 200


async def test_the_last_who_lets_people_in_stays(console: Console) -> None:
    """Until somebody who stands above lets them go."""
    own = "/api/v1/accounts/other/people"
    async with console.visiting("boss@other") as boss, console.visiting("root") as root:
        known = [one for one in await people.of(console.redis, "other") if one.person.role is Role.COMPANY_ADMIN]
        for one in known:
            if one.person.login != "boss@other":
                await people.change(console.redis, one.person, lambda *_: None)
        for answer in (
            await boss.api("PUT", f"{own}/boss@other", fields("supervisor")),
            await boss.api("PUT", f"{own}/boss@other", fields("company_admin", active=False)),
            await boss.api("DELETE", f"{own}/boss@other"),
        ):
            assert (answer.status, "Nobody would be left" in answer.text) == (409, True)
        assert (await added(boss, "second", "company_admin", own)).status == 200
        both = [boss.api("DELETE", f"{own}/{login}") for login in ("second", "boss@other")]
        assert sorted(answer.status for answer in await asyncio.gather(*both)) in ([204, 409], [204, 401])
        rest = [one.person for one in await people.of(console.redis, "other") if one.person.role is Role.COMPANY_ADMIN]
        assert len(rest) == 1
        assert (await root.api("DELETE", f"{own}/{rest[0].login}")).status == 204
    boss_again = Person(login="boss@other", name="王老板", role=Role.COMPANY_ADMIN, account="other", language="en")
    demo = await people.get(console.redis, "boss@demo")
    assert demo
    await people.add(console.redis, boss_again, demo.password)


async def test_a_token_gives_and_takes_over_no_more_than_its_scopes(console: Console) -> None:
    scopes = frozenset({Right.CHANGE_PEOPLE, Right.SEE_PEOPLE, *RIGHTS[Role.AGENT]} - {Right.OWN})
    token = Token(id="hr", name="hr", account=ACCOUNT, scopes=scopes, by="boss@demo", created=now())
    shown = await people.add_token(console.redis, token)
    async with Visit(console.url, shown) as program:
        assert (await added(program, "by.program", "agent", agent="1001")).status == 200
        assert (await added(program, "too.high")).status == 403
        assert (await program.api("POST", f"{OWN}/super@demo/password")).status == 403
        assert (await program.api("DELETE", f"{OWN}/boss@demo")).status == 403
        assert (await program.api("PUT", f"{OWN}/super@demo", fields("agent", agent="1001"))).status == 403
        body = {"id": "deeper", "name": "x", "scopes": ["see_money"]}
        assert (await program.api("POST", "/api/v1/accounts/demo/tokens", body)).status == 403
        assert (await program.api("POST", "/api/v1/tokens", body)).status == 403
    await people.take_back(console.redis, ACCOUNT, "hr")


async def test_a_token_is_shown_once_and_holds_until_taken_back(console: Console) -> None:
    at = "/api/v1/accounts/demo/tokens"
    body = {"id": "crm", "name": SCRIPT, "scopes": ["see_people"], "days": 30}
    async with console.visiting("boss@demo") as boss:
        shown = (await boss.api("POST", at, body)).text.split('"token":"')[1].split('"')[0]
        assert (await boss.api("POST", at, body)).status == 409
        page = await boss.get("/accounts/demo/people")
        assert shown not in page.text
        assert SCRIPT not in page.text
        async with Visit(console.url, shown) as program:
            assert (await program.api("GET", OWN)).status == 200
            assert (await program.api("GET", "/api/v1/me")).text.startswith('{"login":"token:crm"')
            assert (await boss.api("DELETE", f"{at}/crm")).status == 204
            assert (await program.api("GET", OWN)).status == 401
        assert (await boss.api("DELETE", f"{at}/crm")).status == 404
        assert (await boss.api("POST", at, {**body, "scopes": ["change_money"]})).status == 403


async def test_people_of_the_platform_are_of_the_platform(console: Console) -> None:
    async with console.visiting("root") as root, console.visiting("boss@demo") as boss:
        listed = TypeAdapter(list[PersonBody]).validate_json((await root.api("GET", "/api/v1/people")).text)
        assert {one.login for one in listed} == {"root", "watcher"}
        assert (await boss.api("GET", "/api/v1/people")).status == 403
        assert (await boss.get("/people")).status == 403
        assert (await root.api("PUT", "/api/v1/people/root", fields("auditor"))).status == 409
        assert (await root.api("DELETE", "/api/v1/people/root")).status == 409


async def test_a_new_password_asks_for_the_old_one_and_ends_other_sessions(console: Console) -> None:
    person = Person(login="changer", name="x", role=Role.SUPERVISOR, account=ACCOUNT, language="en")
    demo = await people.get(console.redis, "boss@demo")
    assert demo
    await people.add(console.redis, person, demo.password)
    async with console.visiting("changer") as one, console.visiting("changer") as other:
        sent = {"old": PASSWORD, "new": "a much better one", "again": "a much better one"}
        assert (await one.form("/me/password", {**sent, "old": "wrong"})).status == 403
        assert (await one.form("/me/password", {**sent, "again": "another one at all"})).status == 422
        assert (await one.form("/me/password", {**sent, "new": "short", "again": "short"})).status == 422
        assert (await one.form("/me/password", sent)).headers["Location"] == "/me?done=password"
        assert "The password is changed" in (await one.get("/me?done=password")).text
        assert (await other.get("/me")).status == 303
        guesses = [(await one.form("/me/password", {**sent, "csrf": ""})).status for _ in range(2)]
        assert guesses == [403, 403]
    async with console.visiting() as again:
        assert (await again.log_in("changer", "a much better one")).status == 303
        assert (await again.form("/me", {"name": "新名字", "language": "zh-CN"})).status == 303
        assert "新名字" in (await again.get("/me")).text


async def test_the_command_line_does_the_same(console: Console) -> None:
    env = {"HOTLINE_REDIS_URL": console.settings.redis_url}

    async def hotline(*arguments: str) -> tuple[int, str]:
        done = await asyncio.to_thread(run_hotline, *arguments, **env)
        return done.returncode, done.stdout + done.stderr

    code, said = await hotline("person", "add", "by.shell", "supervisor", "--account", ACCOUNT)
    assert (code, said.startswith("by.shell: ")) == (0, True)
    async with console.visiting() as visit:
        assert (await visit.log_in("by.shell", said.split()[1])).status == 303
    assert await hotline("person", "add", "by.shell", "supervisor", "--account", ACCOUNT) == (
        1,
        "The login by.shell is taken.\n",
    )
    assert await hotline("token", "take-back", "shell", "--account", ACCOUNT) == (1, "There is no token shell.\n")
