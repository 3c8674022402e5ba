"""Whether the node is alive, and whether it can serve."""

from fastapi import APIRouter

from collab.http.openapi import documented
from collab.http.routes import AnsweringRoute
from collab.protocol import rest_answers
from collab.protocol.events import Json
from collab.services.health import Health


def health_router(health: Health) -> APIRouter:
    router = APIRouter(tags=["health"], route_class=AnsweringRoute)

    @router.get("/healthz", **documented(rest_answers.Health))
    async def healthz() -> Json:
        """The process works; 503 where only a restart would mend it."""
        health.require_alive()
        return {"status": "ok"}

    @router.get("/readyz", **documented(rest_answers.Readiness, "unavailable"))
    async def readyz() -> Json:
        """The node can serve: its database answers, with a schema that fits. 503 where not, and while it shuts down.

        `degraded` where something is amiss that it can do without for a while.
        """
        report = await health.require_ready()
        return {"status": "degraded" if report.is_degraded else "ok", "checks": report.checks}

    return router
