"""The connections on which no good token was shown yet: so many of one address, and so many in all.

A token comes only once a connection is open, so that whoever has one must always get a connection: a band behind one
address may share it with somebody who opens connections and says nothing. So none is refused. Where there are too many
the one that has waited longest makes room: who has a token shows it a moment after the handshake, and is counted no
more.
"""

from typing import TypeAlias

from collab.realtime.connection import Connection

Address: TypeAlias = str | None


class Tokenless:
    """The connections of each address, the oldest first."""

    def __init__(self, max_connections: int, max_per_address: int) -> None:
        self._max_connections = max_connections
        self._max_per_address = max_per_address
        self._count = 0
        self._of: dict[Address, dict[Connection, None]] = {}

    def add(self, connection: Connection) -> Connection | None:
        """Counts a connection in. Returns one that is to be closed for it, which counts no more."""
        self._count += 1
        there = self._of.setdefault(connection.address, {})
        there[connection] = None
        if len(there) > self._max_per_address:
            crowded = there
        elif self._count > self._max_connections:
            # Those of the address that takes most of the room.
            crowded = max(self._of.values(), key=len)
        else:
            return None
        oldest = next(iter(crowded))
        self.discard(oldest)
        return oldest

    def discard(self, connection: Connection) -> bool:
        """Counts a connection out: a good token was shown on it, or it has gone. Returns whether it was counted."""
        there = self._of.get(connection.address, {})
        if connection not in there:
            return False
        self._count -= 1
        del there[connection]
        if not there:
            del self._of[connection.address]
        return True
