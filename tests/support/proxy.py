"""A TCP proxy that can stop forwarding, as a network does that fails without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Proxy:
    """Forwards to a server until it is frozen; then both ends stay connected and hear nothing."""

    def __init__(self, target_url: str) -> None:
        self._target = urlsplit(target_url)
        self._forwarding = asyncio.Event()
        self._forwarding.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.url = ""

    def freeze(self) -> None:
        self._forwarding.clear()

    def thaw(self) -> None:
        """Goes on forwarding, beginning with what lay there."""
        self._forwarding.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, to_server[1]]
        for source, sink in ((reader, to_server[1]), (to_server[0], writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            await self._forwarding.wait()
            sink.write(data)
        await self._forwarding.wait()
        sink.close()


@asynccontextmanager
async def proxy(target_url: str) -> AsyncIterator[Proxy]:
    """A proxy before a server, on a port of its own."""
    made = Proxy(target_url)
    listening = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    made.url = f"http://{host}:{port}"
    try:
        yield made
    finally:
        listening.close()
        await made.close()
