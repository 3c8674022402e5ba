"""The bodies of REST calls: none is read before somebody answers for it, and then only so much of it, for so long."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest

from tests.conftest import Gig, make_gig
from tests.support.serving import Running, serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

TIMEOUT_S = 20.0
PART = b"x" * 100_000


class Sender:
    """A client that sends the beginning of a body, and hears what is answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> tuple[int, str, dict[str, str]]:
        """The status, the code of the error and the headers; the connection may still be open."""
        async with asyncio.timeout(TIMEOUT_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            body = json.loads(await self._reader.readexactly(int(headers["content-length"])))
        return int(status.split()[1]), body.get("error", {}).get("code", ""), headers

    async def is_closed(self) -> bool:
        """True once the server has ended the connection."""
        async with asyncio.timeout(TIMEOUT_S):
            return await self._reader.read() == b""


@asynccontextmanager
async def sender(
    server: Running,
    method: str,
    path: str,
    user: str | None,
    content_type: str = "application/json",
) -> AsyncIterator[Sender]:
    url = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Type: {content_type}", "Content-Length: 9000000"]
        if user is not None:
            lines.append(f"Authorization: Bearer {server.token(user)}")
        client = Sender(reader, writer)
        await client.send("\r\n".join([*lines, "", ""]).encode())
        yield client
    finally:
        writer.close()


FORM = "multipart/form-data; boundary=b"


async def test_a_body_without_a_token_is_refused_unread(server: Running, gig: Gig) -> None:
    calls = [
        ("POST", "/api/bands", "application/json"),
        ("PUT", f"/api/bands/{gig.band_id}/members/eve", "application/json"),
        ("POST", f"/api/bands/{gig.band_id}/contents", "application/json"),
        ("POST", f"/api/contents/{gig.setlist_id}/checkpoints", "application/json"),
        ("POST", f"/api/contents/{gig.setlist_id}/revert", "application/json"),
        ("POST", f"/api/bands/{gig.band_id}/imports", FORM),
    ]
    for method, path, content_type in calls:
        async with sender(server, method, path, None, content_type=content_type) as client:
            await client.send(PART)
            status, code, headers = await client.answer()
            assert (status, code, headers["connection"]) == (401, "token_missing", "close"), path
    assert await _closes(server, "/api/bands", None)


async def _closes(server: Running, path: str, user: str | None) -> bool:
    async with sender(server, "POST", path, user) as client:
        await client.answer()
        return await client.is_closed()


async def test_a_body_about_a_band_of_others_is_refused_unread(server: Running, gig: Gig) -> None:
    for path, content_type in (
        (f"/api/bands/{gig.band_id}/contents", "application/json"),
        (f"/api/bands/{gig.band_id}/imports", FORM),
        (f"/api/contents/{gig.setlist_id}/checkpoints", "application/json"),
        ("/api/bands/nobodys/contents", "application/json"),
    ):
        async with sender(server, "POST", path, "eve", content_type=content_type) as client:
            await client.send(PART)
            assert (await client.answer())[:2] == (403, "forbidden"), path
    async with sender(server, "POST", "/api/bands/%00/contents", "ada") as client:
        assert (await client.answer())[:2] == (422, "invalid")


async def test_a_body_has_its_time(database_url: str) -> None:
    async with serving(settings_for(database_url, call_timeout_s=0.2)) as server:
        gig = await make_gig(server)
        for path, content_type in (("/api/bands", "application/json"), (f"/api/bands/{gig.band_id}/imports", FORM)):
            async with sender(server, "POST", path, "ada", content_type=content_type) as client:
                await client.send(b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n')
                assert (await client.answer())[:2] == (422, "invalid"), path
        async with server.rest("ada") as rest:
            assert (await rest.post("/api/bands", json={"name": "In time"})).status_code == 201


async def test_a_user_may_send_so_much_at_once_and_holds_up_nobody_else(database_url: str) -> None:
    async with serving(settings_for(database_url, max_user_call_bytes=20_000_000)) as server, AsyncExitStack() as stack:
        await make_gig(server)
        for _ in range(2):
            client = await stack.enter_async_context(sender(server, "POST", "/api/bands", "ada"))
            await client.send(b'{"name": "')
        async with server.rest("ada") as ada, server.rest("ben") as ben:
            async with asyncio.timeout(TIMEOUT_S):
                while (refused := await ada.post("/api/bands", json={"name": "x" * 3_000_000})).status_code != 429:
                    pass
            assert refused.headers["retry-after"] == "1"
            assert (await ben.post("/api/bands", json={"name": "Mine"})).status_code == 201
            await stack.aclose()
            async with asyncio.timeout(TIMEOUT_S):
                while (await ada.post("/api/bands", json={"name": "x" * 3_000_000})).status_code != 422:
                    pass


async def test_a_small_body_passes_whatever_large_ones_others_hold_back(database_url: str) -> None:
    async with (
        serving(settings_for(database_url, max_call_bytes=9_000_000)) as server,
        sender(server, "POST", "/api/bands", "ada") as client,
        server.rest("ben") as ben,
    ):
        await client.send(b'{"name": "')
        async with asyncio.timeout(TIMEOUT_S):
            while (await ben.post("/api/bands", json={"name": "x" * 70_000})).status_code != 429:
                pass
        assert (await ben.post("/api/bands", json={"name": "Mine"})).status_code == 201


async def test_a_form_of_the_admin_pages_is_small(server: Running) -> None:
    async with server.rest(None) as rest:
        answer = await rest.post("/admin/login", data={"password": "x" * 100_000})
    assert answer.status_code == 413
