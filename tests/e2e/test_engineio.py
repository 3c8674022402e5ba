"""Engine.IO for a server that echoes: what of its protocol (version 4) takes more than a script of
`test_engineio_rules.py`."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from collab.engineio.session import Reason
from tests.support.echo import MAX_BYTES, PATH, WAYS, Echo, echoing
from tests.support.polling import Polling
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]


@pytest.fixture
def beats() -> tuple[float, float]:
    """Ping interval and timeout, in seconds."""
    return 25, 20


@pytest_asyncio.fixture(params=WAYS)
async def echo(request: pytest.FixtureRequest, beats: tuple[float, float]) -> AsyncIterator[Echo]:
    async with echoing(request.param, *beats) as made:
        yield made


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


async def test_an_answer_is_text_that_nobody_keeps(polled: Polling) -> None:
    for answer in (await polled.send("4hello"), await polled.poll(), await polled.send("no packet")):
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_page_of_another_origin_may_read_the_answers_or_not_connect(http: httpx.AsyncClient) -> None:
    friendly = await http.get(f"{PATH}polling", headers={"Origin": "https://a.example"})
    assert friendly.headers["access-control-allow-origin"] == "https://a.example"
    asked = await http.options(
        f"{PATH}polling", headers={"Origin": "https://a.example", "Access-Control-Request-Headers": "x"}
    )
    assert asked.headers["access-control-allow-headers"] == "x"
    evil = await http.get(f"{PATH}polling", headers={"Origin": "https://evil.example"})
    assert (evil.status_code, "access-control-allow-origin" in evil.headers) == (400, False)


async def test_a_payload_of_many_chunks_is_read(polled: Polling, http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in (b"4on", b"e", b"\x1e4two"):
            yield piece

    assert (await http.post(polled.path, content=chunks())).status_code == 200
    assert (await polled.poll()).text == "4one\x1e4two"


@pytest.mark.parametrize("body", ["4" * (MAX_BYTES + 1), "4x\x1e" * 1_000 + "4x"])
async def test_a_payload_that_is_too_large_ends_its_session(echo: Echo, polled: Polling, body: str) -> None:
    assert (await polled.send(body)).status_code == 400
    assert (await polled.poll()).status_code == 400
    assert await echo.ended.get() == Reason.TRANSPORT_ERROR


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
