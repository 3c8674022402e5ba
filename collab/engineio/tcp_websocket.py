"""A websocket straight on its TCP connection, taken over from the server once the handshake is done.

ASGI has a queue and a task woken for each message that comes in, and a task woken for each that goes out: that is most
of what a message costs, and most of what an idle connection keeps. So the handshake goes by ASGI like any other,
through proxies' headers and whatever middleware a host has; then the TCP connection gets this protocol (`handover.py`),
and the ASGI application returns.

Frames are split here, so that "between two frames" is a variable. What nearly every frame is, a whole text, is read
here too. All others (fragments, pings, a close, what is none) go to websockets' parser, which is made for the first of
them and dropped once it is between two messages again.

Connections take turns. One read of a socket brings up to 256 kB, which may be thousands of messages: in one go they
would hold up everybody else for as long as they all take. So a connection reads for READ_S, and what is left of its
bytes waits for the next turn of the event loop; until they are read, nothing more is taken from the socket.
"""

import asyncio
from contextvars import Context
from time import perf_counter
from typing import Any

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side

from collab.engineio.packets import Packet
from collab.engineio.session import Flow
from collab.engineio.tcp import flow_of, give_up_after
from collab.engineio.websocket import WebSocket

try:
    from websockets.speedups import apply_mask
except ImportError:  # where websockets came without its compiled part
    from websockets.utils import apply_mask

_WHOLE_TEXT, _WHOLE_CLOSE, _MASKED = 0x81, 0x88, 0x80
_HEAD_BYTES, _MASK_BYTES = 2, 4

READ_S = 0.0005
"""How long a connection reads in one turn of the event loop."""

READ_MESSAGES = 16
"""So many messages a connection reads in a turn, however long that takes."""

CLOSE_WITHIN_S = 10.0
"""How long a client may take to answer a close."""


class TcpWebSocket(WebSocket, asyncio.Protocol):
    """`connections` are those that uvicorn closes at its end; `patience_s` is how long the system waits for a client
    once nobody here looks after it."""

    __slots__ = (
        "_closing", "_connections", "_context", "_is_held", "_is_paused", "_is_reading_on", "_max_bytes",
        "_needed_bytes", "_parser", "_parts", "_patience_s", "_rest", "_transport",
    )  # fmt: skip

    def __init__(
        self,
        transport: asyncio.Transport,
        connections: set[Any],
        context: Context,
        max_bytes: int,
        patience_s: float,
    ) -> None:
        super().__init__()
        self._transport = transport
        self._connections = connections
        self._context = context
        self._max_bytes = max_bytes
        self._patience_s = patience_s
        self._rest = bytearray()
        self._needed_bytes = 0
        self._parser: Protocol | None = None
        self._parts: list[bytes] = []
        self._is_held = self._is_paused = self._is_reading_on = False
        self._closing: asyncio.TimerHandle | None = None
        connections.add(self)
        # Whether the client is still there is told by what moves, from here on.
        give_up_after(transport, 0)
        transport.set_protocol(self)

    # What comes in.

    def data_received(self, data: bytes) -> None:
        self._context.run(self._read, data)

    def _read(self, data: bytes) -> None:
        if self._rest:
            self._rest += data
            if len(self._rest) < self._needed_bytes:
                return
            data = bytes(self._rest)
            self._rest.clear()
        until_s, messages, begin = perf_counter() + READ_S, READ_MESSAGES, 0
        while begin < len(data):
            if self._is_held or (messages <= 0 and perf_counter() >= until_s):
                self._rest += data[begin:]
                self._needed_bytes = 0
                self._read_on_soon()
                return
            messages -= 1
            body, end = _bounds(data, begin)
            if end - body > self._max_bytes:
                self._fail(CloseCode.MESSAGE_TOO_BIG)
                return
            if end > len(data):
                self._rest += data[begin:]
                self._needed_bytes = end - begin
                return
            if not self._read_frame(data, begin, body, end):
                return
            begin = end

    def _read_on_soon(self) -> None:
        """Goes on with what is left in the next turn of the event loop, and with the socket after that."""
        if not self._transport.is_closing():
            self._transport.pause_reading()
            if not self._is_reading_on and not self._is_held:
                self._is_reading_on = True
                asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        self._is_reading_on = False
        if self._is_held or self._transport.is_closing():
            return
        self.data_received(b"")
        if not self._is_held and not self._is_reading_on and not self._transport.is_closing():
            self._transport.resume_reading()

    def _read_frame(self, data: bytes, begin: int, body: int, end: int) -> bool:
        """Takes in a whole frame. Returns whether there may be more."""
        if self._closing is not None:
            return self._await_close(data[begin])
        if data[begin] != _WHOLE_TEXT or data[begin + 1] < _MASKED or self._parser is not None:
            return self._parse(data[begin:end])
        try:
            text = apply_mask(data[body:end], data[body - _MASK_BYTES : body]).decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA)
            return False
        self.hear(text)
        # Where that has closed it, the client's own close may be behind.
        return not self._transport.is_closing()

    def _parse(self, frame: bytes) -> bool:
        """Has websockets' parser take in a frame, and answer it. Returns whether there may be more."""
        parser = self._parser or Protocol(Side.SERVER, max_size=self._max_bytes)
        parser.receive_data(frame)
        answer = b"".join(parser.data_to_send())
        if answer and not self._transport.is_closing():
            self._transport.write(answer)
        if parser.close_sent is not None:
            # It has answered the client's close, or closes for a fault of the client's.
            code = None if parser.close_rcvd is None else parser.close_rcvd.code
            self._transport.close()
            self.lost(code)
            return False
        for event in parser.events_received():
            if isinstance(event, Frame) and not self._collect(event):
                return False
        self._parser = parser if self._parts else None
        return True

    def _collect(self, frame: Frame) -> bool:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return True
        if frame.opcode is not Opcode.CONT:
            self._parts = [b"text" if frame.opcode is Opcode.TEXT else b""]
        self._parts.append(bytes(frame.data))
        if not frame.fin:
            return True
        (is_text, *parts), self._parts = self._parts, []
        try:
            whole = b"".join(parts)
            self.hear(whole.decode() if is_text else whole)
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA)
            return False
        return not self._transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:  # its name there
        self._connections.discard(self)
        if self._closing is not None:
            self._closing.cancel()
        self.lost()

    def pause_reading(self) -> None:
        self._is_held = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._is_held:
            self._is_held = False
            self._read_on_soon()

    # What goes out.

    @property
    def is_writable(self) -> bool:
        return not self._is_paused and self._closing is None and not self._transport.is_closing()

    def write(self, packets: list[Packet]) -> None:
        self._transport.write(packets[0].frame if len(packets) == 1 else b"".join(packet.frame for packet in packets))

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self.flush()

    def flow(self) -> Flow:
        return flow_of(self._transport)

    # Its end.

    def hang_up(self) -> None:
        self._close(CloseCode.NORMAL_CLOSURE)

    def shutdown(self) -> None:
        """uvicorn ends."""
        self._close(CloseCode.SERVICE_RESTART)

    def abort(self) -> None:
        self._transport.abort()

    def _fail(self, code: CloseCode) -> None:
        self._close(code)
        self.lost()

    def _close(self, code: CloseCode) -> None:
        """Says so, and waits for the client to say so too: what it has not read yet would be lost otherwise."""
        if self._closing is not None or self._transport.is_closing():
            return
        give_up_after(self._transport, self._patience_s)
        self._transport.write(b"\x88\x02" + int(code).to_bytes(2, "big"))
        self._closing = asyncio.get_running_loop().call_later(CLOSE_WITHIN_S, self._transport.abort)
        self._is_held = False
        self._read_on_soon()

    def _await_close(self, opcode: int) -> bool:
        if opcode == _WHOLE_CLOSE:
            self._transport.close()
            return False
        return True


def _bounds(data: bytes, begin: int) -> tuple[int, int]:
    """Where the body of the frame that begins there begins, and where it ends; as far as the bytes tell that
    (RFC 6455, 5.2)."""
    if len(data) < begin + _HEAD_BYTES:
        return begin + _HEAD_BYTES, begin + _HEAD_BYTES
    size_bytes = data[begin + 1] & 0x7F
    body = begin + _HEAD_BYTES
    if size_bytes > 125:
        length_bytes = 2 if size_bytes == 126 else 8
        if len(data) < body + length_bytes:
            return body + length_bytes, body + length_bytes
        size_bytes = int.from_bytes(data[body : body + length_bytes], "big")
        body += length_bytes
    if data[begin + 1] & _MASKED:
        body += _MASK_BYTES
    return body, body + size_bytes
