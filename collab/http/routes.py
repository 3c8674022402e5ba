"""What all routes share: the caller, and errors in the one shape that clients know."""

import re
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeAlias

import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from collab.domain.bands import User
from collab.domain.errors import HTTP_STATUS, CollabError, Invalid, Problem, Unavailable
from collab.services.membership import MembershipService
from collab.services.ports import Tokens

log = structlog.get_logger(__name__)

Caller: TypeAlias = Callable[..., Awaitable[User]]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_BEARER = HTTPBearer(auto_error=False, description="A JWT with `sub` and `exp`.")


def caller(tokens: Tokens, membership: MembershipService) -> Caller:
    """The dependency that gives a route its user, known to the database from then on."""

    async def current_user(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> User:
        identity = await tokens.verify(credentials.credentials if credentials else None)
        await membership.welcome(identity.user)
        return identity.user

    return current_user


class AnsweringRoute(APIRoute):
    """A route that answers errors as `{error: {code, message, details?}}`; the host's own routes keep their ways."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            request_id = _request_id(request)
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                response = await answer_or_error(request)
            response.headers["X-Request-ID"] = request_id
            return response

        async def answer_or_error(request: Request) -> Response:
            try:
                return await handle(request)
            except CollabError as error:
                return failed(error)
            except RequestValidationError as error:
                return failed(Invalid([_problem(found) for found in error.errors()]))
            except Exception:
                # The edge of the REST interface: a fault of ours is logged here and answered like any other.
                log.exception("a request could not be answered", path=request.scope.get("path"))
                return failed(Unavailable("the server could not do this; try again"))

        return answer


def _request_id(request: Request) -> str:
    """The id that the logs know a request by: the proxy's, where it gave one that is fit to be logged."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def failed(error: CollabError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if HTTP_STATUS[error.code] == 401 else None
    return JSONResponse({"error": error.to_json()}, HTTP_STATUS[error.code], headers)


def _problem(found: Any) -> Problem:
    where, *steps = found["loc"]
    path = ".".join(map(str, steps)) or str(where)
    return Problem(path, f"{found['msg'][:1].lower()}{found['msg'][1:]}")
