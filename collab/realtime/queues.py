"""A queue for each of many connections.

`asyncio.Queue` begins with four deques, each of 0.75 kB before anything is in it. A connection has two queues, of what
has come in and of what is to be sent, and both are nearly always empty: they were a fifth of all that it took.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from engineio import packet

EntryT = TypeVar("EntryT")


class Queue(Generic[EntryT]):
    """What uvicorn and python-engineio call of an `asyncio.Queue` without a bound. `on_put` hears of each entry."""

    __slots__ = ("_entries", "_finished", "_getters", "_unfinished", "on_put")

    def __init__(self) -> None:
        self.on_put: Callable[[], None] | None = None
        self._entries: list[EntryT] = []
        self._getters: list[asyncio.Future[None]] = []
        self._unfinished = 0
        self._finished: asyncio.Event | None = None

    def __iter__(self) -> Iterator[EntryT]:
        return iter(self._entries)

    def qsize(self) -> int:
        return len(self._entries)

    def empty(self) -> bool:
        return not self._entries

    async def put(self, entry: EntryT) -> None:
        self.put_nowait(entry)

    def put_nowait(self, entry: EntryT) -> None:
        self._entries.append(entry)
        self._unfinished += 1
        self._wake_one()
        if self.on_put is not None:
            self.on_put()

    async def get(self) -> EntryT:
        """The oldest entry, as soon as there is one."""
        while not self._entries:
            getter = asyncio.get_running_loop().create_future()
            self._getters.append(getter)
            try:
                await getter
            except asyncio.CancelledError:
                # It may have been woken just before: then another getter has to be woken for that entry.
                self._wake_one()
                raise
            finally:
                self._getters.remove(getter)
        return self._entries.pop(0)

    def get_nowait(self) -> EntryT:
        """The oldest entry; `asyncio.QueueEmpty` where there is none."""
        if not self._entries:
            raise asyncio.QueueEmpty
        return self._entries.pop(0)

    def task_done(self) -> None:
        """Somebody is done with an entry that they got."""
        self._unfinished -= 1
        if not self._unfinished and self._finished is not None:
            self._finished.set()
            self._finished = None

    async def join(self) -> None:
        """Returns when everything that was put is done with."""
        if self._unfinished:
            self._finished = self._finished or asyncio.Event()
            await self._finished.wait()

    def _wake_one(self) -> None:
        if self._entries:
            getter = next((getter for getter in self._getters if not getter.done()), None)
            if getter is not None:
                getter.set_result(None)


class Outbox(Queue[packet.Packet | None]):
    """What waits to be sent on a connection, `None` to end it. A ping passes all that waits: a client that is slow to
    read is to hear that the server is there. `on_ping` hears of each."""

    __slots__ = ("on_ping",)

    def __init__(self) -> None:
        super().__init__()
        self.on_ping: Callable[[], None] | None = None

    def put_nowait(self, entry: packet.Packet | None) -> None:
        super().put_nowait(entry)
        if entry is not None and entry.packet_type == packet.PING:
            self._entries.insert(0, self._entries.pop())
            if self.on_ping is not None:
                self.on_ping()
