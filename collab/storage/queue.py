"""The queue of the journal: bands take turns, and within each its contents do.

The band that has used the least of the writer's time lately comes first, and each gives one edit a round: fair
queueing (John Nagle, RFC 970) by the time that was spent. Whatever the others send, who sends little waits for what is
under way and hardly for more. The edits of one content keep their order.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import structlog

from collab.domain.errors import CollabError
from collab.domain.ot.edits import Asked
from collab.domain.ot.rebase import Stored
from collab.services.ports import Require
from collab.services.ticket import Ticket

log = structlog.get_logger(__name__)

HALF_LIFE_S = 1.0
"""After so long, half of what a band has used is forgotten."""

_FORGOTTEN_S = 0.001
"""A band that has used less counts as a new one."""


class Waiting(Ticket[Stored]):
    """An edit or undo in the queue: the ticket of whoever handed it in. `require` raises what refuses it by now."""

    __slots__ = ("asked", "content_id", "require")

    def __init__(self, content_id: str, asked: Asked, require: Require = lambda: None) -> None:
        super().__init__()
        self.content_id = content_id
        self.asked = asked
        self.require = require

    @property
    def keys(self) -> tuple[str, str]:
        """Whatever of these somebody else keeps, this has to wait for: the ids of its content and its author."""
        return self.content_id, self.asked.author.id

    def is_still_allowed(self) -> bool:
        """False where it is not, which is settled then."""
        try:
            self.require()
        except CollabError as error:
            self.settle(error)
            return False
        return True

    def settle(self, outcome: Stored | Exception) -> None:
        """Settles it. One who can't take their answer must not keep the others of the same commit from theirs."""
        try:
            super().settle(outcome)
        except Exception:  # the edge of one answer
            asked = self.asked
            of = {"content_id": self.content_id, "edit_id": asked.edit_id, "session_id": asked.session_id}
            log.exception("an answer to an edit could not be given", **of)


def named(entries: Sequence[Waiting]) -> dict[str, object]:
    """What a line of the log says of some: how many edits, and the first of them by name."""
    first = [f"{entry.asked.edit_id} of {entry.asked.session_id}" for entry in entries[:10]]
    return {"edits": len(entries), "first": first}


@dataclass(eq=False, slots=True)
class _Band:
    """What waits of one band, by content, and what it had used as of a time."""

    contents: dict[str, deque[Waiting]] = field(default_factory=dict)
    count: int = 0
    used_s: float = 0.0
    at_s: float = 0.0

    def used(self, now_s: float) -> float:
        return self.used_s * 0.5 ** ((now_s - self.at_s) / HALF_LIFE_S) if self.used_s else 0.0

    def entries(self, content_id: str) -> deque[Waiting]:
        entries = self.contents.get(content_id)
        if entries is None:
            entries = self.contents[content_id] = deque()
        return entries

    def next(self) -> Waiting:
        """The first entry of the content whose turn it is."""
        content_id = next(iter(self.contents))
        entries = self.contents.pop(content_id)
        if len(entries) > 1:
            self.contents[content_id] = entries
        self.count -= 1
        return entries.popleft()


class Queue:
    """`band_of` says whose a content is, and always the same of it; `now_s` is a clock that only runs on."""

    def __init__(self, band_of: Callable[[str], str], now_s: Callable[[], float] = perf_counter) -> None:
        self._band_of = band_of
        self._now_s = now_s
        self._bands: dict[str, _Band] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def of_band(self, content_id: str) -> int:
        """How many entries wait of the band that a content belongs to."""
        band = self._bands.get(self._band_of(content_id))
        return 0 if band is None else band.count

    def put(self, entry: Waiting) -> None:
        self._counted(entry).entries(entry.content_id).append(entry)

    def put_back(self, entries: Sequence[Waiting]) -> None:
        """Entries that `next` gave, in that order: they come before what else waits of their contents."""
        for entry in reversed(entries):
            self._counted(entry).entries(entry.content_id).appendleft(entry)

    def next(self, most: int) -> list[Waiting]:
        """At most so many entries, in the order in which they are to be taken."""
        now_s = self._now_s()
        by_use = sorted(self._bands, key=lambda band_id: self._bands[band_id].used(now_s))
        turns = deque(self._bands[band_id] for band_id in by_use if self._bands[band_id].count)
        taken: list[Waiting] = []
        while turns and len(taken) < most:
            band = turns.popleft()
            taken.append(band.next())
            if band.count:
                turns.append(band)
        self._count -= len(taken)
        self._forget(now_s)
        return taken

    def charge(self, content_id: str, seconds: float) -> None:
        """Counts the writer's time that went into edits of a content."""
        now_s = self._now_s()
        band = self._band(content_id)
        band.used_s, band.at_s = band.used(now_s) + seconds, now_s

    def _counted(self, entry: Waiting) -> _Band:
        band = self._band(entry.content_id)
        band.count += 1
        self._count += 1
        return band

    def _band(self, content_id: str) -> _Band:
        band_id = self._band_of(content_id)
        band = self._bands.get(band_id)
        if band is None:
            band = self._bands[band_id] = _Band()
        return band

    def _forget(self, now_s: float) -> None:
        idle = [key for key, band in self._bands.items() if not band.count and band.used(now_s) < _FORGOTTEN_S]
        for band_id in idle:
            del self._bands[band_id]
