"""The presence log: who was in which room, kept in the database behind what happens and never in its way.

A visit is open until it has ended. `PresenceService` begins, continues and ends it; what is to be written of it waits
until the next write, which takes all that waits. Where it fails, that goes on waiting, unless something newer has been
said of the same visit meanwhile. At most one write is under way (`_writing`).

Whoever finds the lease of a node over ends that node's visits (`cluster/lease.py`). So a node that was only slow finds
all its visits ended: it goes on as another, and each visit that is still open goes on as a new one (`_begin_anew`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from collab.domain.bands import User
from collab.domain.errors import CollabError
from collab.domain.presence.visits import Origin, Visit
from collab.services.cluster.lease import Lease
from collab.services.ports import Clock, Timer
from collab.services.stores import PresenceStore

log = structlog.get_logger(__name__)

WRITE_AFTER = timedelta(seconds=1)
"""How long a visit that began or ended may wait, so that many are written in one transaction."""


class OpenVisit:
    """A visit that goes on: `now` is what is to be put down of it. The session in that room holds it."""

    __slots__ = ("now",)

    def __init__(self, begun: Visit) -> None:
        self.now = begun


class PresenceLog:
    """Writes visits, a transaction at most every second or so, each of which renews this node's lease.

    Visits that can't be written wait, however many: each stands for somebody who came, takes less than a kilobyte, and
    would be missing for good. When a session was last heard is written with each `renew`.
    """

    def __init__(
        self,
        store: PresenceStore,
        clock: Clock,
        new_id: Callable[[], str],
        lease: Lease,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._lease = lease
        self._open: dict[OpenVisit, None] = {}
        self._heard: set[OpenVisit] = set()
        self._waiting: dict[str, Visit] = {}
        self._writing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name="presence-log")

    async def close(self) -> None:
        """Ends what is still open and the node itself; the last thing that this log writes."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task
        if self._timer is not None:
            self._timer.cancel()
        now = self._clock.now()
        for visit in list(self._open):
            self.ended(visit, "server_stopped", now)
        try:
            async with self._writing:
                await self._write(ended_at=now)
        except CollabError as error:
            left = len(self._waiting)
            log.warning(
                "the last visits could not be written; another node ends them", error=error.message, visits=left
            )

    def began(self, session_id: str, user: User, room: str, origin: Origin, at: datetime) -> OpenVisit:
        visit = OpenVisit(Visit(self._new_id(), session_id, user, room, self._lease.node_id, origin, at, at))
        self._open[visit] = None
        self._put_down(visit.now)
        return visit

    def seen(self, visit: OpenVisit, at: datetime) -> None:
        if visit in self._open:
            visit.now = visit.now.seen(at)
            self._heard.add(visit)

    def ended(self, visit: OpenVisit, reason: str, at: datetime) -> None:
        """A visit is over; saying it again changes nothing."""
        self._heard.discard(visit)
        if visit in self._open:
            del self._open[visit]
            self._put_down(visit.now.end(at, reason))

    async def renew(self) -> None:
        """As `flush`, with when each session was last heard: the node's lease is renewed by it, whatever there is to
        write. `Unavailable`."""
        self._waiting |= {visit.now.id: visit.now for visit in self._heard}
        self._heard.clear()
        await self.flush()

    async def flush(self) -> None:
        """Returns once all that was said before is in the database. `Unavailable` where that fails."""
        async with self._writing:
            await self._write()

    def _put_down(self, visit: Visit) -> None:
        self._waiting[visit.id] = visit
        if self._timer is None and not self._is_closing:
            self._timer = self._clock.call_at(self._clock.now() + WRITE_AFTER, self._write_due)

    def _write_due(self) -> None:
        self._timer = None
        self._wake.set()

    async def _run(self) -> None:
        while not self._is_closing:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.flush()
            except CollabError as error:
                log.warning("presence could not be written; it is tried again", error=error.message)
            except Exception:
                # The edge of the log: rosters don't depend on it, and the next write may do.
                log.exception("presence could not be written")

    async def _write(self, ended_at: datetime | None = None) -> None:
        visits, self._waiting = self._waiting, {}
        try:
            left = await self._store.record(self._lease.renewed(ended_at), list(visits.values()))
        except BaseException:
            # What was said meanwhile is newer. It goes with the next renewal at the latest, whatever went wrong.
            self._waiting = {**visits, **self._waiting}
            raise
        if left is None:
            self._begin_anew(visits)
            await self._write(ended_at)
        else:
            self._waiting = {**{visit.id: visit for visit in left}, **self._waiting}

    def _begin_anew(self, unwritten: dict[str, Visit]) -> None:
        """This node was taken for dead and its visits were ended: what goes on, goes on as a new node's."""
        now = self._clock.now()
        self._lease.begin_anew()
        node_id = self._lease.node_id
        for visit in self._open:
            visit.now = replace(visit.now, id=self._new_id(), node_id=node_id, started_at=now)
        over = [visit for visit in (*unwritten.values(), *self._waiting.values()) if visit.ended_at is not None]
        going_on = [visit.now for visit in self._open]
        self._waiting = {visit.id: replace(visit, node_id=node_id) for visit in (*over, *going_on)}
