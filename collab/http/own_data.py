"""What is somebody's own, as a file: for the person themself, or for the host application for one of its people."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.types import Receive, Scope, Send

from collab.domain.bands import User
from collab.domain.errors import RateLimited
from collab.http.openapi import SIGNED_IN, documented
from collab.http.routes import AnsweringRoute, Caller
from collab.protocol.base import OldId
from collab.services.own_data import OwnData

_JSON = ("application/json",)
_RETRY_AFTER_S = 5.0


class _Streamed(Response):
    """A document of any length, in pieces as they are read. Whoever takes too long over a piece is cut off; of a caller
    one is on its way at a time."""

    def __init__(self, pieces: AsyncIterator[bytes], caller: Caller, user: User, under_way: set[str]) -> None:
        super().__init__(media_type="application/json")
        self.headers["Content-Disposition"] = "attachment; filename*=UTF-8''mine.json"
        del self.headers["Content-Length"]
        self._pieces = pieces
        self._caller = caller
        self._user = user
        self._under_way = under_way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._under_way.add(self._user.id)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._pieces:
                self._caller.rates.charge_call(self._user.id, len(piece))
                async with asyncio.timeout(self._caller.traffic.limits.timeout_s):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._under_way.discard(self._user.id)


def own_data_router(caller: Caller, own_data: OwnData) -> APIRouter:
    """What a user asks for themself."""
    router = APIRouter(prefix="/api", tags=["people"], route_class=AnsweringRoute)
    Me = Annotated[User, Depends(caller)]
    under_way: set[str] = set()

    @router.get("/me/data", response_class=Response, **documented(None, *SIGNED_IN, media_types=_JSON))
    async def mine(user: Me) -> Response:
        """All that is the user's own."""
        if user.id in under_way:
            raise RateLimited("expected one file at a time: yours is on its way", _RETRY_AFTER_S)
        return _Streamed(await own_data.of(user.id), caller, user, under_way)

    return router


def data_of_people_router(service: Caller, own_data: OwnData) -> APIRouter:
    """What the host application asks for its people."""
    router = APIRouter(prefix="/api/people/{user_id}", tags=["host"], route_class=AnsweringRoute)
    Host = Annotated[User, Depends(service)]

    @router.get(
        "/data",
        response_class=Response,
        **documented(None, "token_missing", "token_invalid", "not_found", "unavailable", media_types=_JSON),
    )
    async def theirs(host: Host, user_id: OldId) -> Response:
        """All that is somebody's own."""
        return _Streamed(await own_data.of(user_id), service, host, set())

    return router
