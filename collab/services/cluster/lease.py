"""The lease: by which name this node is known, and for how long it vouches for its sessions.

A node renews its lease before it runs out. One that does not (it died, or stood still) is dead: whoever notices ends
its visits, and all take its sessions out of their rosters. Where it goes on after all, it does so as another, with
another id everywhere: nothing that was said of the dead one is true of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from collab.domain.errors import CollabError
from collab.domain.presence.visits import Departed, Node
from collab.services.ports import Clock, Timer
from collab.services.stores import PresenceStore

log = structlog.get_logger(__name__)

OnDeparted: TypeAlias = Callable[[Sequence[Departed]], None]
OnLiving: TypeAlias = Callable[[set[str]], None]

RENEWALS = 3
"""How often in the length of a lease a node renews its own and looks at the others'. It renews for one such step
less than the whole: whoever looks then has noticed a death before the length is over."""


class Lease:
    """This node's id, which is the name of its lease."""

    def __init__(self, clock: Clock, new_id: Callable[[], str], host: str, length: timedelta) -> None:
        self.node_id = new_id()
        self.length = length
        self._clock = clock
        self._new_id = new_id
        self._host = host
        self._started_at = clock.now()
        self._ids = {self.node_id}

    def is_mine(self, node_id: str) -> bool:
        """Whether this node is, or was, known by an id."""
        return node_id in self._ids

    def renewed(self, ended_at: datetime | None = None) -> Node:
        """The node as the database is to know it from now on."""
        now = self._clock.now()
        until = now + self.length * (RENEWALS - 1) / RENEWALS
        return Node(self.node_id, self._host, self._started_at, now, until, ended_at)

    def begin_anew(self) -> None:
        """This node was taken for dead: it goes on as another."""
        was, self.node_id, self._started_at = self.node_id, self._new_id(), self._clock.now()
        self._ids.add(self.node_id)
        log.warning("this node's lease ran out; it goes on as another", was=was, node_id=self.node_id)


class LeaseKeeper:
    """Renews the lease in time by `renew`, and ends the visits of nodes whose lease is over. `on_departed` hears of
    those visits, and `on_living`, with each look, of the nodes that live."""

    def __init__(
        self,
        lease: Lease,
        store: PresenceStore,
        clock: Clock,
        renew: Callable[[], Awaitable[None]],
        on_departed: OnDeparted,
        on_living: OnLiving,
    ) -> None:
        self._lease = lease
        self._store = store
        self._clock = clock
        self._renew = renew
        self._on_departed = on_departed
        self._on_living = on_living
        self._is_due = asyncio.Event()
        self._is_closing = False
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Makes the node known, and then keeps its lease."""
        self._task = asyncio.create_task(self._run(), name="lease")
        self._due()

    async def close(self) -> None:
        """Renews it no more. That the node has ended is for the log to put down, with its last visits."""
        self._is_closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._is_due.set()
        if self._task is not None:
            await self._task

    def _due(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + self._lease.length / RENEWALS, self._due)
        self._is_due.set()

    async def _run(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            if self._is_closing:
                return
            try:
                await self._renew()
                await self._look()
            except CollabError as error:
                log.warning("the node's lease could not be renewed; it is tried again", error=error.message)
            except Exception:
                # The edge of the keeper: whatever goes wrong, the next renewal may go well.
                log.exception("the node's lease could not be renewed")

    async def _look(self) -> None:
        departed = await self._store.end_dead(self._clock.now(), self._lease.node_id)
        if departed:
            log.info("ended the visits of nodes that died", visits=len(departed))
            self._on_departed(departed)
        self._on_living(await self._store.living(self._clock.now()))
