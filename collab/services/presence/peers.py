"""Presence between nodes: each speaks for its own sessions, and says how they now are; the others take that over.

What is said is a state and not a change, so that a word that is lost is made up for by the next one, and one that comes
late is known for that by its number.
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
    """The sessions of other nodes, and what they are told of all that are here."""

    def __init__(self, service: PresenceService, clock: Clock, grace: timedelta) -> None:
        self._service = service
        self._clock = clock
        self._grace = grace

    def state(self) -> dict[str, list[Json]]:
        """All that this node's sessions do."""
        now = self._clock.now()
        rooms: defaultdict[str, list[Json]] = defaultdict(list)
        for room, entry in self._service.sessions_of(None):
            rooms[room.name].append(presence_to_json(entry, now))
        return rooms

    def heard(self, node: str, peer: Peer, number: int, rooms: Mapping[str, RoomChange]) -> None:
        """Another node says what some of its sessions do, and which of anybody's are no more."""
        now = self._clock.now()
        for name, said in rooms.items():
            updated = [presence_from_json(body, node, now) for body in said["updated"]]
            self._service.merge(
                parse_shared_room(name),
                [entry for entry in updated if peer.is_latest((name, entry.session_id), number)],
                [session_id for session_id in said["gone"] if peer.is_latest((name, session_id), number)],
            )

    def heard_state(self, node: str, peer: Peer, last: int, rooms: Mapping[str, list[Json]]) -> None:
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
