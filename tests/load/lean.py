"""A member as lean as can be: Socket.IO over a raw websocket, so that a load is never its own bottleneck."""

import asyncio
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

Json = dict[str, Any]


class LeanClient:
    """In one content at a time, of which it knows the version."""

    def __init__(self, url: str, token: str) -> None:
        self._url = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._acks: dict[int, asyncio.Future[Json]] = {}
        self._count = 0
        self._reader: asyncio.Task[None] | None = None
        self._socket: ClientConnection
        self.version = 0
        """Of the content that it is in, as last heard."""

    async def open(self) -> None:
        self._socket = await connect(self._url, compression=None, ping_interval=None, max_size=None)
        await self._socket.recv()
        await self._socket.send("40" + orjson.dumps({"token": self._token}).decode())
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        await self._socket.close()

    def drop(self) -> None:
        """Goes without a word."""
        if self._reader is not None:
            self._reader.cancel()
        self._socket.transport.abort()

    async def call(self, event: str, payload: Any) -> Json:
        self._count += 1
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[self._count] = answer
        await self._socket.send(f"42{self._count}{orjson.dumps([event, payload]).decode()}")
        return await answer

    async def _read(self) -> None:
        async for message in self._socket:
            text = str(message)
            if text == "2":
                await self._socket.send("3")
            elif text.startswith("43"):
                start = text.index("[")
                [answer] = orjson.loads(text[start:])
                self.version = max(self.version, answer.get("version", 0))
                self._acks.pop(int(text[2:start])).set_result(answer)
            elif text.startswith("42"):
                self._hear(*orjson.loads(text[2:]))

    def _hear(self, event: str, payload: Any) -> None:
        edits = payload["edits"] if event == "batch_update" else [payload] if event == "content_edited" else []
        self.version = max([self.version, *(edit["version"] for edit in edits)])
