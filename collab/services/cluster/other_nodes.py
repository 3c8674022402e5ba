"""Other nodes on the same database, where no bus carries what they change.

That is a mistake of whoever set them up, and is said so. What must not wait for it to be mended is who may do what: as
long as there are others, memberships are read from the database every second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from collab.domain.errors import Unavailable
from collab.services.ports import Clock, Timer

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=0.75)


class OtherNodes:
    """`refresh` takes over what others have changed of bands; `lease` is the id of this node's own."""

    def __init__(self, refresh: Callable[[], Awaitable[None]], lease: Callable[[], str], clock: Clock) -> None:
        self._refresh = refresh
        self._lease = lease
        self._clock = clock
        self._are_there = False
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def living(self, leases: set[str]) -> None:
        """The leases of the nodes that live by the database."""
        were_there, self._are_there = self._are_there, bool(leases - {self._lease()})
        if self._are_there and not were_there:
            log.warning(
                "another node serves this database, or died just now, and there is no bus: what one changes, clients "
                "of the other hear late or never. Set COLLAB_BUS_URL, the same for all"
            )
        if self._are_there and self._timer is None:
            self._look()

    async def close(self) -> None:
        self._are_there = False
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _look(self) -> None:
        self._timer = None
        if self._are_there:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._take_over(), name="other-nodes")
            self._timer = self._clock.call_at(self._clock.now() + LOOK_EVERY, self._look)

    async def _take_over(self) -> None:
        try:
            await self._refresh()
        except Unavailable:
            log.warning("the database did not say what other nodes have changed; it is asked again")
