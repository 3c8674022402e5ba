"""Engine.IO by its protocol (version 4): handshakes, polls, payloads, upgrades and ends, for a server that echoes."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from weakref import ref

import httpx
import pytest
import pytest_asyncio
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.config import WSProtocolType
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collab.engineio.connection import Connection
from collab.engineio.handover import HandedOver
from collab.engineio.server import EngineServer
from collab.engineio.session import Reason
from tests.support.polling import Polling
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

MAX_BYTES = 10_000
PATH = "/socket.io/?EIO=4&transport="


class _Request(dict[str, Any]):
    """A scope that can be looked for."""

    __slots__ = ("__weakref__",)


class Echo:
    """A server on which every message comes back."""

    def __init__(self, interval_s: float, timeout_s: float) -> None:
        self.engine = EngineServer[Connection](
            ping_interval=interval_s,
            ping_timeout=timeout_s,
            max_http_buffer_size=MAX_BYTES,
            cors_allowed_origins=lambda origin, _headers: origin != "https://evil.example",
            make_connection=Connection,
        )
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.environs: list[dict[str, Any]] = []
        self.requests: list[ref[_Request]] = []
        self.engine.on("connect", self._connected)
        self.engine.on("message", self.engine.send)
        self.engine.on("disconnect", self._disconnected)
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _Request(scope)
        self.requests.append(ref(request))
        await self.engine.handle_request(request, receive, send)

    async def _connected(self, _session_id: str, environ: dict[str, Any]) -> None:
        """Everybody is let in; as python-socketio does, this keeps what it is told of them."""
        self.environs.append(environ)

    async def _disconnected(self, _session_id: str, reason: str) -> None:
        self.ended.put_nowait(reason)

    def websocket(self, query: str = "") -> connect:
        return connect(f"{self.url.replace('http', 'ws')}{PATH}websocket{query}", compression=None)


@pytest.fixture
def beats() -> tuple[float, float]:
    """Ping interval and timeout, in seconds."""
    return 25, 20


@pytest_asyncio.fixture(params=[HandedOver, "websockets-sansio"], ids=["TCP", "ASGI"])
async def echo(request: pytest.FixtureRequest, beats: tuple[float, float]) -> AsyncIterator[Echo]:
    websockets: WSProtocolType | type[HandedOver] = request.param
    made = Echo(*beats)
    server = uvicorn.Server(
        uvicorn.Config(made, port=0, lifespan="off", log_config=None, ws=websockets, ws_per_message_deflate=False)
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield made
    await made.engine.shutdown()
    server.should_exit = True
    await serving


@pytest_asyncio.fixture
async def http(echo: Echo) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=echo.url, timeout=10) as client:
        yield client


@pytest_asyncio.fixture
async def polled(http: httpx.AsyncClient) -> Polling:
    client = Polling(http)
    await client.open()
    return client


async def opened(websocket: ClientConnection) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(str(await websocket.recv()).removeprefix("0"))
    return said


async def test_a_handshake_says_what_holds(echo: Echo, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{PATH}polling")
    said = json.loads(answer.text.removeprefix("0"))
    assert {name: said[name] for name in ("upgrades", "pingInterval", "pingTimeout", "maxPayload")} == {
        "upgrades": ["websocket"],
        "pingInterval": 25_000,
        "pingTimeout": 20_000,
        "maxPayload": MAX_BYTES,
    }
    async with echo.websocket() as websocket:
        there = await opened(websocket)
        assert there["upgrades"] == []
        assert there["sid"] != said["sid"]


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", "transport=polling"),
        ("GET", "EIO=3&transport=polling"),
        ("GET", "EIO=4"),
        ("GET", "EIO=4&transport=telegraph"),
        ("GET", "EIO=4&transport=websocket"),
        ("GET", "EIO=4&transport=polling&sid=nobody"),
        ("GET", "EIO=4&transport=polling&j=x"),
        ("POST", "EIO=4&transport=polling"),
        ("PUT", "EIO=4&transport=polling"),
    ],
)
async def test_what_is_no_request_is_refused(echo: Echo, http: httpx.AsyncClient, method: str, query: str) -> None:
    answer = await http.request(method, f"/socket.io/?{query}", content="4x")
    assert (answer.status_code, answer.text.startswith("expected")) == (400, True)
    assert list(echo.engine) == []


@pytest.mark.parametrize("query", ["&sid=nobody", "&EIO=3&transport=x"])
async def test_a_websocket_that_is_no_request_is_not_accepted(echo: Echo, query: str) -> None:
    url = f"{echo.url.replace('http', 'ws')}/socket.io/?transport=websocket{query}"
    with pytest.raises(InvalidStatus):
        await connect(url)


async def test_a_page_of_another_origin_may_read_the_answers_or_not_connect(http: httpx.AsyncClient) -> None:
    friendly = await http.get(f"{PATH}polling", headers={"Origin": "https://a.example"})
    assert friendly.headers["access-control-allow-origin"] == "https://a.example"
    asked = await http.options(
        f"{PATH}polling", headers={"Origin": "https://a.example", "Access-Control-Request-Headers": "x"}
    )
    assert asked.headers["access-control-allow-headers"] == "x"
    evil = await http.get(f"{PATH}polling", headers={"Origin": "https://evil.example"})
    assert (evil.status_code, "access-control-allow-origin" in evil.headers) == (400, False)


async def test_payloads_come_back_packet_by_packet(polled: Polling) -> None:
    assert (await polled.send("4one\x1ebAQID\x1e4two")).text == "ok"
    assert (await polled.poll()).text == "4one\x1ebAQID\x1e4two"


async def test_a_payload_of_many_chunks_is_read(polled: Polling, http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in (b"4on", b"e", b"\x1e4two"):
            yield piece

    assert (await http.post(polled.path, content=chunks())).status_code == 200
    assert (await polled.poll()).text == "4one\x1e4two"


@pytest.mark.parametrize("body", ["abc", "", "4x\x1e", "4" * (MAX_BYTES + 1), "4x\x1e" * 1_000 + "4x"])
async def test_what_is_no_payload_ends_its_session(echo: Echo, polled: Polling, body: str) -> None:
    assert (await polled.send(body)).status_code == 400
    assert (await polled.poll()).status_code == 400
    assert await echo.ended.get() == Reason.TRANSPORT_ERROR


async def test_two_polls_at_once_end_their_session(echo: Echo, polled: Polling) -> None:
    first = asyncio.create_task(polled.poll())
    [connection] = echo.engine
    await until(lambda: connection.flow().received > 0)
    assert (await polled.poll()).status_code == 400
    assert (await first).text == "1"


async def test_a_client_that_says_so_has_gone(echo: Echo, polled: Polling) -> None:
    waiting = asyncio.create_task(polled.poll())
    await polled.send("1")
    # The two come on connections of their own, in either order.
    assert (await waiting).text == "6" or (await waiting).status_code == 400
    assert (await polled.poll()).status_code == 400
    assert await echo.ended.get() == Reason.CLIENT


async def test_jsonp_is_answered_by_a_script_and_posts_a_form(polled: Polling, http: httpx.AsyncClient) -> None:
    form = f"d={quote('4two lines' + chr(92) + 'n')}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await http.post(f"{polled.path}&j=0", content=form, headers=headers)).text == "ok"
    answer = await http.get(f"{polled.path}&j=7")
    assert answer.text == '___eio[7]("4two lines\\n");'
    assert answer.headers["content-type"].startswith("application/javascript")


async def test_a_long_answer_is_compressed_where_the_client_takes_that(
    polled: Polling, http: httpx.AsyncClient
) -> None:
    for taken in ("gzip", "identity"):
        await polled.send("4" + "x" * 5_000)
        answer = await http.get(polled.path, headers={"Accept-Encoding": taken})
        assert answer.text == "4" + "x" * 5_000
        assert answer.headers.get("content-encoding", "identity") == taken


async def test_a_websocket_echoes_texts_and_bytes_and_its_end_is_told(echo: Echo) -> None:
    async with echo.websocket() as websocket:
        await opened(websocket)
        await websocket.send("4hello")
        assert await websocket.recv() == "4hello"
        await websocket.send(b"\x01\x02")
        assert await websocket.recv() == b"\x01\x02"
    # It was closed with 1000.
    assert await echo.ended.get() == Reason.CLIENT


@pytest.mark.parametrize(("said", "reason"), [("abc", Reason.TRANSPORT_ERROR), ("1", Reason.CLIENT)])
async def test_a_websocket_is_closed_by_what_is_no_packet_and_by_a_goodbye(echo: Echo, said: str, reason: str) -> None:
    async with echo.websocket() as websocket:
        await opened(websocket)
        await websocket.send(said)
        with pytest.raises(ConnectionClosed):
            await websocket.recv()
    assert await echo.ended.get() == reason


async def test_of_a_request_its_headers_are_kept_and_nothing_else(echo: Echo, polled: Polling) -> None:
    headers = {"User-Agent": "iko", "Cookie": "band=b: c", "X-Twice": "é"}
    async with connect(f"{echo.url.replace('http', 'ws')}{PATH}websocket", additional_headers=headers) as websocket:
        await opened(websocket)
        *_, connection = echo.engine
        kept = connection.headers
        assert {name: kept[name.lower()] for name in headers} == headers
    await polled.send("4hello")
    # By ASGI a websocket is its request's, which goes with it.
    await until(lambda: not any(request() for request in echo.requests))


async def test_a_message_that_is_too_large_closes_a_websocket(echo: Echo) -> None:
    async with echo.websocket() as websocket:
        await opened(websocket)
        await websocket.send("4" + "x" * MAX_BYTES)
        await websocket.wait_closed()
        assert websocket.close_code == 1009


async def test_a_polling_client_goes_over_to_a_websocket(echo: Echo, polled: Polling) -> None:
    waiting = asyncio.create_task(polled.poll())
    sid = polled.path.partition("sid=")[2]
    async with echo.websocket(f"&sid={sid}") as websocket:
        await websocket.send("2probe")
        assert await websocket.recv() == "3probe"
        assert (await waiting).text == "6"
        # What is said meanwhile waits for the upgrade.
        await polled.send("4meanwhile")
        assert (await polled.poll()).text == "6"
        await websocket.send("5")
        assert await websocket.recv() == "4meanwhile"
        assert (await polled.poll()).status_code == 400
        async with echo.websocket(f"&sid={sid}") as second:
            with pytest.raises(ConnectionClosed):
                await second.recv()
        await websocket.send("4hello")
        assert await websocket.recv() == "4hello"


async def test_a_client_whose_probe_is_lost_goes_on_polling(echo: Echo, polled: Polling) -> None:
    sid = polled.path.partition("sid=")[2]
    for _ in range(2):
        async with echo.websocket(f"&sid={sid}") as websocket:
            await websocket.send("2probe")
            assert await websocket.recv() == "3probe"
    await polled.send("4still here")
    while (answer := (await polled.poll()).text) == "6":
        pass
    assert answer == "4still here"
    assert list(echo.engine) != []


@pytest.mark.parametrize("beats", [(0.05, 20)])
async def test_who_answers_pings_stays(echo: Echo, polled: Polling) -> None:
    async with echo.websocket() as websocket:
        await opened(websocket)
        for _ in range(4):
            # On a busy machine it is asked again before it answers.
            assert set((await polled.poll()).text.split("\x1e")) == {"2"}
            await polled.send("3")
            assert await websocket.recv() == "2"
            await websocket.send("3")
        assert len(list(echo.engine)) == 2


@pytest.mark.parametrize("beats", [(0.05, 0.3)])
async def test_who_does_not_answer_has_gone(echo: Echo, polled: Polling) -> None:
    async with echo.websocket() as websocket:
        await websocket.wait_closed()
    assert [await echo.ended.get() for _ in range(2)] == [Reason.PING_TIMEOUT] * 2
    assert (await polled.poll()).status_code == 400
