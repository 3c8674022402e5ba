"""Clients that join a room and then read nothing more, over a receive buffer as small as the system allows."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.support.serving import Running

_ESTABLISHED = "01"


@asynccontextmanager
async def deaf(server: Running, user_id: str, room: str, count: int) -> AsyncIterator[list[ClientConnection]]:
    """So many sessions of a user that are in a room. Each reads the answer to `join_room`, and nothing after that."""
    async with AsyncExitStack() as stack:
        clients = [await _client(server, user_id, room) for _ in range(count)]
        for client in clients:
            stack.callback(client.transport.abort)
        yield clients


async def _client(server: Running, user_id: str, room: str) -> ClientConnection:
    address = urlsplit(server.url)
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    own.connect((address.hostname, address.port))
    own.setblocking(False)
    url = f"ws://{address.netloc}/socket.io/?EIO=4&transport=websocket"
    # The library stops reading when one message lies there unread.
    client = await connect(url, sock=own, compression=None, ping_interval=None, max_queue=1)
    await client.recv()
    await client.send("40" + orjson.dumps({"token": server.token(user_id)}).decode())
    await client.send("420" + orjson.dumps(["join_room", room]).decode())
    while not str(await client.recv()).startswith("430"):
        pass
    return client


def connections(url: str) -> int:
    """How many TCP connections a server on this machine holds (Linux)."""
    port = f"{urlsplit(url).port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port}") and row[3] == _ESTABLISHED for row in rows)
