"""Packets of Engine.IO (its protocol, version 4) and how transports carry them. Pure.

A packet is text, its type in the first character, or bytes, which are a message. A websocket carries each in a frame
of its own; a poll carries several in a payload, where bytes are written in base64.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TypeAlias

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0", "1", "2", "3", "4", "5", "6"

PROBE = "probe"
"""What the first ping and pong of an upgrade carry."""

MAX_POLLED_PACKETS = 1_000
"""Packets in one payload of a client. The 16 of python-engineio lose what a client buffered while it connected."""

Data: TypeAlias = str | bytes

_SEPARATOR = "\x1e"
_BINARY = "b"

_ESCAPED_NEWLINE = re.compile(r"(\\)?\\n")


class Malformed(ValueError):
    """What came is no packet, or no payload, of Engine.IO."""


class Control(Enum):
    """A packet of the protocol's own, from a client."""

    PONG = "pong"
    CLOSE = "close"
    NONE = "none"
    """One that has no meaning here, or that only a server sends: it is passed over."""


class Packet:
    """A packet on its way to any number of clients; its frame is made once, for whoever has a websocket."""

    __slots__ = ("_frame", "data")

    def __init__(self, data: Data) -> None:
        self.data = data
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """It as a whole frame of a websocket."""
        if self._frame is None:
            self._frame = frame(self.data)
        return self._frame


def message(data: Data) -> Packet:
    """A packet that carries a message."""
    return Packet(data if isinstance(data, bytes) else MESSAGE + data)


def frame(data: Data) -> bytes:
    """A message as a whole frame that a server sends (RFC 6455, 5.2)."""
    body, opcode = (data, 0x82) if isinstance(data, bytes) else (data.encode(), 0x81)
    size_bytes = len(body)
    if size_bytes < 126:
        return bytes((opcode, size_bytes)) + body
    if size_bytes < 1 << 16:
        return bytes((opcode, 126)) + size_bytes.to_bytes(2, "big") + body
    return bytes((opcode, 127)) + size_bytes.to_bytes(8, "big") + body


def payload(packets: Iterable[Packet]) -> str:
    """Packets as the answer to a poll."""
    return _SEPARATOR.join(_in_payload(packet.data) for packet in packets)


def read_payload(body: bytes) -> Sequence[Data]:
    """The packets of a client's payload. `Malformed` where it is none, or of more than `MAX_POLLED_PACKETS`."""
    # Counted before anything is read: half a million packets fit into a megabyte.
    if body.count(_SEPARATOR.encode()) >= MAX_POLLED_PACKETS:
        raise Malformed(f"expected at most {MAX_POLLED_PACKETS} packets")
    try:
        packets = [_from_payload(part) for part in body.decode().split(_SEPARATOR)]
    except ValueError as error:
        # No UTF-8, no base64, and letters in it that no base64 has: each is one.
        raise Malformed(f"expected packets: {error}") from None
    for packet in packets:
        # All are looked at before one is handed on.
        read(packet)
    return packets


def from_form(value: str) -> bytes:
    """The payload of a JSONP client, which posts it as a form's field `d`, its line breaks escaped."""
    text = _ESCAPED_NEWLINE.sub(lambda found: found[0] if found[1] else "\n", value)
    return text.replace("\\\\n", "\\n").encode()


def _in_payload(data: Data) -> str:
    return data if isinstance(data, str) else _BINARY + base64.b64encode(data).decode()


def _from_payload(part: str) -> Data:
    return base64.b64decode(part[1:], validate=True) if part[:1] == _BINARY else part


def read(data: Data) -> Data | Control:
    """The message that a packet of a client carries, or what else it says. `Malformed` where it is no packet."""
    if isinstance(data, bytes):
        return data
    kind = data[:1]
    if kind == MESSAGE:
        return data[1:]
    if kind == PONG:
        return Control.PONG
    if kind == CLOSE:
        return Control.CLOSE
    if not OPEN <= kind <= NOOP:
        raise Malformed("expected a packet, whose first character is its type, 0 to 6")
    return Control.NONE
