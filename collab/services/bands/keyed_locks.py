"""Keyed locks: those who work on one thing wait for each other, and for nobody else."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary


class KeyedLocks:
    """A lock for each thing, by its id; there as long as somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """How many things somebody holds or waits for."""
        return len(self._locks)

    def __contains__(self, what: str) -> bool:
        """Whether somebody holds it or waits for it."""
        return what in self._locks

    def at(self, what: str) -> asyncio.Lock:
        """The lock of one thing: `async with locks.at(band_id)`."""
        return self._locks.setdefault(what, asyncio.Lock())

    @asynccontextmanager
    async def at_all(self, what: Iterable[str]) -> AsyncIterator[None]:
        """Holds the locks of several, taken in one order, so that no two wait for each other."""
        async with AsyncExitStack() as held:
            for one in sorted(set(what)):
                await held.enter_async_context(self.at(one))
            yield
