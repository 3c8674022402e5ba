"""What a part of the host application says that is no node: a worker, a cron job, a route in another language."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from collab.domain.bands import User
from collab.domain.errors import TokenInvalid, TokenMissing
from collab.http.openapi import documented
from collab.http.routes import AnsweringRoute, Caller
from collab.http.traffic import Traffic
from collab.protocol.host import Tell
from collab.services.ports import UNMETERED, Meter
from collab.services.rates import Rates

_BEARER = HTTPBearer(auto_error=False, description="The token of COLLAB_SERVICE_TOKEN.", scheme_name="Service")

_ERRORS = ("token_missing", "token_invalid", "invalid", "too_large", "unavailable")

_HOST = User("the host", "the host")
"""Who makes these calls: nobody's id has a space in it."""


class ServiceCaller(Caller):
    """The host itself, by the one token that it has. It is asked for no rate: what it says, it says to its own."""

    def __init__(
        self,
        token: str,
        rates: Rates,
        traffic: Traffic,
        ready: Callable[[], Awaitable[None]],
        meter: Meter = UNMETERED,
    ) -> None:
        super().__init__(rates, traffic, ready, meter)
        self._token = token

    async def __call__(
        self, request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> User:
        return await self.identify(request)

    async def identify(self, request: Request) -> User:
        shown = await _BEARER(request)
        if shown is None:
            raise TokenMissing("expected the token of COLLAB_SERVICE_TOKEN as a bearer token")
        if not secrets.compare_digest(shown.credentials.encode(), self._token.encode()):
            raise TokenInvalid("expected the token of COLLAB_SERVICE_TOKEN, got another one")
        await self._ready()
        return _HOST

    async def admit(self, user: User, path: Mapping[str, str]) -> None:
        """It may."""


def tell_router(caller: ServiceCaller, tell: Callable[[str, str, Any], None]) -> APIRouter:
    """`tell` takes whom, the event and the payload."""
    router = APIRouter(prefix="/api", tags=["host"], route_class=AnsweringRoute)
    Host = Annotated[User, Depends(caller)]

    @router.post("/tell", **documented(None, *_ERRORS, status=204, body=Tell))
    async def told(_host: Host, body: Tell) -> None:
        """Tells a user, a band, a content's room or a session something, on every node."""
        tell(body.to, body.event, body.payload)

    return router
