"""The streams in which events arrive: a `Source` for each room and client, a `Stream` for each who reads it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from collab.client.events import Lagged

EventT = TypeVar("EventT")

MAX_WAITING = 10_000
"""Events that wait in a stream for its reader."""


class Stream(AsyncIterator[EventT | Lagged]):
    """The events since it was made, in order, for one reader: `async for event in stream`. Ends with its source.

    Of more than `MAX_WAITING` that wait the oldest are missed; the reader is told `Lagged` in their place.
    """

    def __init__(self, source: "Source[EventT]") -> None:
        self._source = source  # as long as somebody reads, the source is needed
        self._waiting: deque[EventT] = deque()
        self._missed = 0
        self._is_over = False
        self._has_news = asyncio.Event()

    async def __anext__(self) -> EventT | Lagged:
        while not (self._waiting or self._is_over):
            self._has_news.clear()
            await self._has_news.wait()
        if self._missed:
            lagged, self._missed = Lagged(self._missed), 0
            return lagged
        if not self._waiting:
            raise StopAsyncIteration
        return self._waiting.popleft()

    def put(self, event: EventT) -> None:
        if len(self._waiting) == MAX_WAITING:
            self._waiting.popleft()
            self._missed += 1
        self._waiting.append(event)
        self._has_news.set()

    def end(self) -> None:
        """Nothing more comes; what waits can still be read."""
        self._is_over = True
        self._has_news.set()


class Source(Generic[EventT]):
    """Where events come from. A stream that nobody holds any more is forgotten."""

    def __init__(self) -> None:
        # Told in the order in which they were made: a set has none.
        self._streams: WeakKeyDictionary[Stream[EventT], None] = WeakKeyDictionary()
        self._is_closed = False

    def stream(self) -> Stream[EventT]:
        stream = Stream(self)
        if self._is_closed:
            stream.end()
        self._streams[stream] = None
        return stream

    def publish(self, *events: EventT) -> None:
        for stream in list(self._streams):
            for event in events:
                stream.put(event)

    def close(self) -> None:
        self._is_closed = True
        for stream in list(self._streams):
            stream.end()
