"""What each id of a problem means: where ``type`` of a problem of the API leads."""

from services.console.context import Page
from services.console.problems import EXPLAINED, KINDS
from services.console.route import Routes

pages = Routes()


@pages.page(EXPLAINED, None)
async def explain() -> Page:
    return Page("problems.html", kinds=KINDS)
