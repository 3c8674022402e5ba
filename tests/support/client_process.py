"""A client in a process of its own, to be killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.processes import START_TIMEOUT_S

_CLIENT = """
import asyncio, sys
import socketio

async def main(url, token, room):
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(url, auth={"token": token}, transports=["websocket"])
    print(await client.call("join_room", room), flush=True)
    await client.wait()

asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def client_process(url: str, token: str, room: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client that has joined a room."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CLIENT, url, token, room, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        answer = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        assert b"'ok': True" in answer, answer
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
