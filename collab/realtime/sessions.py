"""The sessions of this node whose users are known: how many a user has, and until when each may go on."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

from collab.domain.errors import Forbidden, RateLimited
from collab.realtime.connection import ConnectedSession
from collab.realtime.late import TokenTime
from collab.services.ports import Clock, Identity

RETRY_AFTER_S = 5.0
"""When a user who has too many sessions is to try again: dead ones have gone after a while."""

OnTimeUp: TypeAlias = Callable[[ConnectedSession], None]


class Sessions:
    """By their ids. A user has at most `max_per_user`, where that is given. `on_timeout` hears of a session that never
    showed a token, `on_expiry` of one whose token ran out."""

    def __init__(self, clock: Clock, auth_timeout: timedelta, max_per_user: int | None = None) -> None:
        self._clock = clock
        self._token_time = TokenTime(clock, auth_timeout)
        self._max_per_user = max_per_user
        self._known: dict[str, ConnectedSession] = {}
        self._count: Counter[str] = Counter()
        self.on_timeout: OnTimeUp = lambda _: None
        self.on_expiry: OnTimeUp = lambda _: None

    def await_token(self, session: ConnectedSession) -> None:
        """Gives a session time to authenticate."""
        now = self._clock.now()
        due = now + self._token_time.at(session.connection.address)
        session.timer = self._clock.call_at(due, partial(self._run_out, session, now))

    def begin(self, session: ConnectedSession, identity: Identity) -> None:
        """A session has shown a good token: its first one, or another of the same user, which lets it go on for longer.

        `RateLimited` where the user has as many sessions as they may have; `Forbidden` where it was somebody else's.
        """
        if session.identity is None:
            self._count_in(identity.user.id)
            self._known[session.id] = session
        elif session.user.id != identity.user.id:
            raise Forbidden(f"expected a token of {session.user.id}: connect anew to be somebody else")
        session.identity = identity
        session.stop_waiting()
        session.timer = self._clock.call_at(identity.good_until, partial(self.on_expiry, session))

    def end(self, session: ConnectedSession) -> None:
        """A session is over."""
        session.is_over = True
        session.stop_waiting()
        if self._known.pop(session.id, None) is not None:
            self._count[session.user.id] -= 1
            if not self._count[session.user.id]:
                del self._count[session.user.id]

    def expire(self, is_theirs: Callable[[str], bool]) -> None:
        """The tokens of these users, by their ids, count no more: their sessions end as if they had run out."""
        for session in list(self._known.values()):
            if is_theirs(session.user.id):
                self.on_expiry(session)

    def find(self, session_id: str) -> ConnectedSession | None:
        return self._known.get(session_id)

    def people(self) -> int:
        """How many different users the sessions are of."""
        return len(self._count)

    def user_ids(self) -> Collection[str]:
        """Whose the sessions are."""
        return self._count.keys()

    def count(self) -> int:
        return len(self._known)

    def ids(self) -> list[str]:
        return list(self._known)

    def _run_out(self, session: ConnectedSession, began_at: datetime) -> None:
        self._token_time.ran_out(session.connection.address, began_at)
        self.on_timeout(session)

    def _count_in(self, user_id: str) -> None:
        if self._max_per_user is not None and self._count[user_id] >= self._max_per_user:
            raise RateLimited(
                f"expected at most {self._max_per_user} sessions of a user; end one of the others", RETRY_AFTER_S
            )
        self._count[user_id] += 1
