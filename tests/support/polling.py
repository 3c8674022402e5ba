"""A polling client that sends exactly what a test says, packet by packet (Engine.IO 4, Socket.IO 5)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

CLOSE = "1"
DISCONNECT = "41"


class Polling:
    """One Engine.IO session over long polling."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self.path = "/socket.io/?EIO=4&transport=polling"

    async def open(self) -> None:
        """The handshake: from here on the server has a socket."""
        answer = await self._http.get(self.path)
        self.path += f"&sid={json.loads(answer.text.removeprefix('0'))['sid']}"

    async def poll(self) -> httpx.Response:
        """The answer to a poll, once the server has something to say."""
        return await self._http.get(self.path)

    async def send(self, packet: str | bytes) -> httpx.Response:
        return await self._http.post(self.path, content=packet)

    async def connect(self, token: str | None = None) -> None:
        await self.send("40" if token is None else "40" + json.dumps({"token": token}))

    async def emit(self, event: str, payload: object) -> None:
        await self.send("42" + json.dumps([event, payload]))


@asynccontextmanager
async def polling(url: str) -> AsyncIterator[Polling]:
    """A client that has done the handshake."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as http:
        client = Polling(http)
        await client.open()
        yield client
