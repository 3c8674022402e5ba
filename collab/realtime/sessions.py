"""Sessions: who stands behind each connected socket, and until when."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from collab.domain.bands import User
from collab.domain.errors import Forbidden, RateLimited, Unauthenticated
from collab.services.ports import Clock, Identity, Timer


@dataclass(slots=True)
class Session:
    """A connected socket of a user. Its id is the Socket.IO sid."""

    id: str
    user: User
    expires_at: datetime
    timer: Timer


RETRY_AFTER_S = 5.0
"""When a user who has too many sessions is to try again: dead ones have gone after a while."""


class Sessions:
    """The sessions of this node. `on_timeout` hears of a socket that never authenticated, `on_expiry` of one whose
    token ran out. A user has at most `max_per_user`, where that is given."""

    def __init__(
        self,
        clock: Clock,
        auth_timeout: timedelta,
        on_timeout: Callable[[str], None],
        on_expiry: Callable[[str], None],
        max_per_user: int | None = None,
    ) -> None:
        self._clock = clock
        self._auth_timeout = auth_timeout
        self._on_timeout = on_timeout
        self._on_expiry = on_expiry
        self._max_per_user = max_per_user
        self._sessions: dict[str, Session] = {}
        self._anonymous: dict[str, Timer] = {}
        self._count: Counter[str] = Counter()

    def await_token(self, sid: str) -> None:
        """Gives a socket time to authenticate."""
        due = self._clock.now() + self._auth_timeout
        self._anonymous[sid] = self._clock.call_at(due, partial(self._on_timeout, sid))

    def begin(self, sid: str, identity: Identity) -> Session:
        """The session of a socket that has shown a token; a further token of the same user renews it.

        `RateLimited` where the user has as many sessions as they may have.
        """
        current = self._sessions.get(sid)
        if current is None:
            self._count_in(identity.user.id)
        elif current.user.id != identity.user.id:
            raise Forbidden(f"expected a token of {current.user.id}: connect anew to be somebody else")
        self._cancel_timers(sid)
        timer = self._clock.call_at(identity.good_until, partial(self._on_expiry, sid))
        session = Session(sid, identity.user, identity.expires_at, timer)
        self._sessions[sid] = session
        return session

    def require(self, sid: str) -> Session:
        """The session of a socket; `Unauthenticated` where it has shown no token yet."""
        session = self._sessions.get(sid)
        if session is None:
            raise Unauthenticated("expected 'authenticate' with a token before any other event")
        return session

    def end(self, sid: str) -> Session | None:
        """Forgets a socket; returns its session, where it had one."""
        self._cancel_timers(sid)
        session = self._sessions.pop(sid, None)
        if session is not None:
            self._count[session.user.id] -= 1
            if not self._count[session.user.id]:
                del self._count[session.user.id]
        return session

    def people(self) -> int:
        """How many different users the sessions are of."""
        return len({session.user.id for session in self._sessions.values()})

    def count(self) -> int:
        return len(self._sessions)

    def ids(self) -> list[str]:
        return list(self._sessions)

    def _count_in(self, user_id: str) -> None:
        if self._max_per_user is not None and self._count[user_id] >= self._max_per_user:
            raise RateLimited(
                f"expected at most {self._max_per_user} sessions of a user; end one of the others", RETRY_AFTER_S
            )
        self._count[user_id] += 1

    def _cancel_timers(self, sid: str) -> None:
        if (timer := self._anonymous.pop(sid, None)) is not None:
            timer.cancel()
        if (session := self._sessions.get(sid)) is not None:
            session.timer.cancel()
