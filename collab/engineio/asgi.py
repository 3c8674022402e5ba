"""A websocket by ASGI: for any server that is not uvicorn with the class of `handover.py`."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.types import Receive, Send
from websockets.frames import CloseCode

from collab.engineio.packets import Data, Packet
from collab.engineio.session import Flow
from collab.engineio.websocket import WebSocket

if TYPE_CHECKING:
    from collab.engineio.connection import Connection


class AsgiWebSocket(WebSocket):
    """`run` reads until the client has gone. What goes out is written by a task, while there is something."""

    __slots__ = (
        "_closing",
        "_max_bytes",
        "_outgoing",
        "_reader",
        "_receive",
        "_received_count",
        "_send",
        "_taken_count",
        "_writer",
    )

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        super().__init__()
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._outgoing: list[Packet] = []
        self._writer: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closing: int | None = None
        self._received_count = self._taken_count = 0

    async def run(self, connection: "Connection") -> None:
        """Carries a connection for as long as the websocket is there."""
        self._reader = asyncio.create_task(self._read(), name="websocket")
        self.carry(connection)
        try:
            await asyncio.wait([self._reader])
        finally:
            self._reader.cancel()
            if self._writer is not None:
                await asyncio.wait([self._writer])
            if self._closing is None:
                # Not every server does so by itself where an application has returned.
                with suppress(Exception):
                    await self._send({"type": "websocket.close", "code": CloseCode.NORMAL_CLOSURE})

    async def _read(self) -> None:
        close_code: int | None = None
        try:
            while (event := await self._receive())["type"] == "websocket.receive":
                self._received_count += 1
                text: str | None = event.get("text")
                data: Data = event["bytes"] if text is None else text
                if len(data) > self._max_bytes:
                    self._close(CloseCode.MESSAGE_TOO_BIG)
                    return
                self.hear(data)
                if self.connection is not None:
                    await self.connection.settled()
                # What has come already is there at once: without this, nobody else would get a turn before.
                await asyncio.sleep(0)
            close_code = event.get("code")
        finally:
            self.lost(close_code)

    @property
    def is_writable(self) -> bool:
        return not self._outgoing and self._closing is None

    def write(self, packets: list[Packet]) -> None:
        self._outgoing += packets
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_out(), name="websocket")

    async def _write_out(self) -> None:
        try:
            while self._outgoing or self._closing is not None:
                if not self._outgoing:
                    await self._send({"type": "websocket.close", "code": self._closing})
                    return
                written, self._outgoing = self._outgoing, []
                for packet in written:
                    kind = "text" if isinstance(packet.data, str) else "bytes"
                    await self._send({"type": "websocket.send", kind: packet.data})
                    self._taken_count += 1
                self.flush()
        except Exception:  # noqa: BLE001  # each server raises its own where the client has gone
            self.lost()
        finally:
            self._writer = None

    def flow(self) -> Flow:
        """Counted in messages, which is all that ASGI tells."""
        return Flow(self._received_count, self._taken_count, len(self._outgoing))

    def pause_reading(self) -> None:
        """Nothing: each message is handled before the next is read."""

    def resume_reading(self) -> None:
        """Nothing, as above."""

    def hang_up(self) -> None:
        self._close(CloseCode.NORMAL_CLOSURE)

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
        if self._reader is not None:
            self._reader.cancel()

    def _close(self, code: int) -> None:
        if self._closing is None:
            self._closing = code
            self.write([])
