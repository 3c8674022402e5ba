"""What all routes share: the caller, and errors in the one shape that clients know."""

import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import nullcontext
from time import perf_counter
from typing import Annotated, Any, ClassVar

import structlog
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from collab.domain.access import Right
from collab.domain.bands import User
from collab.domain.errors import CollabError, Invalid, Problem, TokenMissing, TooLarge, Unavailable
from collab.domain.strings import require_id
from collab.http.exchange import PIECE_BYTES, Asked, Paced, failed
from collab.http.segments import restored, with_slashes_kept
from collab.http.traffic import Traffic
from collab.protocol.base import refuse_long_list
from collab.services.bands.directory import Directory
from collab.services.bands.membership import MembershipService
from collab.services.ports import UNMETERED, Meter, Tokens
from collab.services.rates import Rates

log = structlog.get_logger(__name__)

_USER = "collab.user"
"""Where a request's scope has who makes it, once that is known."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_BEARER = HTTPBearer(auto_error=False, description="A JWT with `sub` and `exp`.")


class Caller(ABC):
    """Finds who makes a call: a dependency of the routes, which each asks before it reads anything but headers."""

    def __init__(
        self, rates: Rates, traffic: Traffic, ready: Callable[[], Awaitable[None]], meter: Meter = UNMETERED
    ) -> None:
        self._ready = ready
        self.meter = meter
        self.rates = rates
        self.traffic = traffic

    @abstractmethod
    async def __call__(self, request: Request, _shown: HTTPAuthorizationCredentials | None) -> User:
        """As `identify`, with what the OpenAPI document is to say of the header."""

    @abstractmethod
    async def identify(self, request: Request) -> User:
        """Who it is, by headers alone."""

    @abstractmethod
    async def admit(self, user: User, path: Mapping[str, str]) -> None:
        """`Forbidden` where the user may not so much as see what a path names, `RateLimited` where they send too much.
        What else the call needs is its service's to say: this is for what they want to send."""


class UserCaller(Caller):
    """A user, by a token or a cookie; known to the database from then on."""

    def __init__(
        self,
        tokens: Tokens,
        membership: MembershipService,
        directory: Directory,
        rates: Rates,
        traffic: Traffic,
        ready: Callable[[], Awaitable[None]],
        meter: Meter = UNMETERED,
    ) -> None:
        super().__init__(rates, traffic, ready, meter)
        self._tokens = tokens
        self._membership = membership
        self._directory = directory

    async def __call__(
        self, request: Request, _shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> User:
        return await self.identify(request)

    async def identify(self, request: Request) -> User:
        """However often it is asked, a call is counted once."""
        user: User | None = request.scope.get(_USER)
        if user is None:
            await self._ready()
            credentials = await _BEARER(request)
            token = credentials.credentials if credentials else None
            if token is None and request.headers.get("Sec-Fetch-Site") == "cross-site":
                # A cookie alone says who it is, and not that they want this.
                raise TokenMissing("expected a token in the header Authorization from a page of another site")
            identity = await self._tokens.verify(token, request.headers)
            self.rates.take_call(identity.user.id)
            user = request.scope[_USER] = await self._membership.welcome(identity.user)
        return user

    async def admit(self, user: User, path: Mapping[str, str]) -> None:
        if (band_id := path.get("band_id")) is not None:
            await self._directory.learn_band(user, require_id("band_id", band_id))
            self._directory.require_band(user, band_id, Right.VIEW, as_operator=True)
        if (content_id := path.get("content_id")) is not None:
            await self._directory.learn_content(user, require_id("content_id", content_id))
            self._directory.require_content(user, content_id, Right.VIEW, as_operator=True)
        # Whatever has a body makes something.
        self.rates.take_creation(user.id)


class AnsweringRoute(APIRoute):
    """A route that answers errors as `{error: {code, message, details?}}`; the host's own routes keep their ways.

    First it asks who calls and whether they may, by headers alone. Then a body is read, where its length is known and
    at most `max_body_bytes`, within its time and the user's share of the traffic; `reads_itself` leaves the reading to
    the route. Where an answer `is_large`, not many are made at once.
    """

    max_body_bytes: ClassVar[int] = 10_000_000
    reads_itself: ClassVar[bool] = False
    is_large: ClassVar[bool] = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As in Starlette, but for ids that hold a slash."""
        kept = with_slashes_kept(scope)
        if kept is None:
            return super().matches(scope)
        match, found = super().matches(kept)
        if match != Match.NONE:
            found["path_params"] = restored(found["path_params"], scope.get("path_params", {}))
        return match, found

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        # FastAPI asks its dependencies after it has read the body.
        caller = next((need.call for need in self.dependant.dependencies if isinstance(need.call, Caller)), None)

        call = f"{min(self.methods or {'GET'})} {self.path_format}"

        async def answer(request: Request) -> Response:
            began_s = perf_counter()
            request_id = _request_id(request)
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                response = await answer_or_error(request)
            if caller is not None:
                caller.meter.called(call, response.status_code, perf_counter() - began_s)
            response.headers["X-Request-ID"] = request_id
            # A band's own: on a shared device it stays in no browser's cache.
            response.headers.setdefault("Cache-Control", "no-store")
            user: User | None = request.scope.get(_USER)
            if caller is None or user is None or len(response.body) <= PIECE_BYTES:
                return response
            caller.rates.charge_call(user.id, len(response.body))
            return Paced(response, caller.traffic, user.id)

        async def answer_or_error(request: Request) -> Response:
            asked = Asked(request.scope, request.receive)
            try:
                return await handle(asked) if caller is None else await answered(asked, caller)
            except CollabError as error:
                return failed(error, is_unread=asked.is_unread)
            except RequestValidationError as error:
                return failed(_unfit(error), is_unread=asked.is_unread)
            except HTTPException as error:
                if not _is_about_body(error):
                    # A host's own dependency of these routes has its own way to refuse.
                    raise
                problem = Invalid.at("body", f"expected JSON in UTF-8: {error.detail}")
                return failed(problem, is_unread=asked.is_unread)
            except Exception:
                # The edge of the REST interface: a fault of ours is logged here and answered like any other.
                log.exception("a request could not be answered", path=request.scope.get("path"))
                fault = Unavailable("the server could not do this; try again")
                return failed(fault, is_unread=asked.is_unread)

        async def answered(asked: Asked, caller: Caller) -> Response:
            user = await caller.identify(asked)
            if not asked.is_unread:
                async with caller.traffic.turn(user.id) if self.is_large else nullcontext():
                    return await handle(asked)
            await caller.admit(user, asked.path_params)
            length = self._length(asked)
            # A small one waits for nobody's large ones: rates bound those, and a few users can hold the whole budget.
            with caller.traffic.held(user.id, length) if length > PIECE_BYTES else nullcontext():
                asked.expect_within(caller.traffic.limits.timeout_s)
                if not self.reads_itself:
                    await asked.read()
                return await handle(asked)

        return answer

    def _length(self, request: Request) -> int:
        if "transfer-encoding" in request.headers:
            raise Invalid.at("Content-Length", "expected the length of the body: send it as a whole, not in chunks")
        length = request.headers["content-length"]
        if not length.isdecimal() or int(length) > self.max_body_bytes:
            raise TooLarge(f"expected a body of at most {self.max_body_bytes} bytes, got {length}: send it in parts")
        return int(length)


class LargeAnswerRoute(AnsweringRoute):
    """For calls that answer with a document or a history."""

    is_large = True


def _request_id(request: Request) -> str:
    """The id that the logs know a request by: the proxy's, where it gave one that is fit to be logged."""
    given = request.headers.get("X-Request-ID", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _is_about_body(error: HTTPException) -> bool:
    """Whether it is FastAPI's own, over a body that broke off or is no text: of what went wrong when it was read."""
    return error.status_code == 400 and error.__context__ is not None


def _unfit(error: RequestValidationError) -> CollabError:
    try:
        refuse_long_list(error.errors())
    except TooLarge as too_large:
        return too_large
    return Invalid([_problem(found) for found in error.errors()])


def _problem(found: Any) -> Problem:
    where, *steps = found["loc"]
    path = ".".join(map(str, steps)) or str(where)
    if found["type"] == "json_invalid":
        # The path is the place in the text.
        return Problem(path, f"expected JSON: {found['ctx']['error']}")
    return Problem(path, f"{found['msg'][:1].lower()}{found['msg'][1:]}")
