"""`/metrics`, for a Prometheus that knows the token."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from collab.domain.errors import TokenInvalid, TokenMissing
from collab.http.routes import AnsweringRoute

_BEARER = HTTPBearer(auto_error=False, description="The token of COLLAB_METRICS_TOKEN.", scheme_name="Metrics")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_router(exposition: Callable[[], Awaitable[bytes]], token: str) -> APIRouter:
    """`exposition` gives the metrics in Prometheus' text format."""
    router = APIRouter(tags=["health"], route_class=AnsweringRoute)

    @router.get("/metrics", response_class=Response)
    async def metrics(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Response:
        """What this node does, in numbers: for Prometheus, in its text format."""
        if shown is None:
            raise TokenMissing("expected the token of COLLAB_METRICS_TOKEN as a bearer token")
        if not secrets.compare_digest(shown.credentials.encode(), token.encode()):
            raise TokenInvalid("expected the token of COLLAB_METRICS_TOKEN, got another one")
        return Response(await exposition(), media_type=CONTENT_TYPE)

    return router
