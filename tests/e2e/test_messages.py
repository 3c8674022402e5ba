"""Messages of a client, however their bytes come and go: by the short way of `collab.realtime.push`, and by ASGI."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from uvicorn.config import WSProtocolType
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from collab.realtime.connection import Connection
from collab.realtime.push import PushWebSocket
from collab.realtime.sockets import Link
from tests.conftest import Gig, make_gig
from tests.support.log import logged
from tests.support.members import TIMEOUT_S, Member, edit, member, set_
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


@pytest_asyncio.fixture(params=[None, "websockets-sansio"], ids=["push", "ASGI"])
async def server(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[RunningEngine]:
    """A server with the engine's own websockets, and one with those of uvicorn."""
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
@pytest.mark.parametrize("server", [None], ids=["push"], indirect=True)
async def test_what_a_commit_brings_a_client_goes_out_in_one_piece(
    server: RunningEngine, gig: Gig, client: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.send(_hello(server))
    await client.send(_join(1, gig))
    await _answer(client, 1)
    pieces: list[int] = []
    write = PushWebSocket.write

    def counted(websocket: PushWebSocket, frames: Sequence[bytes]) -> None:
        pieces.append(len(frames))
        write(websocket, frames)

    monkeypatch.setattr(PushWebSocket, "write", counted)
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
            assert server.engine._server.hear(_connection(server, author), f"427{text}")  # noqa: SLF001  # as if it came
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
        await until(lambda: "an event could not be read" in log.text)
    await client.send(_edit(3, gig, 3))
    assert (await _answer(client, 3))["version"] == 1


async def test_who_is_slow_to_read_hears_all_in_order(database_url: str) -> None:
    async with serving(settings_for(database_url)) as server, member(server, "ada") as ada:
        link = _link(server)  # its transport is made to look full
        assert link._push is not None  # noqa: SLF001
        for waiting in (1, 2):
            link._push.pause_writing()  # noqa: SLF001
            for n in range(waiting):
                _tell(server, ada, n)
                await until(lambda: link._writer is not None)  # noqa: SLF001
            link._push.resume_writing()  # noqa: SLF001
            _tell(server, ada, waiting)
            assert [await ada.next("news") for _ in range(waiting + 1)] == [{"n": n} for n in range(waiting + 1)]


async def test_a_connection_that_says_nothing_keeps_neither_a_writer_nor_its_handshake(database_url: str) -> None:
    async with serving(settings_for(database_url)) as server, member(server, "ada"):
        link = _link(server)
        await until(lambda: link._writer is None)  # noqa: SLF001
        assert link._push is not None  # noqa: SLF001
        assert not link._push.scope["headers"]  # noqa: SLF001


async def test_what_python_socketio_queues_itself_is_not_overtaken(database_url: str) -> None:
    async with serving(settings_for(database_url)) as server, member(server, "ada") as ada:
        eio = server.engine._server.eio  # noqa: SLF001  # what it sends goes by a queue
        [eio_sid] = eio.sockets
        await eio.send(eio_sid, '2["news",{"n":0}]')
        _tell(server, ada, 1)
        assert [await ada.next("news") for _ in range(2)] == [{"n": 0}, {"n": 1}]


def _link(server: RunningEngine) -> Link:
    """What the only connection is made of."""
    [connection] = server.engine._server.connections  # noqa: SLF001  # nothing else tells of it
    assert isinstance(connection.link, Link)
    return connection.link


def _remember_writes(monkeypatch: pytest.MonkeyPatch, written: list[str]) -> None:
    """Notes to whose websocket edits are written, by the id of Engine.IO, in order."""
    write_out, write_queued = Link.write_out, Link._write_queued  # noqa: SLF001  # both ways out

    def noted(link: Link) -> None:
        if any(b"batch_update" in frame for frame in link._held):  # noqa: SLF001
            written.append(link._session.sid)  # noqa: SLF001
        write_out(link)

    async def noted_queued(link: Link) -> None:
        if any("batch_update" in str(packet.data) for packet in link._queue if packet is not None):  # noqa: SLF001
            written.append(link._session.sid)  # noqa: SLF001
        await write_queued(link)

    monkeypatch.setattr(Link, "write_out", noted)
    monkeypatch.setattr(Link, "_write_queued", noted_queued)


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
