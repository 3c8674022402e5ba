"""The host's own way to know who somebody is: a function that takes what a client shows, a token or cookies."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import TypeAlias

import structlog

from collab.domain.bands import User
from collab.domain.errors import CollabError, TokenExpired, TokenInvalid, TokenMissing, Unavailable
from collab.domain.strings import cleaned_line, id_problem
from collab.services.ports import NO_HEADERS, Identity
from collab.tokens import bare

log = structlog.get_logger(__name__)

SESSION_FOR = timedelta(hours=1)
"""For how long somebody is who they are where the host does not say it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client shows: a token, or None, and the headers of its request or handshake, named in small letters."""

    token: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("cookie", "")).items()}
        except CookieError:
            return {}


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is, for the host. Without a name they keep the one that they are known by; `expires_at` is when it
    has to be asked again, after an hour where it is not said."""

    id: str
    name: str | None = None
    is_operator: bool = False
    expires_at: datetime | None = None


Identify: TypeAlias = Callable[[Shown], Awaitable[Person | None]]
"""Says who it is; None where what was shown is nobody's. It may raise an error of `collab.domain.errors`."""


class HostTokens:
    """Implements `services.ports.Tokens` by a function of the host's."""

    def __init__(self, identify: Identify, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._identify = identify
        self._now = now

    async def verify(self, token: str | None, headers: Mapping[str, str] = NO_HEADERS) -> Identity:
        person = await self._asked(Shown(bare(token) if token else None, headers))
        if person is None:
            if token:
                raise TokenInvalid("the token is not one that this application accepts: get a new one")
            raise TokenMissing("expected somebody who is logged in, or a token")
        if found := id_problem(person.id):
            raise TokenInvalid(f"id: {found}")
        expires_at = person.expires_at or self._now() + SESSION_FOR
        if expires_at <= self._now():
            raise TokenExpired("the session has expired: log in again")
        user = User(person.id, cleaned_line(person.name or "") or person.id, person.is_operator)
        return Identity(user, expires_at, expires_at)

    async def _asked(self, shown: Shown) -> Person | None:
        try:
            return await self._identify(shown)
        except CollabError:
            raise
        except Exception:
            # The edge of the host: its fault is no client's, who may come again.
            log.exception("the host's function failed to say who somebody is")
            raise Unavailable("the server could not find out who you are; try again") from None
