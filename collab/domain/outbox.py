"""Outbox: which content's edits a webhook is given next, and when it is tried again with what it did not take.

The edits of one content follow each other; contents take turns. What has failed waits longer each time, and never holds
what others need: retries have a few places of their own, a band has half of all, and of those who wait the band with
the fewest at work comes first. After `PARKED_AFTER` failures in a row a content is parked: it is told as such, and goes
on being tried, seldom, until it works. Nothing is given up before about a day of that.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from collab.domain.record import record

MAX_AT_ONCE: Final = 20
"""Contents whose edits are delivered at the same time."""

MAX_OF_A_BAND: Final = 10
MAX_RETRIES: Final = 5
"""How many of them may be of one band, and how many may be such as failed the last time."""

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


@record
class Failing:
    """How many contents failed the last time, how many of them are parked, and what the receiver said of one."""

    count: int = 0
    parked: int = 0
    error: str | None = None


def next_turn(waiting: Iterable[Waiting], at_work: Collection[Waiting]) -> Waiting | None:
    """Who is next of those who wait, the longest first; None where nobody may begin now."""
    if len(at_work) >= MAX_AT_ONCE:
        return None
    busy = Counter(content.band_id for content in at_work)
    may_retry = sum(content.failures > 0 for content in at_work) < MAX_RETRIES
    able = (
        content for content in waiting if busy[content.band_id] < MAX_OF_A_BAND and (may_retry or not content.failures)
    )
    return min(able, key=lambda content: (busy[content.band_id], content.failures), default=None)


def retry_in_s(failures: int, first_s: float, spread: float) -> float:
    """How long to wait after so many failures in a row: twice as long each time, up to `MAX_RETRY_S`, and between half
    of that and all of it, by `spread` from 0 to 1."""
    # Beyond 2 ** 30 it is the longest delay anyway.
    return min(first_s * 2.0 ** min(failures - 1, 30), MAX_RETRY_S) * (0.5 + spread / 2)
