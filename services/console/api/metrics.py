"""Figures for Prometheus (docs/metrics.md)."""

from aiohttp import web

from services.console import metrics
from services.console.context import At
from services.console.metrics import METRICS
from services.console.route import Routes
from services.console.streams import STREAMS
from services.domain.rights import Right

routes = Routes()


@routes.get("/metrics", Right.SEE_METRICS, media="application/openmetrics-text")
async def show(at: At) -> web.Response:
    """Figures of the platform, in OpenMetrics text."""
    app = at.request.app
    names = await app[METRICS].accounts(at.redis)
    found = await metrics.find(at.redis, at.archive, names, at.settings.metrics_accounts, app[STREAMS].count)
    return web.Response(body=app[METRICS].text(found), headers={"Content-Type": metrics.MEDIA})
