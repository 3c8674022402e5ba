"""Pruning: stays, ended nodes, finished jobs and what the door wrote down are kept for a time, and then deleted by any
node.

A turn deletes as much as takes some milliseconds, for which edits wait; nine times as long is left to them after it.
"""

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from collab.domain.errors import CollabError
from collab.services.pace import BESIDE_MEMBERS
from collab.services.ports import UNMETERED, Clock, Meter, Timer

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """What ended before these times is over; None where all is kept."""

    stays: datetime | None
    jobs: datetime | None
    door: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pruned:
    """So many rows of each sort. Those of the `door` are links, devices, and who came in and who did not."""

    stays: int = 0
    nodes: int = 0
    jobs: int = 0
    door: int = 0

    def __add__(self, more: "Pruned") -> "Pruned":
        return Pruned(self.stays + more.stays, self.nodes + more.nodes, self.jobs + more.jobs, self.door + more.door)

    def __bool__(self) -> bool:
        return bool(self.stays or self.nodes or self.jobs or self.door)


class PruningStore(Protocol):
    """The rows that are kept for a time only. A node is kept for as long as any stay at it."""

    async def prune(self, over: Cutoffs) -> Pruned:
        """Deletes a few of those that are over."""
        ...

    async def prunable(self, over: Cutoffs) -> Pruned:
        """How many there are."""
        ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how long what is over is kept; None is for ever."""

    stays: timedelta | None
    jobs: timedelta | None
    door: timedelta | None = None

    def cutoffs(self, now: datetime) -> Cutoffs:
        stays, jobs, door = (None if kept is None else now - kept for kept in (self.stays, self.jobs, self.door))
        return Cutoffs(stays, jobs, door)


async def prune(store: PruningStore, over: Cutoffs, clock: Clock) -> Pruned:
    """Deletes all that is over, a few rows at a time, and returns how many that were."""
    total = Pruned()
    while True:
        began_s = clock.monotonic_s()
        turn = await store.prune(over)
        if not turn:
            return total
        total += turn
        await asyncio.sleep((clock.monotonic_s() - began_s) * BESIDE_MEMBERS)


class Pruning:
    """Prunes now and then, for as long as a node runs."""

    def __init__(self, store: PruningStore, clock: Clock, keeping: Keeping, meter: Meter = UNMETERED) -> None:
        self._store = store
        self._clock = clock
        self._keeping = keeping
        self._meter = meter
        self._due = asyncio.Event()
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._wait()
        self._task = asyncio.create_task(self._run(), name="pruning")

    async def close(self) -> None:
        """Goes no further than the turn that is under way; the rest is for the next time."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _wait(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + EVERY, self._elapse)

    def _elapse(self) -> None:
        self._due.set()

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                pruned = await prune(self._store, self._keeping.cutoffs(self._clock.now()), self._clock)
                if pruned:
                    for table, rows in asdict(pruned).items():
                        self._meter.pruned(table, rows)
                    log.info("pruned what was kept long enough", **asdict(pruned))
            except CollabError as error:
                log.warning("could not prune; it is tried again", error=error.message)
            except Exception:
                # The edge of the task: nothing else hangs on it.
                log.exception("could not prune")
            self._wait()
