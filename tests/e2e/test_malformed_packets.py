"""Packets that are none: nothing is raised, nothing is logged as an error, and the session goes on or ends at once."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from collab.engineio.session import Reason
from collab.realtime.packets import NAMESPACE
from tests.conftest import Gig
from tests.support.log import logged
from tests.support.members import TIMEOUT_S, member
from tests.support.polling import CLOSE, polling
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

DROPPED: tuple[str | bytes, ...] = (
    # Engine.IO's own, out of place.
    "0", "0{}", "2probe", "3", "5", "6",
    # Socket.IO: no type, no data, no JSON, no list, no such thing from a client.
    "4", "4a", "4zz", "4" + "9" * 5_000, "42", "42[", "42[]", '42{"a":1}', '42"text"', "42true", "43", '43["x"]',
    "430[1]", '44{"m":1}', "45abc", '45-["x"]', '4599999999999-["x"]', "461-1[{}]",
    '451-["x",{"_placeholder":true,"num":7}]',
    '451-["edit_content",{"_placeholder":true,"num":0}]', '42["edit_content"', '420["x"]extra',
    "42" + "1" * 101 + '["x"]', "42" + "1" * 5_000 + '["x"]', '420["edit_content",' + "9" * 5_000 + "]",
    '42["join_room",' + "[" * 100_000 + "]" * 100_000 + "]",
    # Connecting what is connected, and namespaces that do not exist.
    "40", "40{}", '40{"token":"x"}', "40{bad", "40/other,{}", "41/other", '42/admin,["x"]',
    # Binary, which nothing of ours is.
    b"", b"\x00", b"\xff" * 100,
)  # fmt: skip

UNKNOWN = ('["connect",{}]', '["connect",{},{"token":"x"}]', '["disconnect","x"]', '["*"]', "[1,2]", "[null]",
           '[["a"]]', '[{"a":1}]', '["__class__"]', '["message"]', '["\\ud800"]', '[""]')  # fmt: skip

NO_PACKETS = ("", "9", "7", "zzz", "b!!!", "b", "bAAAA", "\u0663")


async def _connected(server: RunningEngine, *tokens: str | None) -> ClientConnection:
    url = f"{server.url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
    client = await connect(url, compression=None)
    await client.recv()
    [token] = tokens or [server.token("ada")]
    await client.send("40" + json.dumps({"token": token}))
    await _heard(client, "40" if token is None else '42["session"')
    return client


async def _heard(client: ClientConnection, beginning: str) -> str:
    async with asyncio.timeout(TIMEOUT_S):
        while not (message := str(await client.recv())).startswith(beginning):
            pass
    return message


async def _error(client: ClientConnection, event: str) -> Any:
    await client.send(f"425{event}")
    [answer] = json.loads((await _heard(client, "435"))[3:])
    return answer["error"]


async def test_a_malformed_packet_is_dropped_and_the_session_goes_on(server: RunningEngine, gig: Gig) -> None:
    with logged() as log:
        client = await _connected(server)
        session = server.engine.sessions.find(*server.engine.sessions.ids())
        assert session is not None
        for packet in DROPPED:
            await client.send(packet)
            await client.send(packet)
            await client.send("4277" + json.dumps(["join_room", gig.room]))
            assert '"ok":true' in await _heard(client, "4377"), packet
        assert server.engine.sessions.ids() == [session.id]
        await client.close()
        await until(lambda: not list(server.engine._server.connections))  # noqa: SLF001  # nothing else tells of it
        assert server.engine.sessions.ids() == []
    assert "Traceback" not in log.text


async def test_a_malformed_packet_is_dropped_over_polling_too(server: RunningEngine, gig: Gig) -> None:
    joining = "42" + json.dumps(["join_room", gig.room])
    with logged() as log:
        async with polling(server.url) as client:
            await client.connect(server.token("ada"))
            await until(lambda: len(server.engine.sessions.ids()) == 1)
            session = server.engine.sessions.find(*server.engine.sessions.ids())
            assert session is not None
            for packet in DROPPED:
                if isinstance(packet, str):
                    assert (await client.send(packet)).status_code == 200, packet
                    assert (await client.send(f"{packet}\x1e{joining}")).status_code == 200, packet
            await until(lambda: bool(session.visits))
            assert server.engine.sessions.ids() == [session.id]
    assert "Traceback" not in log.text


@pytest.mark.parametrize("then", ["6", "40", "5", '42["join_room","band_x"]'])
async def test_who_says_that_they_go_has_gone_whatever_they_send_then(
    server: RunningEngine, gig: Gig, then: str
) -> None:
    socketio = server.engine._server  # noqa: SLF001  # nothing else tells of it
    for token in (server.token("ada"), None):
        client = await _connected(server, token)
        async with polling(server.url) as polled:
            await polled.connect(token)
            await client.send(CLOSE)
            with suppress(websockets.ConnectionClosed):
                await client.send(then)
            with pytest.raises(websockets.ConnectionClosed):
                await _heard(client, "never")
            await polled.send(f"{CLOSE}\x1e{then}")
            await until(lambda: server.engine.sessions.ids() == [])
            assert socketio.manager.rooms.get(NAMESPACE, {}) == {}
            assert list(socketio.connections) == []
    assert socketio.environ == {}


async def test_nothing_is_left_of_who_connects_after_their_ping_was_due(server: RunningEngine, gig: Gig) -> None:
    socketio = server.engine._server  # noqa: SLF001  # nothing else tells of it
    for token in (server.token("ada"), None):
        async with polling(server.url) as client:
            (connection,) = socketio.connections
            await client.connect(token)
            connection.end(Reason.PING_TIMEOUT)
            await until(lambda: socketio.environ == {})
        assert socketio.manager.rooms.get(NAMESPACE, {}) == {}
        assert server.engine.sessions.ids() == []


async def test_an_event_with_the_name_of_a_handler_or_without_one_is_unknown(server: RunningEngine, gig: Gig) -> None:
    with logged() as log:
        client = await _connected(server)
        for event in UNKNOWN:
            assert (await _error(client, event))["code"] == "invalid", event
        assert len(server.engine.sessions.ids()) == 1
        await client.close()
    assert "Traceback" not in log.text


@pytest.mark.parametrize("packet", NO_PACKETS)
async def test_what_is_no_packet_of_engine_io_ends_its_connection_at_once(
    server: RunningEngine, gig: Gig, packet: str
) -> None:
    with logged() as log:
        async with member(server, "ben") as ben:
            client = await _connected(server)
            await client.send(packet)
            with pytest.raises(websockets.ConnectionClosed):
                await _heard(client, "never")
            await until(lambda: len(server.engine.sessions.ids()) == 1)
            await ben.ok("join_room", gig.room)
    assert "Traceback" not in log.text


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "zzz",
        "9",
        "4x\x1e",
        "\x1e",
        "bA",
        "\x1e".join(["3"] * 1_001),
        "2\x1e" * 500_000,
        b"\xff\xfe",
        "x" * 1_000_001,
    ],
)
async def test_what_is_no_polled_payload_ends_its_connection_at_once(
    server: RunningEngine, gig: Gig, payload: Any
) -> None:
    with logged() as log:
        async with polling(server.url) as client, member(server, "ben") as ben:
            await client.connect(server.token("ada"))
            await until(lambda: len(server.engine.sessions.ids()) == 2)
            assert (await client.send(payload)).status_code == 400
            await until(lambda: len(server.engine.sessions.ids()) == 1)
            await ben.ok("join_room", gig.room)
    assert "Traceback" not in log.text


DEEP = [
    "[" * 100_000,
    "[" * 900 + "]" * 900,
    '{"a":' * 50_000,
    '["join_room",' + "[" * 400_000,
    '["join_room",' + "[" * 150 + "]" * 150 + "]",
    '["join_room","\\ud800",' + "[" * 950 + "]" * 950 + "]",
]


async def test_what_is_nested_too_deeply_is_refused_over_every_transport_and_tells_the_log_nothing(
    server: RunningEngine, gig: Gig
) -> None:
    with logged() as log:
        for token in (server.token("ada"), None):
            websocket = await _connected(server, token)
            async with polling(server.url) as polled:
                await polled.connect(token)
                await polled.poll()
                for text in DEEP:
                    for packet in (f"4{text}", f"40{text}", f"42{text}", f"43{text}", f"42/x,{text}"):
                        assert (await polled.send(packet)).status_code == 200
                        await websocket.send(packet)
                    if text[0] == "{":
                        continue
                    # A list with a number is an event, and answered as every one is.
                    await polled.send(f"427{text}")
                    while "437[" not in (heard := (await polled.poll()).text):
                        pass
                    assert '"ok":false' in heard
                    error = await _error(websocket, text)
                    assert error["code"] == ("unauthenticated" if token is None else "invalid")
            await websocket.close()
        async with server.rest("ada") as rest:
            for text in DEEP:
                answer = await rest.post("/api/bands", content=text, headers={"Content-Type": "application/json"})
                assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert "Traceback" not in log.text


async def test_a_polled_payload_that_breaks_off_is_no_fault(server: RunningEngine, gig: Gig) -> None:
    with logged() as log:
        async with polling(server.url) as client:
            host, port = server.url.removeprefix("http://").split(":")
            for path in (client.path, "/api/bands"):
                _, writer = await asyncio.open_connection(host, int(port))
                head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n"
                writer.write(f"{head}Authorization: Bearer {server.token('ada')}\r\n\r\n42[".encode())
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            await client.connect(server.token("ada"))
            await until(lambda: len(server.engine.sessions.ids()) == 1)
    assert "Traceback" not in log.text


async def _unfinished(server: RunningEngine, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """The beginning of a polled payload whose end does not come."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 900000\r\n\r\n".encode() + b"4" * 50_000)
    return reader, writer


async def _status(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(TIMEOUT_S):
        return (await reader.readuntil(b"\r\n")).strip()


async def test_a_polled_payload_that_never_ends_is_read_as_long_as_its_socket_is_open(database_url: str) -> None:
    async with serving(settings_for(database_url, auth_timeout_s=0.5)) as server, polling(server.url) as client:
        readers, writers = zip(
            *[await _unfinished(server, path) for path in ("/socket.io/?sid=none", client.path, client.path)],
            strict=True,
        )
        try:
            for reader in readers:
                assert await _status(reader) == b"HTTP/1.1 400 Bad Request"
            assert not list(server.engine._server.connections)  # noqa: SLF001  # nothing else tells of it
        finally:
            for writer in writers:
                writer.transport.abort()


async def test_a_thousand_buffered_events_come_through_polling(server: RunningEngine, gig: Gig) -> None:
    async with polling(server.url) as client:
        await client.connect(server.token("ada"))
        await until(lambda: len(server.engine.sessions.ids()) == 1)
        session = server.engine.sessions.find(*server.engine.sessions.ids())
        assert session is not None
        joining = "42" + json.dumps(["join_room", gig.room])
        assert (await client.send("\x1e".join(["3"] * 999 + [joining]))).status_code == 200
        await until(lambda: bool(session.visits))
