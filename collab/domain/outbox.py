"""Outbox: which content's edits a webhook is given next, and when it is tried again with what it did not take.

The edits of one content follow each other; contents take turns. What has failed waits longer each time, and never holds
what others need: retries have a few places of their own, a band has half of all, and of those who wait the band with
the fewest at work comes first. After `PARKED_AFTER` failures in a row a content is parked: it is told as such, and goes
on being tried, seldom, until it works. Nothing is given up before about a day of that.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from collab.domain.record import record

MIN_AT_ONCE: Final = 20
MAX_AT_ONCE: Final = 100
"""Contents whose edits are delivered at the same time: so many at first, and so many while the receiver keeps up."""

MAX_RETRIES: Final = 5
"""How many of them may be such as failed the last time."""

_SLOWER, _SLACK_S = 2.0, 0.01
"""An answer that takes so many times what the fastest took, and this much more, says that the receiver, or this node,
has enough to do."""

_REMEMBERED: Final = 0.999
"""How much of the difference between the fastest answer and others stays, with each answer: a receiver may change."""

PARKED_AFTER: Final = 10
"""How many failures in a row: they take a quarter of an hour."""

GIVEN_UP_AFTER: Final = 400
"""How often the same edit is tried, which takes a day, before the next one is. A count: no clock can lose an edit."""

MAX_RETRY_S: Final = 300.0


@record
class Waiting:
    """A content with edits to deliver: the version delivered last, the head, and how often in a row it failed."""

    content_id: str
    band_id: str
    version: int
    head: int
    failures: int = 0


class Pace:
    """How many contents are delivered at the same time: one more for each round of answers that came as fast as ever,
    one fewer for each that did not, half when one failed. As TCP Vegas does it (Brakmo and Peterson, 1994): what waits
    in a queue, the receiver's or our own event loop's, shows in the time before anything is lost."""

    def __init__(self) -> None:
        self._at_once = float(MIN_AT_ONCE)
        self._fastest_s: float | None = None

    @property
    def at_once(self) -> int:
        return int(self._at_once)

    def answered(self, seconds: float) -> None:
        """The receiver has taken an edit, in that time."""
        fastest_s = seconds if self._fastest_s is None else self._fastest_s
        self._fastest_s = min(seconds, seconds + (fastest_s - seconds) * _REMEMBERED)
        is_slow = seconds > _SLOWER * self._fastest_s + _SLACK_S
        step = (-1.0 if is_slow else 1.0) / self._at_once
        self._at_once = min(max(self._at_once + step, MIN_AT_ONCE), MAX_AT_ONCE)

    def failed(self) -> None:
        """It has not taken one."""
        self._at_once = max(self._at_once / 2, MIN_AT_ONCE)


@record
class Backlog:
    """What is still to be delivered: of how many contents, how many edits, and when the first of them was made."""

    contents: int = 0
    edits: int = 0
    oldest: datetime | None = None


@record
class Failing:
    """How many contents failed the last time, how many of them are parked, and what the receiver said of one."""

    count: int = 0
    parked: int = 0
    error: str | None = None


def next_turn(waiting: Iterable[Waiting], at_work: Collection[Waiting], at_once: int = MIN_AT_ONCE) -> Waiting | None:
    """Who is next of those who wait, the longest first; None where nobody may begin now. `at_once` may be at work."""
    if len(at_work) >= at_once:
        return None
    busy = Counter(content.band_id for content in at_work)
    may_retry = sum(content.failures > 0 for content in at_work) < MAX_RETRIES
    able = (
        content for content in waiting if busy[content.band_id] < at_once // 2 and (may_retry or not content.failures)
    )
    return min(able, key=lambda content: (busy[content.band_id], content.failures), default=None)


def retry_in_s(failures: int, first_s: float, spread: float) -> float:
    """How long to wait after so many failures in a row: twice as long each time, up to `MAX_RETRY_S`, and between half
    of that and all of it, by `spread` from 0 to 1."""
    # Beyond 2 ** 30 it is the longest delay anyway.
    return min(first_s * 2.0 ** min(failures - 1, 30), MAX_RETRY_S) * (0.5 + spread / 2)
