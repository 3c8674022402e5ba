"""Rates: how much a session, all sessions and calls of a user, and a band may send, and in bytes have written, told and
read for them. In memory, and it never waits.

Events are counted before they are carried out. Bytes are charged once they are known: an undo of 100 bytes may bring
back a megabyte, for everybody who listens. Whoever is then in debt is `rate_limited` until it is paid.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cachetools import LRUCache

from collab.domain.errors import RateLimited
from collab.domain.rates import Bucket, Rate
from collab.domain.rebase import Accepted
from collab.services.ports import UNMETERED, Clock, Meter

Sort: TypeAlias = Literal["edits", "presence", "requests", "creations", "written", "told", "read"]
"""What is counted; the last three in bytes: what edits add to the database, what they have their listeners told, and
answers."""

_SORTS: Mapping[str, Sort] = {"edit_content": "edits", "undo_edit": "edits", "update_presence": "presence"}
"""What an event counts as; any other, and a REST call, is a request."""

_HELD_UP_BY: Mapping[Sort, Sequence[Sort]] = {
    "edits": ("written", "told", "read"),
    "requests": ("read",),
    "presence": (),
    "creations": (),
}
"""Debts in which no such event is taken. A REST call may be of any sort, so that any debt holds it up."""

_BYTES: Sequence[Sort] = ("written", "told", "read")

FREE_BYTES = 1_000
"""Nothing so small is charged: how many of them there may be is bound enough, and most edits cost nothing here."""

_MAX_OWNERS = 10_000
"""So many users' and bands' buckets are kept, the latest: a user who connects anew does not begin with full ones."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What one session may send and use. A user may `user_factor` times as much with all sessions together, and a band
    may use `band_factor` times as much."""

    edits: Rate
    presence: Rate
    requests: Rate
    creations: Rate
    """Of a user, over REST alone: it is no session's, and nothing is multiplied with."""
    written: Rate
    told: Rate
    read: Rate
    user_factor: float
    band_factor: float

    def rates(self, factor: float = 1) -> dict[Sort, Rate]:
        return {
            "edits": self.edits.times(factor),
            "presence": self.presence.times(factor),
            "requests": self.requests.times(factor),
            "creations": self.creations,
            "written": self.written.times(factor),
            "told": self.told.times(factor),
            "read": self.read.times(factor),
        }


class Buckets:
    """Of a session, user or band, one for each sort: made when first asked for, since most sessions only listen."""

    __slots__ = ("_buckets", "_rates")

    def __init__(self, rates: Mapping[Sort, Rate]) -> None:
        self._rates = rates
        self._buckets: dict[Sort, Bucket] = {}

    def of(self, sort: Sort, now_s: float) -> Bucket:
        found = self._buckets.get(sort)
        if found is None:
            found = self._buckets[sort] = Bucket(self._rates[sort], now_s)
        return found

    def debts(self, sorts: Iterable[Sort], now_s: float) -> Iterator[tuple[float, Sort]]:
        """How long each debt of these sorts lasts yet."""
        for sort in sorts:
            if (bucket := self._buckets.get(sort)) is not None and (wait_s := bucket.wait_s(now_s)):
                yield wait_s, sort


class Rates:
    """Without `limits` everybody may send and use what they like."""

    def __init__(self, limits: RateLimits | None, clock: Clock, meter: Meter = UNMETERED) -> None:
        self._meter = meter
        self._clock = clock
        self._session_rates = limits.rates() if limits else None
        self._user_rates = limits.rates(limits.user_factor) if limits else None
        self._band_rates = limits.rates(limits.band_factor) if limits else None
        self._of_session: dict[str, tuple[Buckets, Buckets | None]] = {}
        self._of_user: LRUCache[str, Buckets] = LRUCache(_MAX_OWNERS)
        self._of_band: LRUCache[str, Buckets] = LRUCache(_MAX_OWNERS)

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
        owners = [owner for owner in known if owner is not None]
        buckets = [owner.of(sort, now_s) for owner in owners]
        wait_s = max(bucket.wait_s(now_s) for bucket in buckets)
        if wait_s:
            raise self._limited(sort, wait_s)
        self._refuse_debts(owners, _HELD_UP_BY[sort], now_s)
        for bucket in buckets:
            bucket.spend()

    def take_call(self, user_id: str) -> None:
        """As `take`, for a REST call of a user."""
        if self._user_rates is None:
            return
        now_s = self._now_s()
        user = self._user(user_id)
        bucket = user.of("requests", now_s)
        if wait_s := bucket.wait_s(now_s):
            raise self._limited("requests", wait_s)
        self._refuse_debts([user], _BYTES, now_s)
        bucket.spend()

    def take_creation(self, user_id: str) -> None:
        """As `take_call`, beside it, for a call that makes something which stays: a band, a content, an import."""
        if self._user_rates is not None:
            bucket = self._user(user_id).of("creations", now_s := self._now_s())
            if wait_s := bucket.wait_s(now_s):
                raise self._limited("creations", wait_s)
            bucket.spend()

    def require_band(self, band_id: str, sort: Sort) -> None:
        """`RateLimited` where a band's debt holds up an event of that sort."""
        if (band := self._of_band.get(band_id)) is not None:
            self._refuse_debts([band], _HELD_UP_BY[sort], self._now_s())

    def charge(self, sort: Sort, size_bytes: int, band_id: str, user_id: str, session_id: str | None = None) -> None:
        """Takes what something took from all who answer for it; they may get into debt."""
        if self._session_rates is None or size_bytes <= FREE_BYTES:
            return
        now_s = self._now_s()
        owners = [self._user(user_id), self._band(band_id)]
        if session_id is not None and (known := self._of_session.get(session_id)) is not None:
            owners.append(known[0])
        for owner in owners:
            bucket = owner.of(sort, now_s)
            bucket.wait_s(now_s)
            bucket.spend(size_bytes)

    def charge_call(self, user_id: str, size_bytes: int) -> None:
        """Takes the bytes of an answer to a REST call from the user who asked; they may get into debt."""
        if self._user_rates is not None:
            bucket = self._user(user_id).of("read", now_s := self._now_s())
            bucket.wait_s(now_s)
            bucket.spend(size_bytes)

    def charge_edit(self, accepted: Accepted, listeners: Callable[[str], int]) -> None:
        """Charges an edit that was stored, and told to all who listen to its content."""
        edit, band_id, sizes = accepted.edit, accepted.document.band_id, accepted.sizes
        if sizes.stored_bytes > FREE_BYTES:
            told_bytes = sizes.told_bytes * listeners(edit.content_id)
            self.charge("written", sizes.stored_bytes, band_id, edit.author.id, edit.session_id)
            self.charge("told", told_bytes, band_id, edit.author.id, edit.session_id)

    def _refuse_debts(self, owners: Sequence[Buckets], sorts: Sequence[Sort], now_s: float) -> None:
        debts = [debt for owner in owners for debt in owner.debts(sorts, now_s)]
        if debts:
            wait_s, sort = max(debts)
            self._meter.rate_limited(sort)
            raise RateLimited(
                f"expected fewer bytes {sort} in so short a time; send it again in {wait_s:.3f} s", wait_s
            )

    def _band(self, band_id: str) -> Buckets:
        assert self._band_rates is not None  # noqa: S101  # for the type checker: callers have looked
        return _kept(self._of_band, band_id, self._band_rates)

    def _user(self, user_id: str) -> Buckets:
        assert self._user_rates is not None  # noqa: S101  # for the type checker: callers have looked
        return _kept(self._of_user, user_id, self._user_rates)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()

    def _limited(self, sort: Sort, wait_s: float) -> RateLimited:
        self._meter.rate_limited(sort)
        return RateLimited(f"expected fewer {sort} in so short a time; send it again in {wait_s:.3f} s", wait_s)


def _kept(known: LRUCache[str, Buckets], name: str, rates: Mapping[Sort, Rate]) -> Buckets:
    found: Buckets | None = known.get(name)
    if found is None:
        found = known[name] = Buckets(rates)
    return found
