"""The cluster: this node among others, and what it makes of what they say. What it says itself is in publisher.py.

A message may be lost, come late, twice or out of order. Edits carry their versions. Whatever else may not be lost is
numbered: a node that finds numbers missing asks for the state of things, and reads the rest from the database.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any

import structlog

from collab.domain.errors import Unavailable
from collab.domain.ot.rebase import Accepted
from collab.domain.presence.peers import Peer
from collab.services.cluster import messages
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.lease import Lease
from collab.services.cluster.messages import (
    Ask,
    BandChanged,
    Beat,
    Bye,
    Edits,
    Heads,
    HostTold,
    Message,
    Numbered,
    PresenceChanged,
    State,
    Told,
    Unknown,
)
from collab.services.cluster.publisher import Publisher
from collab.services.health import Check
from collab.services.ports import UNMETERED, Clock, Meter, Timer
from collab.services.presence.peers import PresencePeers

log = structlog.get_logger(__name__)

BEAT_EVERY = timedelta(seconds=0.5)
"""How often a node says how far it is, so that the others find out what they missed."""

ECHO_WITHIN = timedelta(seconds=0.25)
"""A node hears its own beat, too. Where it does not, the bus is silent, long before it is given up: what the others say
meanwhile, such as that somebody was removed, is looked for in the database, and felt within a second."""

COMPARE_BEATS = 10
"""Every so many beats a node compares what it knows with the database: another one may die, or be cut off, between a
commit and its message."""

MAX_WORK = 1_000
"""What others said that waits to be carried out, mostly for the database. What is over it counts as lost."""


class Cluster:
    """Implements `services.cluster.nodes.Nodes`: one node among others."""

    def __init__(
        self,
        publisher: Publisher,
        lease: Lease,
        edits: EditRelay,
        bands: BandRelay,
        presence: PresencePeers,
        clock: Clock,
        meter: Meter = UNMETERED,
    ) -> None:
        self._bus = publisher.bus
        self._lease = lease
        self._publisher = publisher
        self._edits = edits
        self._bands = bands
        self._presence = presence
        self._clock = clock
        self._meter = meter
        self._peers: defaultdict[str, Peer] = defaultdict(Peer)
        self._beats = 0
        self._timer: Timer | None = None
        self._echo_timer: Timer | None = None
        self._has_heard = False
        self._newly_followed: set[str] = set()
        self._work: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue(MAX_WORK)
        self._worker: asyncio.Task[None] | None = None
        self._is_about_to_look = False
        self._losses = 0
        self._losses_made_up_for = 0

    @property
    def is_connected(self) -> bool:
        return self._bus.is_connected

    def checks(self) -> Mapping[str, Check]:
        return {"bus": self._check}

    async def _check(self) -> None:
        if not self.is_connected:
            raise Unavailable("the bus is away: this node finds the others' edits in the database, once a second")

    def start(self) -> None:
        self._worker = asyncio.create_task(self._run(), name="cluster")
        self._bus.start(self._received, self._connected, self._followed)
        self._beat()

    async def close(self) -> None:
        """Says goodbye, and ends."""
        for timer in (self._timer, self._echo_timer):
            if timer is not None:
                timer.cancel()
        self._publisher.flush()
        self._publisher.send(Bye())
        await self._bus.close()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        while not self._work.empty():
            self._work.get_nowait().close()
        await self._edits.close()

    def committed(self, accepted: Sequence[Accepted]) -> Sequence[Accepted]:
        return self._edits.committed(accepted)

    def opened(self, content_id: str, version: int) -> bool:
        return self._edits.opened(content_id, version)

    def living(self, node_ids: set[str]) -> None:
        """Whoever else was known is dead."""
        for node, peer in list(self._peers.items()):
            if peer.lease is not None and peer.lease not in node_ids:
                del self._peers[node]
                self._presence.died(node)
                # It may have changed what it could tell nobody.
                self._make_up()
        self._see_who_follows()

    def _tell_state(self) -> None:
        self._publisher.send(State(self._publisher.last, self._lease.node_id, self._presence.state()))

    def _connected(self) -> None:
        """This node hears the others, again or for the first time: what was said meanwhile it has missed."""
        self._publisher.send(Ask(None))
        self._tell_state()
        self._make_up()

    def _followed(self, band_id: str) -> None:
        """This node hears those who follow a band. Of many that come at once the database is asked together."""
        is_first = not self._newly_followed
        self._newly_followed.add(band_id)
        if is_first and not self._do(self._read_followed()):
            self._newly_followed.clear()

    async def _read_followed(self) -> None:
        followed, self._newly_followed = self._newly_followed, set()
        await self._edits.followed(followed)

    def _see_who_follows(self) -> None:
        self._publisher.may_tell_by_band = all(peer.follows_bands for peer in self._peers.values())

    def _beat(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + BEAT_EVERY, self._beat)
        self._beats += 1
        if self._bus.is_connected:
            # Heads are news until they could be told.
            self._has_heard = False
            self._echo_timer = self._clock.call_at(self._clock.now() + ECHO_WITHIN, self._look_if_silent)
            self._publisher.send(Beat(self._publisher.last, self._lease.node_id, self._edits.news()))
            if self._has_lost_some or self._beats % COMPARE_BEATS == 0:
                self._look()
        else:
            self._look()

    def _look_if_silent(self) -> None:
        if self._bus.is_connected and not self._has_heard:
            self._look()

    @property
    def _has_lost_some(self) -> bool:
        return self._losses > self._losses_made_up_for

    def _make_up(self) -> None:
        """Some of what others said was lost: it is made up for now, and where that fails, with the next beat."""
        self._losses += 1
        self._look()

    def _look(self) -> None:
        """Reads from the database what messages may have been about."""
        if not self._is_about_to_look:
            self._is_about_to_look = self._do(self._read_all())

    async def _read_all(self) -> None:
        self._is_about_to_look = False
        if self._has_lost_some:
            # What is lost while it reads counts anew.
            losses = self._losses
            await self._bands.make_up()
            self._losses_made_up_for = losses
        else:
            await self._bands.refresh()
        await self._edits.compare()

    def _received(self, data: bytes) -> None:
        self._has_heard = True
        try:
            if (sender := messages.sender(data)) is not None and self._lease.is_mine(sender):
                return
            sent = messages.from_json(data)
            if not self._lease.is_mine(sent.node):
                # By both nodes' clocks, which need not agree.
                self._meter.bus_lag(max(0.0, self._clock.now().timestamp() - sent.at_s))
                self._take(sent.node, sent.message)
                if (peer := self._peers.get(sent.node)) is not None:
                    peer.follows_bands = sent.follows_bands
                self._see_who_follows()
        except messages.LaterVersion:
            self._losses += 1
        except Exception:
            # The edge of the bus: a message that can't be read must not stop the next.
            log.exception("a message of another node could not be read", size_bytes=len(data))

    def _take(self, node: str, message: Message) -> None:
        match message:
            case Edits(edits):
                self._edits.heard(edits)
            case Heads(heads):
                self._edits.heads(heads)
            case Beat(last, lease, heads):
                self._edits.heads(heads)
                if self._known(node, lease).numbered.is_missing_some(last):
                    self._publisher.send(Ask(node))
            case Ask(of):
                if of is None or self._lease.is_mine(of):
                    self._tell_state()
            case State():
                self._take_state(node, self._known(node, message.lease), message)
            case Bye():
                self._peers.pop(node, None)
                self._presence.stopped(node)
            case _ if message.number is not None:
                self._take_numbered(node, message.number, message)

    def _known(self, node: str, lease: str) -> Peer:
        """What is known of a node. One that was taken for dead and goes on under another lease begins anew: so do nodes
        that have one id for their lease and another for the bus, as the first had."""
        if self._peers[node].lease not in (None, lease):
            self._peers[node] = Peer()
        self._peers[node].lease = lease
        return self._peers[node]

    def _take_state(self, node: str, peer: Peer, state: State) -> None:
        if peer.numbered.is_missing_some(state.last):
            self._ask_by_which_name(node, state.rooms)
            self._presence.heard_state(node, peer, state.last, state.rooms)
            peer.numbered.settle(state.last)
            self._make_up()

    def _take_numbered(self, node: str, number: int, message: Numbered | Unknown) -> None:
        peer = self._peers[node]
        peer.lease = peer.lease or message.lease
        if not peer.take(number):
            return
        match message:
            case PresenceChanged(rooms=rooms):
                self._ask_by_which_name(node, {name: said["updated"] for name, said in rooms.items()})
                self._presence.heard(node, peer, number, rooms)
            case BandChanged(band_id=band_id):
                self._do(self._bands.refresh([band_id]))
            case Told(room=room, event=event, payload=payload):
                self._do(self._bands.told(room, event, payload))
            case HostTold(to=to, event=event, payload=payload):
                self._do(self._bands.host_told(to, event, payload))

    def _ask_by_which_name(self, node: str, rooms: Mapping[str, Sequence[messages.Json]]) -> None:
        """A node that goes on as another speaks for the sessions of the one that it was. Which is the later of the two
        names, a message that may be late does not tell: what was said under either counts as unheard, and it is asked.
        """
        others = self._presence.speakers(rooms) - {node}
        if others:
            for name in self._peers.keys() & {node, *others}:
                self._peers[name].forget()
            self._publisher.send(Ask(None))

    def _do(self, work: Coroutine[Any, Any, None]) -> bool:
        """Has something done in its turn; False, and a loss, where too much is waiting."""
        try:
            self._work.put_nowait(work)
        except asyncio.QueueFull:
            work.close()
            if not self._has_lost_some:
                log.warning("other nodes say more than can be carried out here: the database is asked instead")
            self._losses += 1
            return False
        return True

    async def _run(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work
            except Unavailable:
                self._losses += 1
                log.warning("the database did not say what another node has changed; it is asked again")
            except Exception:
                # The edge of the worker: what goes wrong with one thing must not stop the next.
                self._losses += 1
                log.exception("what another node said could not be carried out; the database is asked instead")
