"""Leaving for good: by the person themself, or by the host application for one of its people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from collab.domain.bands import User
from collab.http.openapi import SIGNED_IN, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol.base import OldId
from collab.services.leaving import Leaving


def leaving_router(caller: Caller, leaving: Leaving) -> APIRouter:
    """What a user asks for themself."""
    router = APIRouter(prefix="/api", tags=["people"], route_class=AnsweringRoute)
    Me = Annotated[User, Depends(caller)]

    @router.delete("/me", **documented(None, *SIGNED_IN, "forbidden", "invalid", "conflict", status=204))
    async def forget_me(
        user: Me, name: Annotated[str, Query(description="One's own name, as in `GET /api/me`.")]
    ) -> None:
        """Forgets the user, for good. What they wrote stays, as that of somebody without a name."""
        await leaving.forget_oneself(user, name)

    return router


def people_router(service: Caller, leaving: Leaving) -> APIRouter:
    """What the host application asks for its people."""
    router = APIRouter(prefix="/api/people/{user_id}", tags=["host"], route_class=AnsweringRoute)
    Host = Annotated[User, Depends(service)]

    @router.delete(
        "", **documented(None, "token_missing", "token_invalid", "not_found", "conflict", "unavailable", status=204)
    )
    async def forget(_host: Host, user_id: OldId) -> None:
        """Forgets somebody, for good. What they wrote stays, as that of somebody without a name."""
        await leaving.forget(user_id)

    return router
