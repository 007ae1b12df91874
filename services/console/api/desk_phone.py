"""What the softphone at the desk logs in to Asterisk with."""

import hashlib

from pydantic import BaseModel

from services.console.context import At
from services.console.problems import Refused
from services.console.route import Routes
from services.console.seat import seat
from services.domain.extensions import numbers_of
from services.domain.pbx import REALM
from services.domain.rights import Right
from services.store import documents

routes = Routes("desk")
PATH = "/api/v1/accounts/{account}/desk"


class Phone(BaseModel):
    user: str
    realm: str
    ha1: str
    """RFC 2617. Of use through this console only: docs/desk.md."""


class Colleague(BaseModel):
    number: str
    name: str


@routes.get(f"{PATH}/phone", Right.DESK)
async def phone(at: At) -> Phone:
    """What the browser registers with as the agent's phone."""
    own = await seat(at)
    if own.agent.sip is None or not own.agent.sip.browser:
        raise Refused("The phone of agent %(agent)s is no browser: its document does not say so.", agent=own.agent.id)
    secret = f"{own.agent.id}:{REALM}:{own.agent.sip.password}"
    digest = hashlib.md5(secret.encode(), usedforsecurity=False)  # what SIP asks for
    return Phone(user=own.agent.id, realm=REALM, ha1=digest.hexdigest())


@routes.get(f"{PATH}/colleagues", Right.DESK)
async def colleagues(at: At) -> list[Colleague]:
    """Whom the phone reaches by a short number, to call or to transfer to."""
    own = await seat(at)
    found = []
    for number in sorted(await documents.extensions(at.redis, at.account)):
        reached = await documents.reached_by(at.redis, at.account, number)
        if reached is not None and number not in numbers_of(own.agent):
            found.append(Colleague(number=number, name=reached.name))
    return found
