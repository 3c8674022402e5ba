"""Traffic: what REST calls hold in memory, for how long, and how many of them at once.

Two budgets. In bytes, what is on its way: bodies that come and large answers that go, of a user and of all; what would
be too much is `rate_limited`, before it is read. In number, the calls whose answers may be large (documents and
histories): so many of a user and so many in all are made at a time. The others wait their turn, and hold nothing then.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from collab.domain.errors import RateLimited

RETRY_AFTER_S = 1.0
"""When a call that was too much is to be made again: others are on their way, and soon through."""


@dataclass(frozen=True, slots=True)
class TrafficLimits:
    """`timeout_s` is how long a body may take to come, or a large answer to go."""

    user_bytes: int
    all_bytes: int
    user_answers: int
    all_answers: int
    timeout_s: float


class Traffic:
    def __init__(self, limits: TrafficLimits) -> None:
        self.limits = limits
        self._bytes_of: Counter[str] = Counter()
        self._places = asyncio.Semaphore(limits.all_answers)
        self._places_of: dict[str, asyncio.Semaphore] = {}
        self._asking: Counter[str] = Counter()

    @property
    def held_bytes(self) -> int:
        """What is on its way now."""
        return self._bytes_of.total()

    @contextmanager
    def held(self, user_id: str, size_bytes: int) -> Iterator[None]:
        """While this is entered, so many bytes of a user's are on their way; `RateLimited` where that is too much."""
        limits = self.limits
        of_user, of_all = self._bytes_of[user_id], self.held_bytes
        # One alone always passes: that it is not too large is somebody else's to say.
        is_users_too_much = of_user and of_user + size_bytes > limits.user_bytes
        if is_users_too_much or (of_all and of_all + size_bytes > limits.all_bytes):
            raise RateLimited("expected fewer bytes at once: wait for other calls to end", RETRY_AFTER_S)
        self._bytes_of[user_id] += size_bytes
        try:
            yield
        finally:
            self._bytes_of[user_id] -= size_bytes
            if not self._bytes_of[user_id]:
                del self._bytes_of[user_id]

    @asynccontextmanager
    async def turn(self, user_id: str) -> AsyncIterator[None]:
        """While this is entered, an answer that may be large is being made. Waits until it is the user's turn."""
        self._asking[user_id] += 1
        own = self._places_of.setdefault(user_id, asyncio.Semaphore(self.limits.user_answers))
        try:
            async with own, self._places:
                yield
        finally:
            self._asking[user_id] -= 1
            if not self._asking[user_id]:
                del self._asking[user_id], self._places_of[user_id]
