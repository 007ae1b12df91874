"""Who did what to whom."""

from services.console import words
from services.console.api import audit as api
from services.console.api.audit import AuditQuery
from services.console.context import At, Page
from services.console.route import Routes
from services.domain.rights import Right

pages = Routes()


@pages.page("/audit", Right.SEE_AUDIT)
@pages.page("/accounts/{account}/audit", Right.SEE_AUDIT)
async def list_acts(at: At, query: AuditQuery) -> Page:
    found = await api.list_acts(at, query)
    older = at.request.rel_url.update_query(before=found.next) if found.next else None
    return Page("audit/audit.html", found=found, query=query, older=older, actions=words.ACTIONS)
