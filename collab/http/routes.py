"""What all routes share: the caller, and errors in the one shape that clients know."""

import math
import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, ClassVar, TypeAlias

import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from collab.domain.bands import User
from collab.domain.errors import HTTP_STATUS, CollabError, Invalid, Problem, RateLimited, TooLarge, Unavailable
from collab.domain.json_text import parse_json
from collab.protocol.base import refuse_long_list
from collab.services.membership import MembershipService
from collab.services.ports import Tokens
from collab.services.rates import Rates

log = structlog.get_logger(__name__)

Caller: TypeAlias = Callable[..., Awaitable[User]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_BEARER = HTTPBearer(auto_error=False, description="A JWT with `sub` and `exp`.")


def caller(tokens: Tokens, membership: MembershipService, rates: Rates) -> Caller:
    """The dependency that gives a route its user, known to the database from then on."""

    async def current_user(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> User:
        identity = await tokens.verify(credentials.credentials if credentials else None)
        rates.take_call(identity.user.id)
        await membership.welcome(identity.user)
        return identity.user

    return current_user


class AnsweringRoute(APIRoute):
    """A route that answers errors as `{error: {code, message, details?}}`; the host's own routes keep their ways.

    A body is read only where its length is known and at most `max_body_bytes`; None leaves that to the route.
    """

    max_body_bytes: ClassVar[int | None] = 10_000_000

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            request_id = _request_id(request)
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                response = await answer_or_error(request)
            response.headers["X-Request-ID"] = request_id
            # A band's own: on a shared device it stays in no browser's cache.
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        async def answer_or_error(request: Request) -> Response:
            try:
                self._check_length(request)
                return await handle(_Asked(request.scope, request.receive))
            except CollabError as error:
                return failed(error)
            except RequestValidationError as error:
                return failed(_unfit(error))
            except HTTPException as error:
                # FastAPI's own, over a body that broke off or is no text.
                return failed(Invalid.at("body", f"expected JSON in UTF-8: {error.detail}"))
            except Exception:
                # The edge of the REST interface: a fault of ours is logged here and answered like any other.
                log.exception("a request could not be answered", path=request.scope.get("path"))
                return failed(Unavailable("the server could not do this; try again"))

        return answer

    def _check_length(self, request: Request) -> None:
        if self.max_body_bytes is None:
            return
        if "transfer-encoding" in request.headers:
            raise Invalid.at("Content-Length", "expected the length of the body: send it as a whole, not in chunks")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.max_body_bytes:
            raise TooLarge(f"expected a body of at most {self.max_body_bytes} bytes, got {length}")


class _Asked(Request):
    """Its JSON is read as that of an event is: none is too deep for what follows."""

    async def json(self) -> Any:
        return parse_json(await self.body())


def _request_id(request: Request) -> str:
    """The id that the logs know a request by: the proxy's, where it gave one that is fit to be logged."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def failed(error: CollabError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if HTTP_STATUS[error.code] == 401 else {}
    if isinstance(error, RateLimited):
        # Whole seconds (RFC 9110, 10.2.3), never too few.
        headers["Retry-After"] = str(math.ceil(error.details["retry_after"]))
    return JSONResponse({"error": error.to_json()}, HTTP_STATUS[error.code], headers)


def _unfit(error: RequestValidationError) -> CollabError:
    try:
        refuse_long_list(error.errors())
    except TooLarge as too_large:
        return too_large
    return Invalid([_problem(found) for found in error.errors()])


def _problem(found: Any) -> Problem:
    where, *steps = found["loc"]
    path = ".".join(map(str, steps)) or str(where)
    return Problem(path, f"{found['msg'][:1].lower()}{found['msg'][1:]}")
