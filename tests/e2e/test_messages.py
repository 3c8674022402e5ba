"""Messages of a client, however their bytes come and go: straight by TCP, and by ASGI."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from uvicorn.config import WSProtocolType
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from collab.engineio.asgi import AsgiWebSocket
from collab.engineio.packets import Packet
from collab.engineio.tcp_websocket import TcpWebSocket
from collab.engineio.websocket import WebSocket
from collab.realtime.connection import Connection
from tests.conftest import Gig, make_gig
from tests.support.log import logged
from tests.support.members import TIMEOUT_S, Member, edit, member, set_
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


@pytest_asyncio.fixture(params=[None, "websockets-sansio"], ids=["TCP", "ASGI"])
async def server(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[RunningEngine]:
    """A server with websockets of its own, and one with those of uvicorn."""
    websockets: WSProtocolType | None = request.param
    async with serving(settings_for(database_url, edits_burst=1_000), websockets=websockets) as running:
        yield running


@pytest_asyncio.fixture
async def gig(server: RunningEngine) -> Gig:
    return await make_gig(server)


@pytest_asyncio.fixture
async def client(server: RunningEngine) -> AsyncIterator[ClientConnection]:
    """A websocket of Engine.IO, on which nothing was said yet."""
    url = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    async with connect(url, compression=None, max_size=None) as connected:
        assert str(await connected.recv()).startswith("0")
        yield connected


async def test_what_comes_all_at_once_is_done_in_its_order(
    server: RunningEngine, gig: Gig, client: ClientConnection
) -> None:
    client.transport.write(
        _frame(_hello(server)) + _frame(_join(1, gig)) + b"".join(_frame(_edit(n, gig, n)) for n in range(2, 12))
    )
    answers = [await _any_answer(client) for _ in range(11)]
    # A room is looked up meanwhile, and may be answered later.
    edits = [(n, answer["version"]) for n, answer in answers if n != 1]
    assert edits == [(n, n - 1) for n in range(2, 12)]


@pytest.mark.usefixtures("whole_commits")
@pytest.mark.parametrize("server", [None], ids=["TCP"], indirect=True)
async def test_what_a_commit_brings_a_client_goes_out_in_one_piece(
    server: RunningEngine, gig: Gig, client: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.send(_hello(server))
    await client.send(_join(1, gig))
    await _answer(client, 1)
    pieces: list[int] = []
    write = TcpWebSocket.write

    def counted(websocket: TcpWebSocket, packets: list[Packet]) -> None:
        pieces.append(len(packets))
        write(websocket, packets)

    monkeypatch.setattr(TcpWebSocket, "write", counted)
    client.transport.write(b"".join(_frame(_edit(n, gig, n)) for n in range(2, 12)))
    assert [(await _answer(client, n))["version"] for n in range(2, 12)] == list(range(1, 11))
    assert pieces == [10]


@pytest.mark.usefixtures("whole_commits")
async def test_the_authors_of_a_commit_are_written_to_before_the_room(
    server: RunningEngine, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        there = [await stack.enter_async_context(member(server, "dex")) for _ in range(4)]
        ada = await stack.enter_async_context(member(server, "ada"))
        there += [await stack.enter_async_context(member(server, "dex")) for _ in range(4)]
        ben = await stack.enter_async_context(member(server, "ben"))
        for someone in (*there, ada, ben):
            await someone.ok("join_room", gig.room)
        written: list[Any] = []
        _remember_writes(monkeypatch, written)
        # What comes in one turn of the event loop is committed together.
        for author, tempo in ((ben, 100), (ada, 101)):
            request = edit(gig.setlist_id, 0, set_("iko", "tempo", tempo))
            text = json.dumps(["edit_content", request])
            assert server.engine._server.hear(_connection(server, author), f"27{text}")  # noqa: SLF001  # as if it came
        for someone in (*there, ada, ben):
            assert [told["version"] for told in (await someone.next("batch_update"))["edits"]] == [1, 2]
        assert written[:2] == [_connection(server, author).id for author in (ben, ada)]
        assert len(written) == len(set(written)) == 10


@pytest.mark.parametrize("piece_bytes", [1, 2, 5, 100, 1_000_000])
async def test_messages_may_be_cut_anywhere(
    server: RunningEngine, gig: Gig, client: ClientConnection, piece_bytes: int
) -> None:
    await client.send(_hello(server))
    await client.send(_join(1, gig))
    await _answer(client, 1)
    fragmented, large = _edit(3, gig, 3).encode(), _edit(5, gig, 5).ljust(70_000)
    sent = (
        _frame(_edit(2, gig, 2))
        + Frame(Opcode.TEXT, fragmented[:40], fin=False).serialize(mask=True)
        + Frame(Opcode.PING, b"are you there").serialize(mask=True)
        + Frame(Opcode.CONT, fragmented[40:]).serialize(mask=True)
        + _frame(_edit(4, gig, 4))
        + (_frame(large) if piece_bytes > 50 else _frame(_edit(5, gig, 5)))
        + _frame(_edit(6, gig, 6))
    )
    for begin in range(0, len(sent), piece_bytes):
        client.transport.write(sent[begin : begin + piece_bytes])
        # Lets the server's end of the connection read this piece by itself.
        await asyncio.sleep(0)
    assert [(await _answer(client, n))["version"] for n in range(2, 7)] == [1, 2, 3, 4, 5]


async def test_text_that_is_none_ends_the_connection(server: RunningEngine, gig: Gig, client: ClientConnection) -> None:
    await client.send(_hello(server))
    await client.send(_join(1, gig))
    await _answer(client, 1)
    client.transport.write(Frame(Opcode.TEXT, b"42[\xff]").serialize(mask=True))
    async with asyncio.timeout(TIMEOUT_S):
        await client.wait_closed()
    assert client.close_code == 1007


async def test_a_message_that_the_server_trips_over_ends_nothing(
    server: RunningEngine, gig: Gig, client: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.send(_hello(server))
    await client.send(_join(1, gig))
    await _answer(client, 1)
    with monkeypatch.context() as patch, logged() as log:
        patch.setattr("collab.realtime.server.read_event", lambda _: 1 / 0)
        await client.send(_edit(2, gig, 2))
        await until(lambda: "a message could not be read" in log.text)
    await client.send(_edit(3, gig, 3))
    assert (await _answer(client, 3))["version"] == 1


async def test_who_is_slow_to_read_hears_all_in_order(database_url: str) -> None:
    async with serving(settings_for(database_url)) as server, member(server, "ada") as ada:
        connection = _connection(server, ada)
        websocket = connection.transport  # is made to look full
        assert isinstance(websocket, TcpWebSocket)
        for waiting in (1, 2):
            websocket.pause_writing()
            for n in range(waiting):
                _tell(server, ada, n)
            await asyncio.sleep(0)
            assert connection.waiting_count == waiting
            websocket.resume_writing()
            _tell(server, ada, waiting)
            assert [await ada.next("news") for _ in range(waiting + 1)] == [{"n": n} for n in range(waiting + 1)]


async def test_what_python_socketio_sends_itself_is_not_overtaken(database_url: str) -> None:
    async with serving(settings_for(database_url)) as server, member(server, "ada") as ada:
        await server.engine._server.eio.send(_connection(server, ada).id, '2["news",{"n":0}]')  # noqa: SLF001
        _tell(server, ada, 1)
        assert [await ada.next("news") for _ in range(2)] == [{"n": 0}, {"n": 1}]


def _remember_writes(monkeypatch: pytest.MonkeyPatch, written: list[str]) -> None:
    """Notes to whose websocket edits are written, by the id of Engine.IO, in order."""

    def noting(transport: type[WebSocket]) -> None:
        write = transport.write

        def noted(websocket: WebSocket, packets: list[Packet]) -> None:
            assert websocket.connection is not None
            if any("batch_update" in str(packet.data) for packet in packets):
                written.append(websocket.connection.id)
            write(websocket, packets)

        monkeypatch.setattr(transport, "write", noted)

    noting(TcpWebSocket)
    noting(AsgiWebSocket)


def _tell(server: RunningEngine, who: Member, n: int) -> None:
    server.engine.broadcaster.tell(who.sid, "news", {"n": n})


def _connection(server: RunningEngine, who: Member) -> Connection:
    session = server.engine.sessions.find(who.sid)
    assert session is not None
    return session.connection


def _frame(text: str) -> bytes:
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


def _hello(server: RunningEngine) -> str:
    return "40" + json.dumps({"token": server.token("ada")})


def _join(n: int, gig: Gig) -> str:
    return f"42{n}" + json.dumps(["join_room", gig.room])


def _edit(n: int, gig: Gig, tempo: int) -> str:
    op = {"op": "set", "item": "iko", "field": "tempo", "value": 100 + tempo}
    edit = {"room_id": gig.room, "edit_id": str(uuid.uuid4()), "base_version": 0, "ops": [op]}
    return f"42{n}" + json.dumps(["edit_content", edit])


async def _any_answer(client: ClientConnection) -> tuple[int, Any]:
    """The number of the next event that is answered, and its answer."""
    async with asyncio.timeout(TIMEOUT_S):
        while not (text := str(await client.recv())).startswith("43"):
            pass
    number, _, answer = text.removeprefix("43").partition("[")
    [answer] = json.loads(f"[{answer}")
    assert answer["ok"], answer
    return int(number), answer


async def _answer(client: ClientConnection, n: int) -> Any:
    """The answer to an event of that number, which is the next to be answered."""
    number, answer = await _any_answer(client)
    assert number == n
    return answer
