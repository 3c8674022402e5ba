"""How long a client may be connected without a token.

Whoever lets that time run out is disconnected, and there are clients that connect again at once, for ever: a stock one
does whose handler of `disconnect` says so. None can be refused for it. A token may be shown only once a client is
connected, and behind the same address others have one. So the clients of an address where the time runs out again and
again are given more of it: the loop gets slow, and whoever has a token may show it at any moment. How many connections
may wait so is bound elsewhere (`tokenless.py`).
"""

from datetime import datetime, timedelta

from cachetools import LRUCache

from collab.realtime.tokenless import Address
from collab.services.ports import Clock

FREE_TIMEOUTS = 3
"""So often the time runs out at an address before its clients are given more of it."""

MAX_DOUBLINGS = 4
"""How often the time is doubled."""

_MAX_ADDRESSES = 10_000
"""Those are kept at which it ran out last."""


class TokenTime:
    """`timeout` is what clients are given first. An address begins anew where nothing has run out for twice the time
    that its clients are given."""

    def __init__(self, clock: Clock, timeout: timedelta) -> None:
        self._clock = clock
        self._timeout = timeout
        self._ran_out: LRUCache[Address, tuple[int, datetime]] = LRUCache(_MAX_ADDRESSES)

    def at(self, address: Address) -> timedelta:
        """What a client of that address is given."""
        return self._after(self._count(address))

    def ran_out(self, address: Address, began_at: datetime) -> None:
        """A client of that address, which connected at that time, has shown no token in time. Many that were connected
        side by side count as one: what is to get slow is who comes again."""
        count = self._count(address)
        has_come_again = count == 0 or began_at >= self._ran_out[address][1]
        self._ran_out[address] = count + has_come_again, self._clock.now()

    def _count(self, address: Address) -> int:
        if address not in self._ran_out:
            return 0
        count, last = self._ran_out[address]
        return count if self._clock.now() - last <= 2 * self._after(count) else 0

    def _after(self, count: int) -> timedelta:
        doublings = min(max(count - FREE_TIMEOUTS + 1, 0), MAX_DOUBLINGS)
        return self._timeout * (1 << doublings)
