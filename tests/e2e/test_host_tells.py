"""The host application speaks through the engine: from a route, from a thread, from a worker, on every node."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from collab.client import NotConnected, tell
from collab.client.events import HostTold
from collab.domain.bands import User
from collab.domain.errors import Invalid, TokenInvalid, TooLarge, Unavailable
from collab.engine import Engine
from collab.protocol.catalogue import SERVER_EVENTS
from collab.protocol.host import HOST_EVENTS
from tests.conftest import Gig, make_gig
from tests.support.buses import Exchange
from tests.support.clients import client, heard
from tests.support.members import Member, member
from tests.support.nodes import nodes
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

TOKEN = "the token of a worker of the host, long enough"

PAYLOADS: dict[str, Any] = {
    "content_updated": {"type": "repertoire", "action": "add", "data": {"title": "Tiger Rag"}},
    "sync_status": {"status": "syncing", "progress": 40, "message": "Syncing files..."},
    "progress": {"percent": 40},
    "complete": {"result": "success"},
    "host_poster": ["printed", 3],
}
Address: TypeAlias = Callable[[Gig, Member], dict[str, str]]
TO: dict[str, Address] = {
    "user": lambda _gig, _someone: {"user": "ben"},
    "band": lambda gig, _someone: {"band": gig.band_id},
    "content": lambda gig, _someone: {"content": gig.setlist_id},
    "session": lambda _gig, someone: {"session": someone.sid},
    "room": lambda gig, _someone: {"room": gig.band_room},
}


async def test_what_the_host_tells_is_heard_on_every_node_and_by_nobody_else(database_url: str) -> None:
    async with nodes(2, database_url, Exchange()) as [a, b]:
        gig = await make_gig(a)
        async with member(a, "ben") as here, member(b, "ben") as there, member(b, "dex") as dex:
            for ben in (here, there):
                await ben.ok("join_room", gig.band_room)
                await ben.ok("join_room", gig.room)
            for to, address in TO.items():
                for event, payload in PAYLOADS.items():
                    a.engine.tell(event, payload, **address(gig, there))
                for event, payload in PAYLOADS.items():
                    told = await there.next(event)
                    assert told == (payload if event == "host_poster" else {**payload, "from_host": True}), to
                    if (shape := SERVER_EVENTS[event].of_host if event in HOST_EVENTS else None) is not None:
                        shape.model_validate(told)
            await here.ok("join_room", gig.band_room)
            assert len(here.heard["host_poster"]) == len(TO) - 1, "all but what one session was told"
            assert dex.heard.keys() <= {"session"}
            # Who was taken out of a band does not hear what it is told after that.
            await dex.ok("join_room", gig.band_room)
            await a.engine.membership.remove_member(User("ada", "Ada"), gig.band_id, "dex")
            a.engine.tell("host_party", "at Ben's", band=gig.band_id)
            assert await there.next("host_party") == "at Ben's"
            a.engine.tell("host_end", user="dex")
            await dex.next("host_end")
            assert "host_party" not in dex.heard


async def test_a_thread_tells_as_a_coroutine_does(server: RunningEngine) -> None:
    async with member(server, "ada") as ada:

        def job() -> None:
            for percent in range(101):
                server.engine.tell("progress", {"percent": percent}, user="ada")
            server.engine.tell("complete", {"result": "success"}, user="ada")

        await asyncio.to_thread(job)
        assert (await ada.next("complete"))["result"] == "success"
        assert [told["percent"] for told in ada.heard["progress"]] == [*range(101)], "in order, each once"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a room that is a bare id": (
        {"event": "content_updated", "payload": PAYLOADS["content_updated"], "room": "ada"},
        "room: expected 'user_<id>', 'band_<id>' or 'content_<id>', got 'ada', a room in which nobody ever is: "
        "for a user of that id say user='ada'",
    ),
    "nobody": ({"event": "progress", "payload": {"percent": 1}}, "to: expected one addressee"),
    "two addressees": ({"event": "progress", "payload": {"percent": 1}, "user": "a", "band": "b"}, "got user and band"),
    "more than all": ({"event": "progress", "payload": {"percent": 101}, "user": "ada"}, "percent"),
    "a status that there is not": (
        {"event": "sync_status", "payload": {"status": "done", "progress": 1, "message": ""}, "user": "ada"},
        "status",
    ),
    "a key that there is not": ({"event": "complete", "payload": {"results": 1}, "user": "ada"}, "results"),
    "an event of the engine's": ({"event": "content_edited", "payload": {}, "user": "ada"}, "begins with 'host_'"),
    "an event without the prefix": ({"event": "poster", "payload": {}, "user": "ada"}, "begins with 'host_'"),
    "a key that stands for parts": ({"event": "host_x", "payload": {"in_parts": 1}, "user": "ada"}, "in_parts"),
    "what is no id": ({"event": "host_x", "payload": 1, "user": "a da"}, "user: expected an id"),
    "what is too deep": ({"event": "host_x", "payload": eval("[" * 101 + "]" * 101), "user": "ada"}, "100 deep"),  # noqa: S307
}


@pytest_asyncio.fixture
async def served(database_url: str) -> AsyncIterator[RunningEngine]:
    async with serving(settings_for(database_url, service_token=SecretStr(TOKEN))) as running:
        yield running


async def test_what_reaches_nobody_says_what_it_should_be(served: RunningEngine) -> None:
    async with served.rest(None) as rest:
        rest.headers["Authorization"] = f"Bearer {TOKEN}"
        for about, (call, problem) in REFUSED.items():
            with pytest.raises(Invalid) as found:
                served.engine.tell(**call)
            assert problem in found.value.message, about
            answer = await rest.post("/api/tell", json=call)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), about
    with pytest.raises(Invalid, match="expected what JSON can say"):
        served.engine.tell("host_x", object(), user="ada")
    with pytest.raises(TooLarge):
        served.engine.tell("host_x", "x" * 4_000_001, user="ada")


async def test_an_engine_that_does_not_run_tells_nobody(database_url: str) -> None:
    with pytest.raises(Unavailable, match="lifespan"):
        Engine(settings_for(database_url)).tell("host_x", 1, user="ada")


async def test_a_worker_tells_by_rest_with_the_service_token(served: RunningEngine) -> None:
    async with member(served, "ada") as ada:

        def say(token: str = TOKEN, **payload: Any) -> None:
            tell(served.url, token, "sync_status", {"status": "syncing", **payload}, user="ada")

        for progress in (0, 50, 100):
            await asyncio.to_thread(say, progress=progress)
        assert [(await ada.next("sync_status"))["progress"] for _ in range(3)] == [0, 50, 100]
        with pytest.raises(Invalid, match="less than or equal to 100"):
            await asyncio.to_thread(say, progress=101)
        with pytest.raises(TokenInvalid):
            await asyncio.to_thread(say, "x" * 40, progress=1)
        for headers in ({}, {"Authorization": f"Bearer {served.token('ada', is_operator=True)}"}):
            async with httpx.AsyncClient(base_url=served.url, headers=headers) as stranger:
                assert (await stranger.post("/api/tell", json={})).status_code == 401
    with pytest.raises(NotConnected):
        await asyncio.to_thread(tell, "http://127.0.0.1:9", TOKEN, "progress", {"percent": 1}, user="ada")
    with pytest.raises(ValueError, match="https://"):
        tell("ftp://band.example", TOKEN, "progress", {"percent": 1}, user="ada")


async def test_without_a_service_token_nobody_speaks_for_the_host(server: RunningEngine) -> None:
    async with server.rest("ada", is_operator=True) as rest:
        assert (await rest.post("/api/tell", json={})).status_code == 404
    with pytest.raises(NotConnected, match="404"):
        await asyncio.to_thread(tell, server.url, TOKEN, "progress", {"percent": 1}, user="ada")


async def test_the_python_sdk_hears_the_host_and_keeps_its_own_lists(server: RunningEngine, gig: Gig) -> None:
    async with client(server, "ada") as ada:
        band = await ada.band(gig.band_id)
        news, listed = ada.events(), band.contents
        for event, payload in PAYLOADS.items():
            server.engine.tell(event, payload, band=gig.band_id)
        assert (await heard(news, HostTold)).payload == {**PAYLOADS["content_updated"], "from_host": True}
        assert await heard(news, HostTold, lambda told: told.event == "host_poster") == HostTold(
            "host_poster", ["printed", 3]
        )
        assert band.contents == listed
