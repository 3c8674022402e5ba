"""uvicorn's websocket, with a short way past ASGI: a message is handed on where it arrives, a frame needs no task.

ASGI has a queue and a task woken for each message that comes in, and a task woken for each that goes out: with
python-engineio on top of it that is most of what a message costs. uvicorn takes the class of its websockets as an
option (`ws`); served by anything else, all goes by ASGI. What this touches of uvicorn's class (`handle_connect`,
`queue`, `frames`, `conn`, `writable`, `read_paused`, `close_sent`, `request`, `response`) is in no documentation: tests
hold it in place.

The connections take turns. One read of a socket brings up to 256 kB, which may be thousands of messages: in one go they
would hold up everybody else for as long as they all take. So a connection reads for READ_S, and what is left of its
bytes waits for the next turn of the event loop; until they are read, nothing more is taken from the socket.
"""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from time import perf_counter
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from collab.realtime.queues import Queue
from collab.realtime.tcp import Flow, flow_of

try:
    from websockets.speedups import apply_mask
except ImportError:  # where websockets came without its compiled part
    from websockets.utils import apply_mask

_WHOLE_TEXT, _IS_MASKED = b"\x81", 0x80

READ_S = 0.0005
"""How long a connection reads in one turn of the event loop."""

READ_MESSAGES = 16
"""So many messages a connection reads in a turn, however long that takes."""

_SLICE_BYTES = 1_024
"""So much at a time goes to the general parser, which takes all that it is given: 150 messages at most."""

_EXTENSION = "collab.push"
"""Where an application finds it in the scope (ASGI, Extensions)."""

_WRITABLE = asyncio.Event()
"""Shared by all connections that take what is written, as nearly all do: it saves each of them an event."""
_WRITABLE.set()


class PushWebSocket(WebSocketsSansIOProtocol):
    """`on_text` is given each text and says whether it took it; what it did not take comes by ASGI."""

    # An object of more than 30 attributes has a dictionary of its own for them, of 1.6 kB. uvicorn's has 36: some of
    # those that few connections need are here.
    __slots__ = (
        "_is_between_frames", "_unread", "last_ping_rtt", "on_text", "pending_ping_payload", "ping_interval",
        "ping_sent_at", "ping_timeout", "ping_timer", "pong_timer", "request", "response",
    )  # fmt: skip

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.on_text: Callable[[str], bool] | None = None
        self.queue = Queue()  # type: ignore[assignment]  # has what uvicorn calls
        self.writable = _WRITABLE
        self._is_between_frames = False
        self._unread = b""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            cast("dict[str, Any]", self.scope["extensions"])[_EXTENSION] = self

    def forget_handshake(self) -> None:
        """Lets go of what the two said, once the websocket is open; who asks for a header has the environ."""
        # The parser keeps the request itself.
        self.request.headers.clear()
        del self.request, self.response
        self.scope["headers"] = ()

    def pause_writing(self) -> None:
        self.writable = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unread = b""
        # A parser that waits for more holds the connection that holds it: only the garbage collector would free them.
        self.conn.parser.close()

    def data_received(self, data: bytes) -> None:
        until_s, messages, begin = perf_counter() + READ_S, READ_MESSAGES, 0
        while begin < len(data) and (messages > 0 or perf_counter() < until_s):
            if end := self._take(data, begin):
                messages -= 1
            else:
                messages, end = 0, begin + _SLICE_BYTES
                super().data_received(data[begin:end])
                self._is_between_frames = _is_between_frames(self.conn)
            begin = end
        if begin < len(data) and not self.transport.is_closing():
            self._read_later(data[begin:])

    def _take(self, data: bytes, begin: int) -> int:
        """Hands on the message that begins there; returns its end, or 0 where it can't go the short way."""
        # Only a message that nothing waits before may: the others keep their order.
        if not self._is_between_frames or self.on_text is None or not self.queue.empty() or self.frames:
            return 0
        text, end = _first_text(data, begin)
        return end if text is not None and not self.close_sent and self.on_text(text) else 0

    def _read_later(self, data: bytes) -> None:
        self._unread = data
        self.transport.pause_reading()
        # Else uvicorn would go on reading as soon as its queue is empty.
        self.read_paused = False
        self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        data, self._unread = self._unread, b""
        if data:
            self.data_received(data)
        if not self._unread and not self.read_paused:
            self.transport.resume_reading()

    @property
    def is_writable(self) -> bool:
        """Whether a frame may be written: not where the client is slow to read, or gone."""
        return self.writable.is_set() and not self.close_sent and not self.transport.is_closing()

    def write(self, frames: Sequence[bytes]) -> None:
        """Writes whole frames as one; they are lost where the client has gone."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def flow(self) -> Flow:
        """What has moved between the two so far."""
        return flow_of(self.transport)


def _is_between_frames(connection: ServerProtocol) -> bool:
    """Whether the parser waits for the first byte of a frame. It has no public way to say so: its stack shows it."""
    step: Any = connection.parser
    while step.gi_yieldfrom is not None:
        step = step.gi_yieldfrom
    return step.gi_code is StreamReader.at_eof.__code__


def _first_text(data: bytes, begin: int) -> tuple[str | None, int]:
    """The text of the frame that begins there, and where the frame ends, where it is a whole message of up to 64 kB
    (RFC 6455, 5.2).

    A general parser takes several times as long for what nearly every message is.
    """
    if data[begin : begin + 1] != _WHOLE_TEXT or len(data) < begin + 6:
        return None, 0
    size_bytes, mask = data[begin + 1] - _IS_MASKED, begin + 2
    if size_bytes == 126:
        size_bytes, mask = int.from_bytes(data[begin + 2 : begin + 4], "big"), begin + 4
    text, end = mask + 4, mask + 4 + size_bytes
    if not 0 <= data[begin + 1] - _IS_MASKED <= 126 or len(data) < end:
        return None, 0
    try:
        return apply_mask(data[text:end], data[mask:text]).decode(), end
    except UnicodeDecodeError:
        return None, 0


def pushing(scope: MutableMapping[str, Any]) -> PushWebSocket | None:
    """The websocket of a scope, where it is one of these; taken out of it, so that nothing holds on to an ended one."""
    found: PushWebSocket | None = scope.get("extensions", {}).pop(_EXTENSION, None)
    return found
