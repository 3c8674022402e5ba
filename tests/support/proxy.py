"""A TCP proxy that can stop forwarding, as a network does that fails without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Proxy:
    """Forwards to a server until it is frozen; then both ends stay connected and hear nothing."""

    def __init__(self, target_url: str) -> None:
        self._target = urlsplit(target_url)
        self._to_server, self._to_client = asyncio.Event(), asyncio.Event()
        self.thaw()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.url = ""

    def freeze(self) -> None:
        self._to_server.clear()
        self.hold_answers()

    def hold_answers(self) -> None:
        """What clients say still arrives; what the server says lies there."""
        self._to_client.clear()

    def thaw(self) -> None:
        """Goes on forwarding, beginning with what lay there: that arrives all at once."""
        self._to_server.set()
        self._to_client.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._writers += [writer, to_server[1]]
        for source, sink, goes_on in (
            (reader, to_server[1], self._to_server),
            (to_server[0], writer, self._to_client),
        ):
            task = asyncio.create_task(_pump(source, sink, goes_on))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, goes_on: asyncio.Event) -> None:
    while data := await source.read(65_536):
        await goes_on.wait()
        sink.write(data)
    await goes_on.wait()
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
