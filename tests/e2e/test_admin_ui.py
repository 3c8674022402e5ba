"""The Socket.IO Admin UI: off by default, behind a password, and blind to what people write."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from engineio.async_socket import AsyncSocket
from pydantic import SecretStr

from tests.conftest import make_gig
from tests.support.clock import ManualClock
from tests.support.members import TIMEOUT_S, member, set_
from tests.support.serving import Running, RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio

PASSWORD = "a password for the admin ui"
WORDS = "Jock-A-Mo"


@asynccontextmanager
async def _instrumented(database_url: str, clock: ManualClock) -> AsyncIterator[RunningEngine]:
    settings = settings_for(database_url, socketio_admin_password=SecretStr(PASSWORD))
    async with serving(settings, clock) as server:
        yield server


@asynccontextmanager
async def _admin(server: Running, auth: Any) -> AsyncIterator[tuple[socketio.AsyncClient, asyncio.Queue[Any]]]:
    """A page of the Admin UI, and all that it hears."""
    client = socketio.AsyncClient(reconnection=False)
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(event: str, *data: Any) -> None:
        heard.put_nowait((event, data))

    client.on("*", hear, namespace="/admin")
    try:
        await client.connect(
            server.url, auth=auth, namespaces=["/admin"], transports=["websocket"], wait_timeout=TIMEOUT_S
        )
        yield client, heard
        await client.disconnect()
    finally:
        if client.eio.http is not None:
            await client.eio.http.close()


async def test_an_operator_sees_numbers_and_nobodys_words(database_url: str, clock: ManualClock) -> None:
    heard: list[tuple[str, Any]] = []
    async with _instrumented(database_url, clock) as server:
        gig = await make_gig(server)
        async with _admin(server, {"username": "admin", "password": PASSWORD}) as (page, events):
            # A socket without a session would be closed by now.
            clock.advance(60)
            async with member(server, "ada") as ada, member(server, "ben") as ben:
                await ben.ok("join_room", gig.room)
                await ada.edit(gig.setlist_id, 0, set_("iko", "title", WORDS))
                await ben.next("content_edited")
                while not heard or heard[-1][0] != "server_stats" or heard[-1][1][0]["clientsCount"] != 3:
                    heard.append(await asyncio.wait_for(events.get(), TIMEOUT_S))
            assert page.connected

    assert {event for event, _ in heard} == {"config", "server_stats"}
    assert WORDS not in json.dumps(heard)
    [features] = [data[0]["supportedFeatures"] for event, data in heard if event == "config"]
    assert features == ["AGGREGATED_EVENTS"]


@pytest.mark.parametrize(
    "auth",
    [None, {}, {"username": "admin", "password": "guessed"}, {"username": "admin", "password": None}, {"token": "own"}],
)
async def test_nobody_else_gets_in(database_url: str, clock: ManualClock, auth: Any) -> None:
    async with _instrumented(database_url, clock) as server:
        if auth == {"token": "own"}:
            auth = {"token": server.token("root", is_operator=True)}
        with pytest.raises(socketio.exceptions.ConnectionError):
            async with _admin(server, auth):
                pass


async def test_it_is_off_by_default(server: Running) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with _admin(server, {"username": "admin", "password": PASSWORD}):
            pass


async def test_what_it_patches_is_mended_when_the_server_ends(database_url: str, clock: ManualClock) -> None:
    before = vars(AsyncSocket)["_websocket_handler"], vars(AsyncSocket)["handle_post_request"]
    async with _instrumented(database_url, clock):
        assert vars(AsyncSocket)["_websocket_handler"] is not before[0]
        with pytest.raises(ValueError, match="one engine of this process"):
            async with _instrumented(database_url, clock):
                pass
    assert (vars(AsyncSocket)["_websocket_handler"], vars(AsyncSocket)["handle_post_request"]) == before
