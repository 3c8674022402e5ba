"""A websocket with no more than a load needs: frames in, frames out, on the event loop's own transport.

The usual clients cost more for each message than the servers under test; then the load would be what is measured.
"""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import cast

TEXT, BINARY = 0x81, 0x82
_CLOSE, _PING, _PONG = 0x8, 0x9, 0x8A
_NO_MASK = bytes(4)

OPEN_TIMEOUT_S = 30


class Socket(asyncio.Protocol):
    """One connection; `on_message` gets the payload of each whole message. It offers no compression. It may come from
    any `local_address` of this machine."""

    def __init__(self, port: int, path: str, on_message: Callable[[bytes], None]) -> None:
        self._port = port
        self._path = path
        self._on_message = on_message
        self._unread = b""
        self.local_address = "127.0.0.1"
        self._transport: asyncio.Transport
        self._is_open = False
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        await asyncio.get_running_loop().create_connection(
            lambda: self, "127.0.0.1", self._port, local_addr=(self.local_address, 0)
        )
        try:
            await asyncio.wait_for(self._opened, OPEN_TIMEOUT_S)
        except TimeoutError:
            self.close()
            raise

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        """Sends one frame; its mask is of zeros, which leaves the payload as it is."""
        size = len(payload)
        if size < 126:
            header = bytes((opcode, 0x80 | size))
        elif size < 65_536:
            header = bytes((opcode, 0xFE)) + size.to_bytes(2, "big")
        else:
            header = bytes((opcode, 0xFF)) + size.to_bytes(8, "big")
        self._transport.write(header + _NO_MASK + payload)

    def close(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {self._path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        )
        self._transport.write("\r\n".join((*lines, "", "")).encode())

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        if not self._opened.done():
            self._opened.set_exception(error or ConnectionError("expected an upgrade, got the end"))

    def data_received(self, data: bytes) -> None:
        data = self._unread + data if self._unread else data
        start = 0 if self._is_open else self._take_answer(data)
        while frame := _frame(data, start):
            opcode, begin, start = frame
            payload = data[begin:start]
            if opcode == _PING:
                self.send(payload, _PONG)
            elif opcode == _CLOSE:
                self.close()
            else:
                self._on_message(payload)
        self._unread = data[start:]

    def _take_answer(self, data: bytes) -> int:
        """Where the first frame begins, after the answer to the upgrade."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._opened.set_exception(ConnectionError(f"expected an upgrade, got {data[:80]!r}"))
            self.close()
            return len(data)
        self._is_open = True
        self._opened.set_result(None)
        return end + 4


def _frame(data: bytes, start: int) -> tuple[int, int, int] | None:
    """Opcode, and begin and end of the payload, of the frame at `start`; None where it is not all there."""
    if len(data) < start + 2:
        return None
    size, begin = data[start + 1], start + 2
    if size == 126:
        size, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
    elif size == 127:
        size, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
    end = begin + size
    if end > len(data):
        return None
    if not data[start] & 0x80:
        raise ValueError("expected whole messages, got a fragment of one")
    return data[start] & 0x0F, begin, end
