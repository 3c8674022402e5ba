"""Rules of a protocol as scripts: what a client does, line by line, and what it has to get.

    open                    a session by polling; what follows is about it
    GET, POST hello, …      a request, its body behind it; `POST ?x=y` has that query instead of the session's
    … => 200 ok             what answers it: its status and its body
    poll, polled => 200 4x  a poll that waits; what answers it
    give up                 the poll that waits is broken off
    post 4x, posted => 400  a payload whose end does not come; what answers it
    ws, ws ?x=y             a websocket for the session, or with that query
    ws ?x=y refused         its handshake is refused
    > text, >> 00ff         the client says that; bytes are in hexadecimal
    < text, << 00ff         it hears that next
    close                   it closes the websocket
    closed                  the server does, and the script goes on with the websocket before it
    ended why               the server has told its application so

In what is expected `…` stands for anything. `␞` is the record separator.
"""

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.echo import Echo
from tests.support.polling import Polling
from tests.support.serving import TLS
from tests.support.waiting import until

TIMEOUT_S = 10
PATH = "/socket.io/"

_SEPARATOR = "\x1e"


def require(expected: str, came: str) -> None:
    pattern = ".*".join(map(re.escape, expected.split("…")))
    assert re.fullmatch(pattern, came, re.DOTALL), f"expected {expected!r}, got {came[:500]!r}"


class Player:
    """Plays the lines of a script for one client. The server that echoes tells what it reads, and why a session ended.
    Use it as a context manager."""

    def __init__(self, url: str, echo: Echo | None = None) -> None:
        self._url = url
        self._echo = echo
        self._stack = AsyncExitStack()
        self._websockets: list[ClientConnection] = []

    async def __aenter__(self) -> "Player":
        self._http = await self._stack.enter_async_context(
            httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_S, verify=TLS)
        )
        self._session = Polling(self._http)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def play(self, script: str) -> None:
        for line in script.splitlines():
            if line.strip():
                try:
                    await self._play(line.strip().replace("␞", _SEPARATOR))
                except BaseException as error:
                    error.add_note(f"at: {line.strip()}")
                    raise

    async def _play(self, line: str) -> None:
        said, _, answer = line.partition(" => ")
        verb, _, what = said.partition(" ")
        async with asyncio.timeout(TIMEOUT_S):
            match verb:
                case "open":
                    self._session = Polling(self._http)
                    await self._session.open()
                case "poll":
                    await self._poll()
                case "post":
                    await self._post(what)
                case "polled":
                    self._answered(await self._polling, answer)
                case "posted":
                    status = (await self._posting.readline()).decode()
                    assert status.split()[1] == answer, status
                case "give":
                    self._polling.cancel()
                case "ws":
                    await self._open_websocket(what)
                case ">" | ">>":
                    await self.say(what if verb == ">" else bytes.fromhex(what))
                case "<" | "<<":
                    heard = await self.hear()
                    require(what, heard.hex() if isinstance(heard, bytes) else heard)
                case "close":
                    await self._websockets.pop().close()
                case "closed":
                    await self._has_closed()
                case "ended":
                    assert self._echo is not None
                    assert await self._echo.ended.get() == what
                case method:
                    self._answered(await self._request(method, what), answer)

    async def say(self, what: str | bytes) -> None:
        await self._websockets[-1].send(what)

    async def hear(self) -> str | bytes:
        return await self._websockets[-1].recv()

    async def _request(self, method: str, what: str) -> httpx.Response:
        query, path = what[:1] == "?", self._session.path
        return await self._http.request(method, PATH + what if query else path, content="" if query else what)

    def _answered(self, came: httpx.Response, expected: str) -> None:
        status, _, body = expected.partition(" ")
        assert str(came.status_code) == status, f"expected {expected!r}, got {came.status_code} {came.text[:500]!r}"
        if body:
            require(body, came.text)

    async def _poll(self) -> None:
        """Begins a poll that waits, and returns once the server knows of it."""
        async with self._read_meanwhile():
            self._polling = asyncio.create_task(self._session.poll())

    async def _post(self, body: str) -> None:
        """Begins a payload that does not end, and returns once the server reads it."""
        host, port = self._url.removeprefix("http://").split(":")
        async with self._read_meanwhile():
            self._posting, writer = await asyncio.open_connection(host, int(port))
            self._stack.push_async_callback(_closed, writer)
            head = f"POST {self._session.path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\n"
            writer.write(f"{head}{body}".encode())

    @asynccontextmanager
    async def _read_meanwhile(self) -> AsyncIterator[None]:
        assert self._echo is not None
        [connection] = self._echo.engine
        before = connection.flow().received
        yield
        await until(lambda: connection.flow().received > before)

    async def _open_websocket(self, what: str) -> None:
        query, _, refused = what.partition(" ")
        path = PATH + query if query else self._session.path.replace("polling", "websocket")
        opening = connect(f"{self._url.replace('http', 'ws', 1)}{path}", compression=None)
        if not refused:
            self._websockets.append(await self._stack.enter_async_context(opening))
            return
        try:
            async with opening:
                raise AssertionError(f"expected {what}")
        except InvalidStatus:
            pass

    async def _has_closed(self) -> None:
        try:
            heard = await self._websockets.pop().recv()
        except ConnectionClosed:
            return
        raise AssertionError(f"expected the end, got {heard!r}")


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


class PollingPlayer(Player):
    """Says and hears by polling."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._heard: list[str] = []

    async def say(self, what: str | bytes) -> None:
        packet = what if isinstance(what, str) else f"b{b64encode(what).decode()}"
        answer = await self._session.send(packet)
        assert answer.text == "ok", answer.text

    async def hear(self) -> str | bytes:
        if not self._heard:
            self._heard = (await self._session.poll()).text.split(_SEPARATOR)
        return self._heard.pop(0)
