"""The sockets on which no good token was shown yet: so many of one address, and so many in all.

A token comes only once a socket is open, so that whoever has one must always get a socket: a band behind one address
may share it with somebody who opens sockets and says nothing. So none is refused. Where there are too many the one that
has waited longest makes room: who has a token shows it a moment after the handshake, and is counted no more.
"""

from typing import TypeAlias

Address: TypeAlias = str | None


class Tokenless:
    """The sockets by their ids, the oldest first."""

    def __init__(self, max_sockets: int, max_per_address: int) -> None:
        self._max_sockets = max_sockets
        self._max_per_address = max_per_address
        self._addresses: dict[str, Address] = {}
        self._of: dict[Address, dict[str, None]] = {}

    def add(self, socket_id: str, address: Address) -> str | None:
        """Counts a socket in. Returns one that is to be closed for it, which counts no more."""
        self._addresses[socket_id] = address
        self._of.setdefault(address, {})[socket_id] = None
        if len(self._of[address]) > self._max_per_address:
            crowded = address
        elif len(self._addresses) > self._max_sockets:
            # The address that takes most of the room.
            crowded = max(self._of, key=lambda found: len(self._of[found]))
        else:
            return None
        oldest = next(iter(self._of[crowded]))
        self.discard(oldest)
        return oldest

    def discard(self, socket_id: str) -> bool:
        """Counts a socket out: a good token was shown on it, or it has gone. Returns whether it was counted."""
        if socket_id not in self._addresses:
            return False
        address = self._addresses.pop(socket_id)
        del self._of[address][socket_id]
        if not self._of[address]:
            del self._of[address]
        return True
