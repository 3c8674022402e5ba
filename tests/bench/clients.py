"""The load: lean Socket.IO clients over raw websockets, so that the generator is never the bottleneck."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

Json = dict[str, Any]


@dataclass
class Tally:
    """What was measured, in seconds, since `begin`."""

    begin: float = float("inf")
    acks_s: list[float] = field(default_factory=list)
    propagations_s: list[float] = field(default_factory=list)
    sent_at: dict[str, float] = field(default_factory=dict)
    refusals: int = 0

    def heard(self, edit_id: str, now: float) -> None:
        sent = self.sent_at.get(edit_id)
        if sent is not None and sent >= self.begin:
            self.propagations_s.append(now - sent)


class LeanClient:
    """One member: sends edits of its own field, waits for each ack, and notes when others' edits arrive."""

    def __init__(self, url: str, token: str, room: str, item: str, tally: Tally) -> None:
        self._url = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._room = room
        self._item = item
        self._tally = tally
        self._acks: dict[int, asyncio.Future[Json]] = {}
        self._count = 0
        self._version = 0
        self._reader: asyncio.Task[None] | None = None
        self._socket: ClientConnection

    async def open(self) -> None:
        self._socket = await connect(self._url, compression=None, ping_interval=None, max_size=None)
        await self._socket.recv()
        await self._socket.send("40" + orjson.dumps({"token": self._token}).decode())
        self._reader = asyncio.create_task(self._read())
        answer = await self.call("join_room", self._room)
        assert answer["ok"], answer
        self._version = answer.get("content", {}).get("version", 0)

    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        await self._socket.close()

    async def call(self, event: str, payload: Any) -> Json:
        self._count += 1
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[self._count] = answer
        await self._socket.send(f"42{self._count}{orjson.dumps([event, payload]).decode()}")
        return await answer

    async def edit(self) -> None:
        edit_id = str(uuid.uuid4())
        op = {"op": "set", "item": self._item, "field": "tempo", "value": 20 + self._count % 380}
        body = {"room_id": self._room, "edit_id": edit_id, "base_version": self._version, "ops": [op]}
        sent = time.perf_counter()
        self._tally.sent_at[edit_id] = sent
        answer = await self.call("edit_content", body)
        if not answer["ok"]:
            self._tally.refusals += 1
        elif sent >= self._tally.begin:
            self._tally.acks_s.append(time.perf_counter() - sent)

    async def keep_editing(self, until: float, pause_s: float, share: float) -> None:
        """Edits until then: at once after each ack, or paced, beginning at that share of the first pause."""
        next_at = time.perf_counter() + pause_s * share
        while (now := time.perf_counter()) < until:
            if pause_s:
                await asyncio.sleep(max(0.0, next_at - now))
                next_at += pause_s
            await self.edit()

    async def _read(self) -> None:
        async for message in self._socket:
            text = str(message)
            if text == "2":
                await self._socket.send("3")
            elif text.startswith("43"):
                start = text.index("[")
                [answer] = orjson.loads(text[start:])
                self._version = max(self._version, answer.get("version", 0))
                self._acks.pop(int(text[2:start])).set_result(answer)
            elif text.startswith("42"):
                self._hear(*orjson.loads(text[2:]))

    def _hear(self, event: str, payload: Any) -> None:
        now = time.perf_counter()
        edits = payload["edits"] if event == "batch_update" else [payload] if event == "content_edited" else []
        for edit in edits:
            self._version = max(self._version, edit["version"])
            self._tally.heard(edit["edit_id"], now)
