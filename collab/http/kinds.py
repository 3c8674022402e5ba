"""The kinds of content, for pages that show and check any field."""

from typing import Annotated

from fastapi import APIRouter, Depends

from collab.domain.bands import User
from collab.domain.kinds import Kinds
from collab.http.openapi import SIGNED_IN, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol import kinds as wire
from collab.protocol.events import Json


def kinds_router(caller: Caller, kinds: Kinds) -> APIRouter:
    router = APIRouter(prefix="/api", tags=["contents"], route_class=AnsweringRoute)

    @router.get("/kinds", **documented(wire.Kinds, *SIGNED_IN))
    async def list_kinds(user: Annotated[User, Depends(caller)]) -> Json:
        """What each kind of content may hold, field by field."""
        return {"kinds": [wire.kind_json(kind) for kind in kinds]}

    return router
