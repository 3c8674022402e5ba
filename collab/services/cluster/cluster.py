"""The cluster: what this node tells the others over the bus, and what it makes of what they say.

A message may be lost, come late, twice or out of order. Edits carry their versions. Whatever else may not be lost is
numbered: a node that finds numbers missing asks for the state of things, and reads the rest from the database.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any

import orjson
import structlog

from collab.domain.errors import Unavailable
from collab.domain.json_text import parse_json
from collab.domain.ot.edits import Edit
from collab.domain.presence.peers import Peer
from collab.services.cluster.band_relay import BandRelay
from collab.services.cluster.edit_relay import EditRelay
from collab.services.cluster.peer_wire import Json
from collab.services.ports import UNMETERED, Bus, Clock, Meter, Timer
from collab.services.presence.log import PresenceLog
from collab.services.presence.peers import PresencePeers

log = structlog.get_logger(__name__)

BEAT_EVERY = timedelta(seconds=0.5)
"""How often a node says how far it is, so that the others find out what they missed."""

ECHO_WITHIN = timedelta(seconds=0.25)
"""A node hears its own beat, too. Where it does not, the bus is silent, long before it is given up: what the others say
meanwhile, such as that somebody was removed, is looked for in the database, and felt within a second."""

COMPARE_BEATS = 10
"""Every so many beats a node compares its contents with the database: a node may die between a commit and its
message."""

MAX_EDITS_BYTES = 262_144
"""Of a larger commit only the heads are told, and the others read it from the database."""

MAX_WORK = 1_000
"""What others said that waits to be carried out, mostly for the database. What is over it counts as lost."""


class Cluster:
    """One node among others. `edits`, `bands` and `presence` are set before it starts: they publish through it."""

    edits: EditRelay
    bands: BandRelay
    presence: PresencePeers

    def __init__(
        self, bus: Bus, node_id: str, presence_log: PresenceLog, clock: Clock, meter: Meter = UNMETERED
    ) -> None:
        self._meter = meter
        self._bus = bus
        self._node_id = node_id
        self._log = presence_log
        self._clock = clock
        self._peers: defaultdict[str, Peer] = defaultdict(Peer)
        self._number = 0
        self._beats = 0
        self._timer: Timer | None = None
        self._echo_timer: Timer | None = None
        self._has_heard = False
        self._work: asyncio.Queue[Coroutine[Any, Any, None]] = asyncio.Queue(MAX_WORK)
        self._worker: asyncio.Task[None] | None = None
        self._is_about_to_look = False
        self._losses = 0
        self._losses_made_up_for = 0

    @property
    def is_connected(self) -> bool:
        """Whether this node hears the others."""
        return self._bus.is_connected

    async def check(self) -> None:
        """Raises `Unavailable` while the bus is away."""
        if not self.is_connected:
            raise Unavailable("the bus is away: this node finds the others' edits in the database, once a second")

    def start(self) -> None:
        self._worker = asyncio.create_task(self._run(), name="cluster")
        self._bus.start(self._received, self._connected)
        self._beat()

    async def close(self) -> None:
        """Says goodbye, and ends."""
        for timer in (self._timer, self._echo_timer):
            if timer is not None:
                timer.cancel()
        self.presence.flush()
        self._send("bye")
        await self._bus.close()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        while not self._work.empty():
            self._work.get_nowait().close()
        await self.edits.close()

    def publish_edits(self, edits: Sequence[Edit]) -> None:
        message = self._message("edits", edits=[edit.to_json() for edit in edits])
        if len(message) > MAX_EDITS_BYTES:
            message = self._message("heads", heads={edit.content_id: edit.version for edit in edits})
        self._bus.publish(message)

    def publish_presence(self, rooms: Json) -> None:
        self._send_numbered("presence", rooms=rooms)

    def publish_band(self, band_id: str) -> None:
        """The members of a band have changed in the database."""
        self._send_numbered("band", band_id=band_id)

    def publish_event(self, room: str, event: str, payload: Json) -> None:
        """A room of a band or user is told something, wherever it has listeners."""
        self._send_numbered("tell", room=room, event=event, payload=payload)

    def living(self, leases: set[str]) -> None:
        """The nodes that live by the database: whoever else was known is dead."""
        for node, peer in list(self._peers.items()):
            if peer.lease is not None and peer.lease not in leases:
                del self._peers[node]
                self.presence.died(node)

    def _send(self, kind: str, **body: Any) -> None:
        self._bus.publish(self._message(kind, **body))

    def _send_numbered(self, kind: str, **body: Any) -> None:
        self._number += 1
        self._send(kind, number=self._number, lease=self._log.node_id, **body)

    def _message(self, kind: str, **body: Any) -> bytes:
        sent_at_s = self._clock.now().timestamp()
        return orjson.dumps({"node": self._node_id, "kind": kind, "sent_at_s": sent_at_s, **body})

    def _state(self) -> None:
        self._send("state", last=self._number, lease=self._log.node_id, rooms=self.presence.state())

    def _connected(self) -> None:
        """This node hears the others, again or for the first time: what was said meanwhile it has missed."""
        self._send("ask", of=None)
        self._state()
        self._make_up()

    def _beat(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + BEAT_EVERY, self._beat)
        self._beats += 1
        if self._bus.is_connected:
            # Heads are news until they could be told.
            self._has_heard = False
            self._echo_timer = self._clock.call_at(self._clock.now() + ECHO_WITHIN, self._look_if_silent)
            self._send("beat", last=self._number, lease=self._log.node_id, heads=self.edits.news())
            if self._has_lost_some:
                self._look()
            elif self._beats % COMPARE_BEATS == 0:
                self._do(self.edits.compare())
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
            await self.bands.make_up()
            self._losses_made_up_for = losses
        else:
            await self.bands.refresh()
        await self.edits.compare()

    def _received(self, message: bytes) -> None:
        self._has_heard = True
        try:
            body: Json = parse_json(message)
            if body["node"] != self._node_id:
                # By both nodes' clocks, which need not agree.
                self._meter.bus_lag(max(0.0, self._clock.now().timestamp() - body["sent_at_s"]))
                self._take(body["node"], body)
        except Exception:
            # The edge of the bus: a message that can't be read must not stop the next.
            log.exception("a message of another node could not be read", size_bytes=len(message))

    def _take(self, node: str, body: Json) -> None:
        match body["kind"]:
            case "edits":
                self.edits.heard([*map(Edit.from_json, body["edits"])])
            case "heads":
                self.edits.heads(body["heads"])
            case "beat":
                self.edits.heads(body["heads"])
                if self._known(node, body["lease"]).numbered.is_missing_some(body["last"]):
                    self._send("ask", of=node)
            case "ask":
                if body["of"] in (None, self._node_id):
                    self._state()
            case "state":
                self._take_state(node, self._known(node, body["lease"]), body)
            case "bye":
                self._peers.pop(node, None)
                self.presence.stopped(node)
            case kind:
                self._take_numbered(node, kind, body)

    def _known(self, node: str, lease: str) -> Peer:
        """What is known of a node. One that was taken for dead and goes on under another lease begins anew."""
        if self._peers[node].lease not in (None, lease):
            self._peers[node] = Peer()
        self._peers[node].lease = lease
        return self._peers[node]

    def _take_state(self, node: str, peer: Peer, body: Json) -> None:
        if peer.numbered.is_missing_some(body["last"]):
            self.presence.heard_state(node, peer, body["last"], body["rooms"])
            peer.numbered.settle(body["last"])
            self._make_up()

    def _take_numbered(self, node: str, kind: str, body: Json) -> None:
        peer, number = self._peers[node], body["number"]
        peer.lease = peer.lease or body["lease"]
        if not peer.take(number):
            return
        match kind:
            case "presence":
                self.presence.heard(node, peer, number, body["rooms"])
            case "band":
                self._do(self.bands.refresh([body["band_id"]]))
            case "tell":
                self._do(self.bands.told(body["room"], body["event"], body["payload"]))

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
