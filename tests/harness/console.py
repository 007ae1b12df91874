"""The console's people as tests need them, and visits to it as a browser or a program would make them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

import aiohttp
from argon2 import PasswordHasher
from redis.asyncio import Redis

from services.domain.people import Person
from services.domain.rights import Role
from services.store import people

PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""Quick to verify; how strong it is is not what these tests are about."""
_VISITS = count(1)
ACCOUNT, FOREIGN = "demo", "other"

PEOPLE: Mapping[str, Person] = {
    person.login: person
    for person in (
        Person(login="root", name="平台管理员", role=Role.PLATFORM_ADMIN, language="en"),
        Person(login="watcher", name="平台审计", role=Role.AUDITOR, language="en"),
        *(
            Person(login=f"{login}@{account}", name=name, role=role, account=account, agent=agent, language="en")
            for account, agents in ((ACCOUNT, ("1001", "1901")), (FOREIGN, ("2001", "2002")))
            for login, name, role, agent in (
                ("boss", "王老板", Role.COMPANY_ADMIN, None),
                ("super", "李班长", Role.SUPERVISOR, agents[1]),
                ("agent", "张坐席", Role.AGENT, agents[0]),
                ("audit", "赵审计", Role.AUDITOR, None),
            )
        ),
    )
}


async def add_people(redis: Redis) -> None:
    for person in PEOPLE.values():
        await people.add(redis, person, HASH)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_page(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")


class Visit:
    """One browser's session, or, with ``token``, a program."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        # Each from an address of its own: attempts to log in are counted by it.
        headers = {"X-Forwarded-For": f"2001:db8::{next(_VISITS):x}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address that is a number
        self.session = aiohttp.ClientSession(url, cookie_jar=jar, headers=headers)
        self.csrf = ""

    async def log_in(self, login: str, password: str = PASSWORD) -> Answer:
        answer = await self.form("/login", {"login": login, "password": password})
        if answer.status == 303:
            page = await self.get("/me")
            found = re.search(r'name="csrf" value="([^"]+)"', page.text)
            assert found, f"{page.status} {page.text[:500]}"
            self.csrf = found[1]
        return answer

    async def get(self, path: str, *, follow: bool = False, **more: Any) -> Answer:
        return await self.ask("GET", path, allow_redirects=follow, **more)

    async def form(self, path: str, fields: Any, **more: Any) -> Answer:
        data = {**fields, "csrf": self.csrf} if isinstance(fields, dict) else fields
        return await self.ask("POST", path, data=data, allow_redirects=False, **more)

    async def api(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        more = {"json": body} if body is not None else {}
        return await self.ask(method, path, headers={"X-CSRF-Token": self.csrf, **headers}, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        async with self.session.request(method, path, timeout=aiohttp.ClientTimeout(30), **more) as response:
            endless = response.content_type == "text/event-stream"
            body = await (response.content.readany() if endless else response.read())
            return Answer(response.status, body.decode(errors="replace"), dict(response.headers), body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()


@asynccontextmanager
async def visiting(url: str, login: str | None = None) -> AsyncIterator[Visit]:
    async with Visit(url) as visit:
        if login is not None:
            assert (await visit.log_in(login)).status == 303
        yield visit
