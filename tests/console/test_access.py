"""Every route, by everybody, of the own account and of another."""

import re
from collections.abc import Iterable

import pytest

from services.console.context import At
from services.console.problems import ProblemBody
from services.console.route import Kind, Route
from services.console.routes import ROUTES
from services.domain.people import Token
from services.domain.rights import RIGHTS, Right
from services.store import people
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.console import ACCOUNT, FOREIGN, PEOPLE, Answer, Visit

GUARDED = [route for route in ROUTES if route.right is not None and "/logout" not in route.path]


def path_of(route: Route, account: str) -> str:
    """Of things that are nowhere: what is asked is who gets as far as being told so."""
    return re.sub(r"\{\w+(:[^}]+)?\}", "nowhere", route.path.replace("{account}", account))


async def ask(visit: Visit, route: Route, account: str) -> Answer:
    path = path_of(route, account)
    if route.kind is Kind.API:
        return await visit.api(route.method, path, {} if route.body else None)
    return await visit.get(path) if route.method == "GET" else await visit.form(path, {})


def turned_away(answer: Answer, account: str) -> bool:
    if answer.status == 403:
        return True
    return answer.status == 404 and "There is no account" in answer.text and account in answer.text


@pytest.mark.parametrize("login", PEOPLE)
async def test_each_comes_as_far_as_the_role_and_the_account_allow(console: Console, login: str) -> None:
    person = PEOPLE[login]
    wrong = []
    async with console.visiting(login) as visit:
        for route in GUARDED:
            for account in (ACCOUNT, FOREIGN) if "{account}" in route.path else ("",):
                of_own = person.account in {None, account} or route.right is Right.OWN
                expected = route.right in RIGHTS[person.role] and of_own
                answer = await ask(visit, route, account)
                if answer.status >= 500 or turned_away(answer, account) == expected:
                    wrong.append((route.method, route.path, account, answer.status, answer.text[:100]))
    assert not wrong


async def test_nobody_gets_anywhere_without_logging_in(console: Console) -> None:
    async with console.visiting() as visit:
        for route in GUARDED:
            answer = await ask(visit, route, ACCOUNT)
            assert answer.status == 401 or answer.headers.get("Location", "").startswith("/login"), route


@pytest.mark.parametrize("scope", Right)
async def test_a_token_comes_as_far_as_its_scope(console: Console, scope: Right) -> None:
    token = Token(id="program", name="program", account=ACCOUNT, scopes=frozenset({scope}), by="boss", created=now())
    shown = await people.add_token(console.redis, token)
    wrong = []
    async with Visit(console.url, shown) as visit:
        for route in (route for route in GUARDED if route.kind is Kind.API):
            for account in (ACCOUNT, FOREIGN) if "{account}" in route.path else ("",):
                expected = route.right is scope and (account == ACCOUNT or scope is Right.OWN)
                answer = await ask(visit, route, account)
                if answer.status >= 500 or turned_away(answer, account) == expected:
                    wrong.append((route.method, route.path, account, answer.status, answer.text[:100]))
        await people.take_back(console.redis, ACCOUNT, "program")
        assert (await visit.api("GET", "/api/v1/accounts/demo/x")).status == 404
    assert not wrong


async def test_a_token_that_expired_or_never_was_is_refused(console: Console) -> None:
    expired = Token(id="old", name="old", scopes=frozenset(Right), by="root", created=0, expires=now() - 1)
    for shown in (await people.add_token(console.redis, expired), "hl_nothing", "", "a\tb"):
        async with Visit(console.url, shown or " ") as visit:
            for route in (route for route in GUARDED if route.kind is Kind.API):
                answer = await ask(visit, route, ACCOUNT)
                assert (answer.status, ProblemBody.model_validate_json(answer.text).id) == (401, "not_logged_in")


def forms() -> Iterable[Route]:
    return (route for route in GUARDED if route.method != "GET")


async def test_a_change_without_the_pages_word_is_refused(console: Console) -> None:
    async with console.visiting("root") as visit:
        visit.csrf = "guessed"
        for route in forms():
            assert (await ask(visit, route, ACCOUNT)).status == 403, route


async def test_a_form_of_another_site_is_refused(console: Console) -> None:
    async with console.visiting() as visit:
        answer = await visit.form(
            "/login", {"login": "root", "password": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status == 403


async def test_what_is_nowhere_is_told_in_the_way_that_was_asked(console: Console) -> None:
    async with console.visiting() as visit:
        assert ProblemBody.model_validate_json((await visit.get("/api/v1/nothing")).text).id == "unknown"
        assert (await visit.get("/nothing")).is_page
        answer = await visit.ask("DELETE", "/login")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, POST"


async def test_every_answer_carries_what_keeps_a_browser_from_harm(console: Console) -> None:
    async with console.visiting() as visit:
        for path in ("/login", "/nothing", "/api/v1/openapi.json", "/assets/base.css"):
            policy = (await visit.get(path)).headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy


def test_every_handler_is_told_who_asks_only_by_the_one_place() -> None:
    assert all(route.hints.get("at") in {None, At} for route in ROUTES)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
