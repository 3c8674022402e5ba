"""Servers and clients in processes of their own, so that they can be killed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.serving import SECRET

START_TIMEOUT_S = 30.0

_SERVE = "from collab.cli import main; main()"

_CLIENT = """
import asyncio, sys
import socketio

async def main(url, token, room):
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(url, auth={"token": token}, transports=["websocket"])
    answer = await client.call("join_room", room)
    print("joined" if answer["ok"] else answer, flush=True)
    await client.wait()

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Killable:
    """A running process; `said` is the line with which it was ready."""

    process: asyncio.subprocess.Process
    said: str

    async def kill(self) -> None:
        """SIGKILL: it gets to say nothing more."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def _running(arguments: Sequence[str], ready: str, **environment: str) -> AsyncIterator[Killable]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
    )
    assert process.stdout is not None
    made = Killable(process, "")
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT_S)
        made.said = line.decode().strip()
        if not re.search(ready, made.said):
            raise RuntimeError(f"expected a line like {ready!r}, got {made.said!r}")
        yield made
    finally:
        await made.kill()
        await process.stdout.read()


@asynccontextmanager
async def server_process(database_url: str, **environment: str) -> AsyncIterator[tuple[Killable, str]]:
    """`collab serve` on a free port, and its URL."""
    settings = {"COLLAB_DATABASE_URL": database_url, "COLLAB_JWT_SECRET": SECRET, **environment}
    async with _running([_SERVE, "serve", "--port", "0"], r"http://\S+$", **settings) as made:
        yield made, made.said.rsplit(" ", 1)[-1]


@asynccontextmanager
async def client_process(url: str, token: str, room: str) -> AsyncIterator[Killable]:
    """A client that has joined a room."""
    async with _running([_CLIENT, url, token, room], r"^joined$") as made:
        yield made
