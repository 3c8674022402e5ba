"""A node that was given no bus, and is the only one on its database: the cluster of one.

Where there are others all the same, that is a mistake of whoever set them up, and is said so. What must not wait for it
to be mended is who may do what: as long as there are others, memberships are read from the database every second.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from collab.domain.errors import Unavailable
from collab.domain.ot.rebase import Accepted
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.lease import Lease
from collab.services.health import Check
from collab.services.ports import Clock, EditRooms, Timer

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=0.75)


class SingleNode:
    """Implements `services.cluster.nodes.Nodes`."""

    def __init__(self, lease: Lease, rooms: EditRooms, bands: BandRelay, clock: Clock) -> None:
        self._lease = lease
        self._rooms = rooms
        self._bands = bands
        self._clock = clock
        self._are_others_there = False
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return True

    def checks(self) -> Mapping[str, Check]:
        return {}

    def start(self) -> None:
        """There is nobody to listen to."""

    async def close(self) -> None:
        self._are_others_there = False
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def committed(self, accepted: Sequence[Accepted]) -> Sequence[Accepted]:
        self._rooms.committed(accepted)
        return accepted

    def opened(self, content_id: str, version: int) -> bool:
        """Nobody else could have told its listeners of anything."""
        return True

    def living(self, node_ids: set[str]) -> None:
        were_there, self._are_others_there = self._are_others_there, bool(node_ids - {self._lease.node_id})
        if self._are_others_there and not were_there:
            log.warning(
                "another node serves this database, or died just now, and there is no bus: what one changes, clients "
                "of the other hear late or never. Set COLLAB_BUS_URL, the same for all"
            )
        if self._are_others_there and self._timer is None:
            self._look()

    def _look(self) -> None:
        self._timer = None
        if self._are_others_there:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._take_over(), name="single-node")
            self._timer = self._clock.call_at(self._clock.now() + LOOK_EVERY, self._look)

    async def _take_over(self) -> None:
        try:
            await self._bands.refresh()
        except Unavailable:
            log.warning("the database did not say what other nodes have changed; it is asked again")
