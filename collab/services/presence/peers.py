"""Presence between nodes: each speaks for its own sessions, and says how they now are; the others take that over.

What is said is a state and not a change, so that a word that is lost is made up for by the next one, and one that comes
late is known for that by its number.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from collab.domain.access import SharedRoom, parse_shared_room
from collab.domain.presence import roster as presence
from collab.domain.presence.peers import Peer
from collab.domain.presence.roster import Presence, Roster
from collab.services.cluster.peer_wire import Json, presence_from_json, presence_to_json
from collab.services.ports import Clock
from collab.services.presence.service import PresenceService


class PresencePeers:
    """`publish` sends the state of sessions by room; no sooner than `interval` after the last time."""

    def __init__(
        self,
        service: PresenceService,
        publish: Callable[[Json], None],
        clock: Clock,
        interval: timedelta,
        grace: timedelta,
    ) -> None:
        self._service = service
        self._publish = publish
        self._clock = clock
        self._interval = interval
        self._grace = grace
        self._touched: defaultdict[SharedRoom, dict[str, None]] = defaultdict(dict)
        self._is_waiting = False

    def changed(self, room: SharedRoom, before: Roster, after: Roster) -> None:
        """A roster was changed by what this node's sessions did."""
        touched = presence.touched(before, after)
        if touched:
            self._touched[room].update(dict.fromkeys(touched))
            if not self._is_waiting:
                self.flush()

    def flush(self) -> None:
        """Says what has not been said yet."""
        touched, self._touched = self._touched, defaultdict(dict)
        if not touched:
            return
        now = self._clock.now()
        rooms: Json = {}
        for room, session_ids in touched.items():
            held = self._service.roster(room).sessions
            here = [entry for key in session_ids if (entry := held.get(key)) is not None and entry.node is None]
            rooms[room.name] = {
                "updated": [presence_to_json(entry, now) for entry in here],
                "gone": [key for key in session_ids if key not in held],
            }
        self._publish(rooms)
        if self._interval > timedelta(0):
            self._is_waiting = True
            self._clock.call_at(now + self._interval, self._due)

    def state(self) -> Json:
        """All that this node's sessions do."""
        now = self._clock.now()
        rooms: defaultdict[str, list[Any]] = defaultdict(list)
        for room, entry in self._service.sessions_of(None):
            rooms[room.name].append(presence_to_json(entry, now))
        return rooms

    def heard(self, node: str, peer: Peer, number: int, rooms: Json) -> None:
        """Another node says what some of its sessions do, and which of anybody's are no more."""
        now = self._clock.now()
        for name, said in rooms.items():
            updated = [presence_from_json(body, node, now) for body in said["updated"]]
            self._service.merge(
                parse_shared_room(name),
                [entry for entry in updated if peer.is_latest((name, entry.session_id), number)],
                [session_id for session_id in said["gone"] if peer.is_latest((name, session_id), number)],
            )

    def heard_state(self, node: str, peer: Peer, last: int, rooms: Json) -> None:
        """Another node says what all of its sessions do, as it was after its message of that number."""
        now = self._clock.now()
        said = {name: [presence_from_json(body, node, now) for body in bodies] for name, bodies in rooms.items()}
        there = {(name, entry.session_id) for name, entries in said.items() for entry in entries}
        gone = [
            (room, entry)
            for room, entry in self._service.sessions_of(node)
            if (room.name, entry.session_id) not in there and peer.last_word((room.name, entry.session_id)) <= last
        ]
        for name, entries in said.items():
            fresh = [entry for entry in entries if peer.last_word((name, entry.session_id)) <= last]
            self._service.merge(parse_shared_room(name), fresh, ())
        self._drop(gone)

    def stopped(self, node: str) -> None:
        """A node has ended, and said so: whoever was still on it may come back to another one within the grace."""
        until = self._clock.now() + self._grace
        for room, entry in list(self._service.sessions_of(node)):
            if entry.lingers_until is None:
                self._service.merge(room, [replace(entry, lingers_until=until)], ())

    def died(self, node: str) -> None:
        """A node is dead: its sessions have left, but for those whose grace began before."""
        self._drop([(room, entry) for room, entry in self._service.sessions_of(node) if entry.lingers_until is None])

    def _drop(self, gone: Iterable[tuple[SharedRoom, Presence]]) -> None:
        for room, entry in list(gone):
            self._service.merge(room, (), [entry.session_id])

    def _due(self) -> None:
        self._is_waiting = False
        self.flush()
