"""A slow line to a server: so many bytes a second each way, and a round trip that takes its time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_CHUNK_BYTES = 2_048

_BUFFER_BYTES = 16_384
"""What lies in the proxy itself: little, so that the server feels how slow the line is."""


class _Way:
    """One direction, which all connections share."""

    def __init__(self, bytes_per_s: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._is_free_at = 0.0
        self.carried_bytes = 0

    async def carry(self, size_bytes: int) -> None:
        self.carried_bytes += size_bytes
        now = asyncio.get_running_loop().time()
        self._is_free_at = max(now, self._is_free_at) + size_bytes / self._bytes_per_s
        await asyncio.sleep(self._is_free_at - now)


class SlowLine:
    """`down` counts what has come from the server, `up` what has gone to it."""

    def __init__(self, target_url: str, bytes_per_s: float, round_trip_s: float) -> None:
        self._target = urlsplit(target_url)
        self._round_trip_s = round_trip_s
        self._tasks: set[asyncio.Task[None]] = set()
        self.down, self.up = _Way(bytes_per_s), _Way(bytes_per_s)
        self._is_moving = asyncio.Event()
        self._is_moving.set()
        self.connections = 0
        self.url = ""

    def stand_still(self) -> None:
        """Carries nothing more, as a line that fails without a word."""
        self._is_moving.clear()

    def go_on(self) -> None:
        self._is_moving.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await asyncio.sleep(self._round_trip_s)
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        own.setblocking(False)
        await asyncio.get_running_loop().sock_connect(own, (self._target.hostname, self._target.port))
        from_server, to_server = await asyncio.open_connection(sock=own, limit=_CHUNK_BYTES)
        for source, sink, way in ((reader, to_server, self.up), (from_server, writer, self.down)):
            self._spawn(source, sink, way)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: _Way) -> None:
        task = asyncio.create_task(self._pump(source, sink, way))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: _Way) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await source.read(_CHUNK_BYTES):
                await way.carry(len(data))
                await self._is_moving.wait()
                loop.call_later(self._round_trip_s / 2, sink.write, data)
                await sink.drain()
            await asyncio.sleep(self._round_trip_s / 2)
        except ConnectionError:
            pass
        finally:
            sink.transport.abort() if source.exception() else sink.close()


@asynccontextmanager
async def slow_line(target_url: str, *, bytes_per_s: float, round_trip_s: float = 0.0) -> AsyncIterator[SlowLine]:
    """A line before a server, on a port of its own."""
    made = SlowLine(target_url, bytes_per_s, round_trip_s)
    listening = await asyncio.start_server(made.accept, "127.0.0.1", 0, limit=_CHUNK_BYTES)
    host, port = listening.sockets[0].getsockname()
    made.url = f"http://{host}:{port}"
    try:
        yield made
    finally:
        listening.close()
        await made.close()
