"""Who asks, and the one place that says whether they may."""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web
from aiohttp_session import STORAGE_KEY, Session, get_session, new_session
from multidict import MultiMapping
from redis.asyncio import Redis

from services.console.problems import Forbidden, Forged, Malformed, NotLoggedIn, Unknown
from services.console.route import Kind, Route
from services.domain.documents import Account
from services.domain.people import Person
from services.domain.rights import Right
from services.store import documents, people
from services.store.due import now

LONGEST_MS = 24 * 3600_000
"""That a session lasts, however busy."""
COOKIE = "hotline"
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character, or a byte that is none, as Python reads it."""
SEEN_MS = 10 * 60_000
"""How exactly is known when somebody was there last: as often a session is written anew, and begins to age anew."""
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
_SAFE = {hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS}


@dataclass(frozen=True, slots=True)
class Identity:
    """``account`` None: of all accounts."""

    login: str
    """Of a token ``token:`` and its id: as the audit names it."""
    name: str
    account: str | None
    rights: frozenset[Right]
    person: Person | None
    """None: a program."""
    csrf: str = ""

    def may(self, right: Right, account: str | None = None) -> bool:
        """``account`` None: above the accounts, or whatever concerns themselves only."""
        own = right is Right.OWN or self.account is None or self.account == account
        return right in self.rights and own


def is_text(value: str) -> bool:
    """Whether it is such that Redis, files and databases take it: no NUL, no bytes that are no UTF-8."""
    return "\0" not in value and not _HALF.search(value)


async def identity(request: web.Request, redis: Redis) -> Identity | None:
    """None: nobody that is known. Raises NotLoggedIn for a token that does not hold."""
    scheme, _, shown = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme:
        return await _program(redis, shown.strip() if scheme.lower() == "bearer" else "")
    if not is_text(request.cookies.get(COOKIE, "")):
        raise Malformed("The cookie cannot be read.")
    return await _person(redis, await get_session(request))


async def again(request: web.Request, redis: Redis) -> Identity | None:
    """The same, by what is known now: for an answer that goes on and on."""
    if hdrs.AUTHORIZATION in request.headers:
        return await identity(request, redis)
    return await _person(redis, await request[STORAGE_KEY].load_session(request))


async def _program(redis: Redis, shown: str) -> Identity:
    token = await people.token(redis, shown) if shown and is_text(shown) else None
    if token is None:
        raise NotLoggedIn("Authorization: expected Bearer and a token that holds.")
    return Identity(f"token:{token.id}", token.name, token.account, token.scopes, None)


async def _person(redis: Redis, session: Session) -> Identity | None:
    login = session.get("login")
    known = await people.get(redis, login) if login else None
    if known is None or not known.person.active:
        return None
    if session.get("epoch") != known.epoch or now() - session.get("began", 0) > LONGEST_MS:
        return None
    if now() - session.get("seen", 0) > SEEN_MS:
        session["seen"] = now()
    person = known.person
    return Identity(person.login, person.name, person.account, person.rights, person, session["csrf"])


async def begin(request: web.Request, known: people.Known) -> None:
    """A session of its own, whatever the browser had before."""
    session = await new_session(request)
    session["login"], session["epoch"], session["began"] = known.person.login, known.epoch, now()
    session["csrf"] = secrets.token_urlsafe(24)


async def end(request: web.Request) -> None:
    (await get_session(request)).invalidate()


async def check(request: web.Request, route: Route, who: Identity | None, redis: Redis) -> None:
    """Every route comes by here. Raises NotLoggedIn, Forbidden and Unknown, which tells nothing of what others have."""
    if route.right is None:
        return
    if who is None:
        raise NotLoggedIn("Log in first.")
    account = request.match_info.get("account")
    if account is not None and who.account not in {None, account}:
        raise Unknown("There is no account %(account)s.", account=account)
    if not who.may(route.right, account):
        raise Forbidden("%(login)s may not do that: it takes the right %(right)s.", login=who.login, right=route.right)
    if account is not None and who.account is None and await documents.get(redis, Account, account) is None:
        raise Unknown("There is no account %(account)s.", account=account)


async def form(request: web.Request) -> MultiMapping[Any]:
    """Its fields. Raises Malformed."""
    try:
        return await request.post()
    except (ValueError, LookupError, RuntimeError) as error:  # of aiohttp, by what was sent
        raise Malformed("The form cannot be read.") from error


async def check_origin(request: web.Request, route: Route, who: Identity | None) -> None:
    """A change that a browser sends with its session comes from a page of ours. Raises Forged.

    Programs with tokens are not concerned: no browser sends theirs by itself.
    """
    if request.method in _SAFE or (who is not None and who.person is None):
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in {"same-origin", "none"}:
        raise Forged("The form was sent by another site.")
    if who is None:
        return  # there is no session that another site could use
    sent = request.headers.get(CSRF_HEADER)
    if sent is None and route.kind is Kind.PAGE:
        sent = str((await form(request)).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((sent or "").encode(), who.csrf.encode()):
        raise Forged("The page is of another session: load it again, and send it once more.")
