"""Rates: a token bucket (the leaky bucket as a meter of ITU-T I.371). The time is an argument.

What is known to cost one token is taken when there is one. What shows its size only afterwards (the bytes that an undo
brings back) is taken then, and may leave the bucket in debt: nothing passes until that is paid.
"""

import math

from collab.domain.record import record

_CLOCK_MS = 0.001
"""Seconds since 1970, as a float, tell times apart to so much."""


@record
class Rate:
    """So many a second in the long run, and up to `burst` at once."""

    per_s: float
    burst: float

    def times(self, factor: float) -> "Rate":
        return Rate(self.per_s * factor, self.burst * factor)


class Bucket:
    """Full at first; filled at the rate's pace, up to its burst, and emptied by `spend`."""

    __slots__ = ("_at_s", "_rate", "_tokens")

    def __init__(self, rate: Rate, now_s: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at_s = now_s

    def wait_s(self, now_s: float) -> float:
        """How many seconds it takes until there is a token, in whole milliseconds and never too few; 0 where there is
        one. Times are seconds of any clock."""
        elapsed_s = now_s - self._at_s
        self._at_s = now_s
        # A clock that was set back gives nothing, and takes nothing away.
        if elapsed_s > 0:
            self._tokens = min(self._rate.burst, self._tokens + elapsed_s * self._rate.per_s)
        wait_ms = (1 - self._tokens) / self._rate.per_s * 1_000
        # One who waits as long as told finds a token, whichever way the two times were rounded.
        return 0.0 if wait_ms < 2 * _CLOCK_MS else math.ceil(wait_ms - _CLOCK_MS) / 1_000

    def spend(self, tokens: float = 1) -> None:
        """Takes what `wait_s` has just found, or more: the bucket is then in debt."""
        self._tokens -= tokens
