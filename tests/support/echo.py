"""A server of Engine.IO on which every message comes back, under uvicorn, by each of its two ways with a websocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import ref

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.config import WSProtocolType
from websockets.asyncio.client import connect

from collab.engineio.connection import Connection
from collab.engineio.handover import HandedOver
from collab.engineio.server import EngineServer
from tests.support.waiting import until

MAX_BYTES = 10_000
PATH = "/socket.io/?EIO=4&transport="

WAYS: dict[str, WSProtocolType | type[HandedOver]] = {"TCP": HandedOver, "ASGI": "websockets-sansio"}
"""uvicorn's classes of websockets: with ours they go straight over TCP, with its own by ASGI."""


class _Request(dict[str, Any]):
    """A scope that can be looked for."""

    __slots__ = ("__weakref__",)


class Echo:
    """A server on which every message comes back."""

    def __init__(self, interval_s: float, timeout_s: float) -> None:
        self.engine = EngineServer[Connection](
            ping_interval=interval_s,
            ping_timeout=timeout_s,
            max_http_buffer_size=MAX_BYTES,
            cors_allowed_origins=lambda origin, _headers: origin != "https://evil.example",
            make_connection=Connection,
        )
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.ended_count = 0
        self.environs: list[dict[str, Any]] = []
        self.requests: list[ref[_Request]] = []
        self.engine.on("connect", self._connected)
        self.engine.on("message", self.engine.send)
        self.engine.on("disconnect", self._disconnected)
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _Request(scope)
        self.requests.append(ref(request))
        await self.engine.handle_request(request, receive, send)

    async def _connected(self, _session_id: str, environ: dict[str, Any]) -> None:
        """Everybody is let in; as python-socketio does, this keeps what it is told of them."""
        self.environs.append(environ)

    async def _disconnected(self, _session_id: str, reason: str) -> None:
        self.ended_count += 1
        self.ended.put_nowait(reason)

    async def end_all(self) -> None:
        """No connection is left, and nothing more to be said of any."""
        for connection in list(self.engine):
            await self.engine.disconnect(connection.id)
        await until(lambda: self.ended_count == len(self.environs))
        while not self.ended.empty():
            self.ended.get_nowait()

    def websocket(self, query: str = "") -> connect:
        return connect(f"{self.url.replace('http', 'ws')}{PATH}websocket{query}", compression=None)


@asynccontextmanager
async def echoing(way: str, interval_s: float = 25, timeout_s: float = 20) -> AsyncIterator[Echo]:
    """Serves it, until the block ends."""
    made = Echo(interval_s, timeout_s)
    server = uvicorn.Server(
        uvicorn.Config(made, port=0, lifespan="off", log_config=None, ws=WAYS[way], ws_per_message_deflate=False)
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield made
    await made.engine.shutdown()
    server.should_exit = True
    await serving
