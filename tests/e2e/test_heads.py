"""Requests whose head never ends, or never begins: refused by bytes and by time, before anybody shows a token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import pytest_asyncio

from collab import serving
from tests.support.members import member
from tests.support.polling import polling
from tests.support.serving import Running, RunningEngine

pytestmark = pytest.mark.asyncio

GET = b"GET /healthz HTTP/1.1\r\nHost: collab\r\n"


class Line:
    """A connection by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> str:
        """The status of the next answer, whose body is read too; empty where the connection ends without one."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            for line in head.lower().split("\r\n"):
                if line.startswith("content-length:"):
                    await self.reader.readexactly(int(line.partition(":")[2]))
            return head.split(" ")[1]

    async def is_over(self) -> bool:
        async with asyncio.timeout(10):
            return await self.reader.read() == b""


@asynccontextmanager
async def connected(server: Running) -> AsyncIterator[Line]:
    host, port = server.url.removeprefix("http://").split(":")
    line = Line(*await asyncio.open_connection(host, int(port)))
    yield line
    line.writer.close()
    with suppress(ConnectionError):
        await line.writer.wait_closed()


@pytest_asyncio.fixture
async def line(server: RunningEngine) -> AsyncIterator[Line]:
    async with connected(server) as line:
        yield line


@pytest.mark.parametrize("begun", [b"", b"\r\n\r\n", b"GET /healthz", GET + b"X: half"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    server: RunningEngine, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.serving.HEAD_TIMEOUT_S", 0.1)
    async with connected(server) as line:
        await line.send(begun)
        assert await line.status() == "408"
        assert await line.is_over()


@pytest.mark.parametrize("second", [b"\r\n", GET])
async def test_nor_is_the_head_of_a_second_request(line: Line, second: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    await line.send(GET + b"\r\n")
    assert await line.status() == "200"
    monkeypatch.setattr("collab.serving.HEAD_TIMEOUT_S", 0.1)
    await line.send(second)
    assert await line.status() == "408"


@pytest.mark.parametrize("endless", [b"GET /" + b"a" * 1_000, GET + b"X: " + b"a" * 1_000, GET + b"X: y\r\n" * 100])
async def test_an_endless_head_is_refused_by_its_bytes(line: Line, endless: bytes) -> None:
    await line.send(endless)
    more = b"X: y\r\n" * 10_000 if endless.endswith(b"\n") else b"a" * 60_000
    for _ in range(2):
        await line.send(more)
    assert await line.status() == "431"


async def test_a_long_body_takes_its_time_and_many_requests_follow_each_other(
    server: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.serving.HEAD_TIMEOUT_S", 0.5)
    body = b'{"name": "Blue Nile"}'
    head = f"POST /api/bands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token('ada')}\r\n"
    async with connected(server) as line:
        await line.send(head.encode() + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
        await line.send(body[:5])
        async with connected(server) as silent:
            assert await silent.status() == "408"
        await line.send(body[5:])
        assert await line.status() == "201"
        await line.send((GET + b"\r\n") * 3)
        assert [await line.status() for _ in range(3)] == ["200"] * 3
    monkeypatch.undo()
    async with member(server, "ada") as ada:
        assert (await ada.ok("request_update"))["ok"]


async def test_whose_head_came_whole_is_given_all_the_time_that_comes_after(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HEAD_TIMEOUT_S", 0.3)
    async with member(server, "ada") as ada, polling(server.url) as polled:
        await polled.connect(server.token("ben"))
        while '["session"' not in (await polled.poll()).text:
            pass
        poll = asyncio.create_task(polled.poll())
        for _ in range(2):
            # One that says nothing is refused meanwhile: so much time has gone by.
            async with connected(server) as silent:
                assert await silent.status() == "408"
        assert (await ada.call("leave_room", "band_x"))["ok"]
        await polled.emit("leave_room", "band_x")
        await polled.send('427["leave_room","band_x"]')
        assert "437[" in (await poll).text
