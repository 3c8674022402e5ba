"""A slow line is not a dead one: it is given up for silence alone, by the server and by the client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import orjson
import pytest
from websockets.asyncio.client import connect

from collab.client import CollabClient
from collab.domain.bands import User
from collab.domain.ot.ops import Insert, Item
from collab.domain.ot.positions import spread
from tests.conftest import Gig, make_gig
from tests.support.members import member, set_
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.slow_line import slow_line
from tests.support.waiting import until

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(120), pytest.mark.long]

BYTES_PER_S = 20_000
CHART = "[F]Little [Bb]girl, you [C]know, " * 30
SILENCE_S = 4
"""For how long a client, a server and a line of these tests may be silent."""


@pytest.fixture
def songs() -> list[Item]:
    """A quarter of a megabyte of them: three times as long as anybody waits for somebody who is silent."""
    return [
        Item(f"song-{number}", "song", position, {"title": f"Song {number}", "chart": CHART})
        for number, position in enumerate(spread(240))
    ]


@asynccontextmanager
async def impatient(sqlite_database_url: str) -> AsyncIterator[tuple[RunningEngine, Gig]]:
    settings = settings_for(sqlite_database_url, ping_interval_s=SILENCE_S, ping_timeout_s=SILENCE_S)
    async with serving(settings) as server:
        yield server, await make_gig(server)


async def test_a_large_document_comes_over_a_slow_line(sqlite_database_url: str, songs: list[Item]) -> None:
    async with impatient(sqlite_database_url) as (server, gig), slow_line(server.url, bytes_per_s=BYTES_PER_S) as line:
        made = await server.engine.contents.create(User("ada", "Ada"), gig.band_id, "repertoire", "Songs", {}, songs)
        async with CollabClient(line.url, server.token("ada"), ack_timeout_s=SILENCE_S) as ada:
            session = ada.session.id
            repertoire = await ada.open(made.id)
            assert len(repertoire.document.items) == len(songs)
            assert ada.session.id == session
    assert line.connections == 1


async def test_a_large_edit_goes_over_a_slow_line(sqlite_database_url: str, songs: list[Item]) -> None:
    async with (
        impatient(sqlite_database_url) as (server, gig),
        slow_line(server.url, bytes_per_s=BYTES_PER_S) as line,
        CollabClient(line.url, server.token("ada"), ack_timeout_s=SILENCE_S, close_timeout_s=60) as ada,
    ):
        session = ada.session.id
        setlist = await ada.open(gig.setlist_id)
        setlist.edit([Insert(replace(song, fields={"notes": CHART})) for song in songs])
        await setlist.saved()
        assert ada.session.id == session
        assert line.connections == 1


async def test_who_stops_taking_in_a_large_document_is_given_up(sqlite_database_url: str, songs: list[Item]) -> None:
    async with impatient(sqlite_database_url) as (server, gig), slow_line(server.url, bytes_per_s=BYTES_PER_S) as line:
        made = await server.engine.contents.create(User("ada", "Ada"), gig.band_id, "repertoire", "Songs", {}, songs)
        client = CollabClient(line.url, server.token("ada"), ack_timeout_s=60)
        async with client as ada:
            opening = asyncio.create_task(ada.open(made.id))
            await until(lambda: line.down.carried_bytes > 80_000)
            line.stand_still()
            await until(lambda: not server.engine.sessions.ids())
            opening.cancel()
            line.go_on()


async def test_a_client_that_stands_still_is_given_up_though_its_system_takes_what_it_is_sent(
    sqlite_database_url: str,
) -> None:
    async with (
        impatient(sqlite_database_url) as (server, gig),
        member(server, "ben") as ben,
        standing_still(server, "ada", gig.room),
    ):
        for version in range(1_000):
            if len(server.engine.sessions.ids()) == 1:
                break
            await ben.edit(gig.setlist_id, version, set_(None, "venue", f"Blue Nile {version}"))
            await asyncio.sleep(0.02)
        assert len(server.engine.sessions.ids()) == 1


@asynccontextmanager
async def standing_still(server: RunningEngine, user_id: str, room: str) -> AsyncIterator[None]:
    """A client that has joined a room, and does nothing more: neither does it answer, nor does its system complain."""
    url = f"ws{server.url.removeprefix('http')}/socket.io/?EIO=4&transport=websocket"
    async with connect(url, ping_interval=None, max_queue=None) as client:
        await client.recv()
        await client.send("40" + orjson.dumps({"token": server.token(user_id)}).decode())
        await client.send("420" + orjson.dumps(["join_room", room]).decode())
        while not str(await client.recv()).startswith("430"):
            pass
        yield


async def test_long_payloads_come_in_parts_to_who_asks_for_them(sqlite_database_url: str, songs: list[Item]) -> None:
    async with impatient(sqlite_database_url) as (server, gig):
        made = await server.engine.contents.create(User("ada", "Ada"), gig.band_id, "repertoire", "Songs", {}, songs)
        answers = []
        for query in ("", "&parts=1"):
            heard = [text async for text in joining(server, f"content_{made.id}", query)]
            assert (len(heard) > 10) == bool(query)
            *parts, answer = heard
            [body] = orjson.loads(answer.removeprefix("430"))
            if query:
                assert body == {"in_parts": len(parts)}
                pieces = [orjson.loads(part.removeprefix("42")) for part in parts]
                assert {event for event, _ in pieces} == {"part"}
                body = orjson.loads("".join(part["text"] for _, part in pieces))
            answers.append(body["content"])
        assert answers[0] == answers[1]


async def joining(server: RunningEngine, room: str, query: str) -> AsyncIterator[str]:
    """The packets that join a room, from the first part to the answer."""
    url = f"ws{server.url.removeprefix('http')}/socket.io/?EIO=4&transport=websocket{query}"
    async with connect(url, ping_interval=None, max_size=None) as client:
        await client.recv()
        await client.send("40" + orjson.dumps({"token": server.token("ada")}).decode())
        await client.send("420" + orjson.dumps(["join_room", room]).decode())
        while True:
            text = str(await client.recv())
            if text.startswith(('42["part"', "430")):
                yield text
            if text.startswith("430"):
                return
