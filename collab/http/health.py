"""Whether the node is alive, and whether it can serve."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter

from collab.http.openapi import documented
from collab.http.routes import AnsweringRoute
from collab.protocol import rest_answers
from collab.protocol.events import Json


def health_router(check: Callable[[], Awaitable[None]]) -> APIRouter:
    """`check` raises `Unavailable` where something that the node needs does not answer."""
    router = APIRouter(tags=["health"], route_class=AnsweringRoute)

    @router.get("/healthz", **documented(rest_answers.Health))
    async def healthz() -> Json:
        """The process runs and answers."""
        return {"status": "ok"}

    @router.get("/readyz", **documented(rest_answers.Health, "unavailable"))
    async def readyz() -> Json:
        """What the node needs answers too; 503 where it does not."""
        await check()
        return {"status": "ok"}

    return router
