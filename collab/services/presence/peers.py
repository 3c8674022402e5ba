"""Presence between nodes: each speaks for its own sessions, and says how they now are; the others take that over.

A message has states of sessions and not changes. So the next message makes up for one that was lost, and the number
of one that comes late tells that it is late (`domain/presence/peers.py`): of each session in each room the last word
counts. A node that joins, or that lost messages, asks for the state of all, which is true as of a number, too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from collab.domain.access import SharedRoom, parse_shared_room
from collab.domain.presence.peers import Peer
from collab.domain.presence.roster import Presence
from collab.services.cluster.messages import Json, RoomChange, presence_from_json, presence_to_json
from collab.services.ports import Clock
from collab.services.presence.service import PresenceService


class PresencePeers:
    """Takes over the sessions of other nodes, and tells them of those that are here."""

    def __init__(self, service: PresenceService, clock: Clock, grace: timedelta) -> None:
        self._service = service
        self._clock = clock
        self._grace = grace

    def state(self) -> dict[str, list[Json]]:
        """The state of all sessions of this node, by room."""
        now = self._clock.now()
        rooms: defaultdict[str, list[Json]] = defaultdict(list)
        for room, entry in self._service.sessions_of(None):
            rooms[room.name].append(presence_to_json(entry, now))
        return rooms

    def speakers(self, rooms: Mapping[str, Iterable[Json]]) -> set[str]:
        """The nodes that have spoken for any of these sessions so far."""
        found: set[str] = set()
        for name, bodies in rooms.items():
            held = self._service.roster(parse_shared_room(name)).sessions
            entries = (held.get(body["session_id"]) for body in bodies)
            found.update(entry.node for entry in entries if entry is not None and entry.node is not None)
        return found

    def heard(self, node: str, peer: Peer, number: int, rooms: Mapping[str, RoomChange]) -> None:
        """Another node tells the state of some of its sessions, and which sessions, of any node, are gone."""
        now = self._clock.now()
        for name, said in rooms.items():
            updated = [presence_from_json(body, node, now) for body in said["updated"]]
            self._service.merge(
                parse_shared_room(name),
                [entry for entry in updated if peer.is_latest((name, entry.session_id), number)],
                [session_id for session_id in said["gone"] if peer.is_latest((name, session_id), number)],
            )

    def heard_state(self, node: str, peer: Peer, last: int, rooms: Mapping[str, list[Json]]) -> None:
        """Another node tells the state of all its sessions, as of its message with that number."""
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
