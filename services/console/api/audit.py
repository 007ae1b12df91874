"""Who did what to whom: of an account, or of all (docs/audit.md)."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.console.context import At
from services.console.route import Routes
from services.domain.model import Model
from services.domain.rights import Right
from services.store import audit
from services.store.audit import Wanted

routes = Routes()

Sought = Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)]


class AuditQuery(Model):
    actor: Sought | None = None
    action: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")] | None = None
    target: Sought | None = None
    before: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ActBody(BaseModel):
    at: Annotated[int, Field(description="Milliseconds since 1970.")]
    account: Annotated[str, Field(description="Empty: of the platform.")]
    actor: str
    action: str
    target: str
    call: str
    supervisor: str
    outcome: Annotated[str, Field(description="`done`; `refused: ` and why; `interrupted`: not known.")]


class AuditPage(BaseModel):
    acts: list[ActBody]
    next: Annotated[
        str | None,
        Field(description="What `before` is to go on; null: there are no more. A page may be short of acts."),
    ]


@routes.get("/api/v1/audit", Right.SEE_AUDIT)
@routes.get("/api/v1/accounts/{account}/audit", Right.SEE_AUDIT)
async def list_acts(at: At, query: AuditQuery) -> AuditPage:
    """What people and programs did by hand, the newest first."""
    account = at.request.match_info.get("account")
    wanted = Wanted(account, query.actor, query.action, query.target)
    found = await audit.search(at.redis, wanted, query.before, query.limit)
    acts = [ActBody(at=one.at, outcome=one.outcome, **asdict(one.act)) for one in found.entries]
    return AuditPage(acts=acts, next=found.next)
