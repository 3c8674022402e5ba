"""What TCP tells of a connection: how much has come, and how much of what was written the other end has taken."""

import asyncio
import socket
import struct
import sys
from contextlib import suppress

from collab.engineio.session import Flow


def flow_of(transport: asyncio.Transport) -> Flow:
    """What has moved so far. Linux alone counts it: elsewhere it shows only in what is still to be written."""
    waiting = transport.get_write_buffer_size()
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError, ValueError, struct.error):  # it has ended, or is no TCP, or of an old system
            taken, received, in_system = _counts(connection)
            return Flow(received, taken, in_system + waiting)
    return Flow(0, -waiting, waiting)


def give_up_after(transport: asyncio.Transport, after_s: float) -> None:
    """Has the system end a connection whose other end takes nothing for so long; 0: never. Linux alone can do that.

    It tells by how long something has been waiting to be taken: where the other end has little room, that goes on while
    it takes one bit after another.
    """
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with suppress(OSError, ValueError):  # as above; of an ended one, uvloop has no number
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(after_s * 1_000))


if sys.platform == "linux":
    import fcntl
    import termios

    _INFO_BYTES, _ACKED_AND_RECEIVED_AT = 136, 120
    """Of `tcp_info` (linux/tcp.h), up to `tcpi_bytes_acked` and `tcpi_bytes_received`."""

    def _counts(connection: socket.socket) -> tuple[int, int, int]:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        acked, received = struct.unpack_from("QQ", info, _ACKED_AND_RECEIVED_AT)
        (in_system,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))
        return acked, received, in_system

else:

    def _counts(connection: socket.socket) -> tuple[int, int, int]:
        raise OSError("expected Linux, which counts what a connection has taken")
