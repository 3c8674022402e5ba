"""Rates: how much a session, and all sessions and calls of a user together, may send. In memory, and it never waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cachetools import LRUCache

from collab.domain.errors import RateLimited
from collab.domain.rates import Bucket, Rate
from collab.services.ports import UNMETERED, Clock, Meter

Sort: TypeAlias = Literal["edits", "presence", "requests"]

_SORTS: Mapping[str, Sort] = {"edit_content": "edits", "undo_edit": "edits", "update_presence": "presence"}
"""What an event counts as; any other, and a REST call, is a request."""

_MAX_USERS = 10_000
"""So many users' buckets are kept, the latest: a user who connects anew does not begin with a full one."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What one session may send. A user may send `user_factor` times that with all sessions together."""

    edits: Rate
    presence: Rate
    requests: Rate
    user_factor: float

    def rates(self, factor: float = 1) -> dict[Sort, Rate]:
        return {
            "edits": self.edits.times(factor),
            "presence": self.presence.times(factor),
            "requests": self.requests.times(factor),
        }


class Buckets:
    """Of a session or a user, one for each sort: made when it is first asked for, since most sessions only listen."""

    __slots__ = ("_buckets", "_rates")

    def __init__(self, rates: Mapping[Sort, Rate]) -> None:
        self._rates = rates
        self._buckets: dict[Sort, Bucket] = {}

    def of(self, sort: Sort, now_s: float) -> Bucket:
        found = self._buckets.get(sort)
        if found is None:
            found = self._buckets[sort] = Bucket(self._rates[sort], now_s)
        return found


class Rates:
    """Without `limits` everybody may send what they like."""

    def __init__(self, limits: RateLimits | None, clock: Clock, meter: Meter = UNMETERED) -> None:
        self._meter = meter
        self._clock = clock
        self._session_rates = limits.rates() if limits else None
        self._user_rates = limits.rates(limits.user_factor) if limits else None
        self._of_session: dict[str, tuple[Buckets, Buckets | None]] = {}
        self._of_user: LRUCache[str, Buckets] = LRUCache(_MAX_USERS)

    def begin(self, session_id: str) -> None:
        """A socket connects; whose it is may be said later."""
        if self._session_rates is not None:
            self._of_session[session_id] = (Buckets(self._session_rates), None)

    def identify(self, session_id: str, user_id: str) -> None:
        """From now on what the session sends counts for the user too."""
        if (known := self._of_session.get(session_id)) is not None and known[1] is None:
            self._of_session[session_id] = (known[0], self._user(user_id))

    def end(self, session_id: str) -> None:
        self._of_session.pop(session_id, None)

    def take(self, session_id: str, event: str) -> None:
        """Counts an event; `RateLimited`, which counts nothing, where it is one too many for now."""
        known = self._of_session.get(session_id)
        if known is None:
            return
        sort = _SORTS.get(event, "requests")
        now_s = self._now_s()
        buckets = [owner.of(sort, now_s) for owner in known if owner is not None]
        wait_s = max(bucket.wait_s(now_s) for bucket in buckets)
        if wait_s:
            raise self._limited(sort, wait_s)
        for bucket in buckets:
            bucket.spend()

    def take_call(self, user_id: str) -> None:
        """As `take`, for a REST call of a user."""
        if self._user_rates is None:
            return
        now_s = self._now_s()
        bucket = self._user(user_id).of("requests", now_s)
        if wait_s := bucket.wait_s(now_s):
            raise self._limited("requests", wait_s)
        bucket.spend()

    def _user(self, user_id: str) -> Buckets:
        assert self._user_rates is not None  # noqa: S101  # for the type checker: callers have looked
        found: Buckets | None = self._of_user.get(user_id)
        if found is None:
            found = self._of_user[user_id] = Buckets(self._user_rates)
        return found

    def _now_s(self) -> float:
        return self._clock.now().timestamp()

    def _limited(self, sort: Sort, wait_s: float) -> RateLimited:
        self._meter.rate_limited(sort)
        return RateLimited(f"expected fewer {sort} in so short a time; send it again in {wait_s:.3f} s", wait_s)
