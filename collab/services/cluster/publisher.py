"""The publisher: what this node tells the others: edits to those who follow their band, all else to everybody.

It speaks for its own sessions alone, and says how they now are rather than what has changed: a word that is lost is
made up for by the next one. What may not be lost is numbered: whoever finds numbers missing asks (cluster.py).
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from collab.domain.access import SharedRoom
from collab.domain.ot.edits import Edit
from collab.domain.presence import roster as presence
from collab.domain.presence.roster import Roster
from collab.services.cluster.lease import Lease
from collab.services.cluster.messages import (
    BandChanged,
    Edits,
    Heads,
    HostTold,
    Json,
    Message,
    PresenceChanged,
    RoomChange,
    Told,
    presence_to_json,
    to_json,
)
from collab.services.ports import Bus, Clock

MAX_EDITS_BYTES = 262_144
"""Of a larger commit only the heads are told, and the others read it from the database."""


class Publisher:
    """Implements `services.cluster.nodes.OtherNodes`. Presence is told at once, and again no sooner than after
    `interval`. `band_of` says whose a content is that this node knows.

    While there is a node that does not follow bands, of the version before that is, edits are told to everybody too;
    which way they go does not matter to those who do."""

    def __init__(
        self, bus: Bus, lease: Lease, clock: Clock, interval: timedelta, band_of: Callable[[str], str]
    ) -> None:
        self.bus = bus
        self.may_tell_by_band = True
        self.last = 0
        """The number of the last message that has one."""
        self._lease = lease
        self._clock = clock
        self._interval = interval
        self._band_of = band_of
        self._touched: defaultdict[SharedRoom, dict[str, None]] = defaultdict(dict)
        self._rosters: dict[SharedRoom, Roster] = {}
        self._is_waiting = False

    def send(self, message: Message) -> None:
        self.bus.publish(self._encoded(message))

    def edits(self, edits: Sequence[Edit]) -> None:
        """A commit of this node."""
        by_band: defaultdict[str | None, list[Edit]] = defaultdict(list)
        for edit in edits:
            by_band[self._band_of(edit.content_id) if self.may_tell_by_band else None].append(edit)
        for band_id, of_band in by_band.items():
            encoded = self._encoded(Edits(of_band))
            if len(encoded) > MAX_EDITS_BYTES:
                encoded = self._encoded(Heads({edit.content_id: edit.version for edit in of_band}))
            self.bus.publish(encoded, band_id)

    def event(self, room: str, event: str, payload: Json) -> None:
        self.send(Told(self._next(), self._lease.node_id, room, event, payload))

    def host_told(self, to: str, event: str, payload: Any) -> None:
        self.send(HostTold(self._next(), self._lease.node_id, to, event, payload))

    def band_changed(self, band_id: str) -> None:
        self.send(BandChanged(self._next(), self._lease.node_id, band_id))

    def presence_changed(self, room: SharedRoom, before: Roster, after: Roster) -> None:
        touched = presence.touched(before, after)
        if touched:
            self._touched[room].update(dict.fromkeys(touched))
            self._rosters[room] = after
            if not self._is_waiting:
                self.flush()

    def flush(self) -> None:
        """Says of presence what has not been said yet."""
        touched, self._touched = self._touched, defaultdict(dict)
        rosters, self._rosters = self._rosters, {}
        if not touched:
            return
        changes = {room.name: self._change(rosters[room], session_ids) for room, session_ids in touched.items()}
        self.send(PresenceChanged(self._next(), self._lease.node_id, changes))
        if self._interval > timedelta(0):
            self._is_waiting = True
            self._clock.call_at(self._clock.now() + self._interval, self._due)

    def _change(self, roster: Roster, session_ids: dict[str, None]) -> RoomChange:
        now = self._clock.now()
        entries = [entry for key in session_ids if (entry := roster.sessions.get(key)) is not None]
        return {
            "updated": [presence_to_json(entry, now) for entry in entries if entry.node is None],
            "gone": [key for key in session_ids if key not in roster.sessions],
        }

    def _due(self) -> None:
        self._is_waiting = False
        self.flush()

    def _next(self) -> int:
        self.last += 1
        return self.last

    def _encoded(self, message: Message) -> bytes:
        return to_json(message, self._lease.node_id, self._clock.now().timestamp())


class Silence:
    """Implements `services.cluster.nodes.OtherNodes` where there are none."""

    def event(self, room: str, event: str, payload: Json) -> None: ...

    def host_told(self, to: str, event: str, payload: Any) -> None: ...

    def band_changed(self, band_id: str) -> None: ...

    def presence_changed(self, room: SharedRoom, before: Roster, after: Roster) -> None: ...
