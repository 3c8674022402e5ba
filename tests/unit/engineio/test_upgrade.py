"""A websocket whose upgrade comes to nothing is let go of at once, however long its client takes to close it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collab.engineio import websocket
from collab.engineio.connection import Connection
from collab.engineio.packets import Packet
from collab.engineio.polling import Polling
from collab.engineio.server import EngineServer
from collab.engineio.session import Flow, Move, State
from collab.engineio.websocket import WebSocket
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio


class Deaf(WebSocket):
    """Its client takes no notice of being hung up on."""

    is_writable = True

    def __init__(self) -> None:
        super().__init__()
        self.hung_up_count = 0

    def write(self, packets: list[Packet]) -> None: ...

    def hang_up(self) -> None:
        self.hung_up_count += 1

    def abort(self) -> None: ...

    def flow(self) -> Flow:
        return Flow(0, 0, 0)

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def _nothing(*_: object) -> None: ...


@asynccontextmanager
async def _polled() -> AsyncIterator[tuple[Connection, Polling]]:
    server = EngineServer[Connection](make_connection=Connection)
    for event in ("connect", "disconnect"):
        server.on(event, _nothing)
    connection = await server.let_in({"type": "http", "headers": []})
    connection.transport = polling = Polling(connection)
    connection.move(Move.ACCEPT)
    yield connection, polling
    await server.shutdown()


@pytest.mark.parametrize("said", ["2prob", "5", "4early", "2probe 4early", "2probe 2probe"])
async def test_by_what_the_client_says(said: str) -> None:
    async with _polled() as (connection, polling):
        tried = Deaf()
        tried.carry(connection)
        for word in said.split():
            tried.hear(word)
        assert tried.hung_up_count == 1
        assert (connection.state, polling.candidate) == (State.POLLING, None)
        another = Deaf()
        another.carry(connection)
        for word in ("2probe", "5"):
            another.hear(word)
        assert (connection.state, connection.transport) == (State.WEBSOCKET, another)


async def test_by_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PROBE_WITHIN_S", 0.01)
    async with _polled() as (connection, polling):
        tried = Deaf()
        tried.carry(connection)
        tried.hear("2probe")
        await until(lambda: tried.hung_up_count == 1)
        assert (connection.state, polling.candidate) == (State.POLLING, None)
