"""Buckets: what a session, a user or a band may still send and use. `rates.py` says who answers for what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from collab.domain.rates import Bucket, Rate

Sort: TypeAlias = Literal["edits", "presence", "requests", "creations", "written", "told", "read"]
"""What is counted; the last three in bytes: what edits add to the database, what they have their listeners told, and
answers."""


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
