"""Rates: how much a session, a user (with all sessions and calls) and a band may send, and how many bytes may be
written, told and read for them. All of it is in memory, and nothing waits.

Events are counted before they are carried out. Bytes are charged once they are known: an undo of 100 bytes may bring
back a megabyte, for everybody who listens. Whoever is in debt then is `rate_limited` until it is paid off.
"""

from collections.abc import Callable, Mapping, Sequence

from cachetools import LRUCache

from collab.domain.errors import RateLimited
from collab.domain.ot.rebase import Accepted
from collab.domain.rates import Rate
from collab.services.buckets import Buckets, RateLimits, Sort
from collab.services.ports import UNMETERED, Clock, Meter
from collab.services.session import Session

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


class Rates:
    """Counts and charges. A session holds its own buckets and its user's; those of users and bands are kept here.

    Without `limits` everybody may send and use what they like. `find_session` knows the sessions of this node by their
    ids: an edit names its session, and its bytes are known only once it is stored.
    """

    def __init__(
        self,
        limits: RateLimits | None,
        clock: Clock,
        find_session: Callable[[str], Session | None],
        meter: Meter = UNMETERED,
    ) -> None:
        self._meter = meter
        self._clock = clock
        self._find_session = find_session
        self._session_rates = limits.rates() if limits else None
        self._user_rates = limits.rates(limits.user_factor) if limits else None
        self._band_rates = limits.rates(limits.band_factor) if limits else None
        self._of_user: LRUCache[str, Buckets] = LRUCache(_MAX_OWNERS)
        self._of_band: LRUCache[str, Buckets] = LRUCache(_MAX_OWNERS)

    def begin(self, session: Session) -> None:
        """Gives a session its buckets; whose it is may be said later."""
        if self._session_rates is not None:
            session.buckets = Buckets(self._session_rates)

    def identify(self, session: Session) -> None:
        """From now on what the session sends counts for its user too."""
        if self._user_rates is not None and session.user_buckets is None:
            session.user_buckets = self._user(session.user.id)

    def take(self, session: Session, event: str) -> None:
        """Counts an event; `RateLimited`, which counts nothing, where it is one too many for now."""
        if session.buckets is None:
            return
        sort = _SORTS.get(event, "requests")
        now_s = self._now_s()
        owners = [owner for owner in (session.buckets, session.user_buckets) if owner is not None]
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

    def charge(self, sort: Sort, size_bytes: int, band_id: str, user_id: str, session: Session | None = None) -> None:
        """Takes what something took from all who answer for it; they may get into debt."""
        if self._session_rates is None or size_bytes <= FREE_BYTES:
            return
        now_s = self._now_s()
        owners = [self._user(user_id), self._band(band_id)]
        if session is not None and session.buckets is not None:
            owners.append(session.buckets)
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
            session = None if edit.session_id is None else self._find_session(edit.session_id)
            told_bytes = sizes.told_bytes * listeners(edit.content_id)
            self.charge("written", sizes.stored_bytes, band_id, edit.author.id, session)
            self.charge("told", told_bytes, band_id, edit.author.id, session)

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
