"""Engine.IO over a websocket, without a task and a timer for each message.

python-engineio waits for each message in a task of its own, under a timeout of its own, and does the same again for
each packet that it sends: a third of what a message costs it. Here a session has one reader under one timeout that
is moved along, and one writer. It comes in as the websocket class of the ASGI driver. What it touches of a session
(`queue`, `receive`, `connected`, `upgrading`, `upgraded`) is in no documentation: a test holds it in place.
"""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any

import engineio
import socketio
import structlog
from engineio import packet
from engineio.async_drivers.asgi import WebSocket
from engineio.async_socket import AsyncSocket
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from socketio import packet as sio_packet

from collab.realtime.environ import environ_of

log = structlog.get_logger(__name__)

_EVENT = f"{packet.MESSAGE}{sio_packet.EVENT}"
"""How an event of Socket.IO begins, for which a task is started: nothing is waited for."""

_EXACTNESS_S = 1.0
"""How much too soon a silent client may be given up: moving a timer along costs something."""


class LeanWebSocket(WebSocket):  # type: ignore[misc]  # python-engineio ships no types
    """A websocket of a session; Engine.IO makes one with the session's own handler, whose work `_serve` does."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(partial(_serve, handler.__self__), server)

    async def wait(self) -> Any:
        """The next message; what is no packet of Engine.IO ends the connection, as a break does."""
        data = await super().wait()
        if isinstance(data, str) and not "0" <= data[:1] <= "6":
            raise OSError("expected a packet of Engine.IO")
        return data


def use_lean_driver(server: socketio.AsyncServer) -> None:
    """Lets a server make its websockets of this class, and read its requests in a way that leaves no garbage."""
    driver = server.eio._async  # noqa: SLF001  # no public way chooses what a driver is made of
    server.eio._async = {**driver, "websocket": LeanWebSocket, "translate_request": environ_of}  # noqa: SLF001


async def _serve(session: AsyncSocket, websocket: LeanWebSocket) -> None:
    """Reads and writes until either side ends it."""
    if session.connected:
        if not await _upgrade(session, websocket):
            return
    else:
        session.connected = session.upgraded = True
    writer = asyncio.create_task(_write(session, websocket))
    await _read(session, websocket)
    await session.queue.put(None)
    await writer
    await session.close(wait=False, abort=True, reason=session.server.reason.TRANSPORT_CLOSE)


async def _upgrade(session: AsyncSocket, websocket: LeanWebSocket) -> bool:
    """Whether a polling session went over to the websocket (the Engine.IO protocol, Upgrade). Where that breaks
    off, it goes on polling."""
    session.upgrading = True
    try:
        probe = packet.Packet(encoded_packet=await websocket.wait())
        if (probe.packet_type, probe.data) != (packet.PING, "probe"):
            return False
        await websocket.send(packet.Packet(packet.PONG, data="probe").encode())
        # Ends the poll that is waiting.
        await session.queue.put(packet.Packet(packet.NOOP))
        upgrade = packet.Packet(encoded_packet=await websocket.wait())
        session.upgraded = upgrade.packet_type == packet.UPGRADE
    except (OSError, ValueError):
        session.upgraded = False
    finally:
        session.upgrading = False
    return bool(session.upgraded)


async def _read(session: AsyncSocket, websocket: LeanWebSocket) -> None:
    """Takes in what the client sends, until it is gone, sends too much, or is silent for longer than its pings are
    apart."""
    server = session.server
    patience_s = server.ping_interval + server.ping_timeout
    on_message = server.handlers["message"]
    now = asyncio.get_running_loop().time
    moved_at = now()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(patience_s) as patience:
            while True:
                data = await websocket.wait()
                if len(data) > server.max_http_buffer_size:
                    return
                is_event = data[:2] == _EVENT
                if not is_event:
                    # Only silence has a limit: what a message asks for may take its time. An event takes none here.
                    patience.reschedule(None)
                try:
                    if is_event:
                        await on_message(session.sid, data[1:])
                    else:
                        await session.receive(packet.Packet(encoded_packet=data))
                except SocketIsClosedError:
                    return
                except UnknownPacketError:
                    pass
                except Exception:
                    # The edge of a message: whatever a client makes up, its next message is read.
                    log.exception("a message could not be read")
                heard_at = now()
                if not is_event or heard_at - moved_at > _EXACTNESS_S:
                    moved_at = heard_at
                    patience.reschedule(heard_at + patience_s)


async def _write(session: AsyncSocket, websocket: LeanWebSocket) -> None:
    """Sends what is queued, until `None` is."""
    queue: asyncio.Queue[packet.Packet | None] = session.queue
    with suppress(OSError):
        while (entry := await queue.get()) is not None:
            queue.task_done()
            await websocket.send(entry.encode())
        queue.task_done()
    await websocket.close()


def put(server: engineio.AsyncServer, eio_sid: str, frame: packet.Packet) -> None:
    """Queues a packet for a client, where it is still there: `AsyncServer.send_packet` without its detours."""
    session = server.sockets.get(eio_sid)
    if session is not None and not session.closed:
        session.queue.put_nowait(frame)
