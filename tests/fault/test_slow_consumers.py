"""Clients that do not read: they are let go, and nobody else notices."""

import socket
import time

import pytest

from collab.client import CollabClient
from collab.realtime.connection import Connection
from tests.conftest import Gig, make_gig
from tests.support.clients import heard
from tests.support.clock import ManualClock
from tests.support.deaf import connections, deaf
from tests.support.members import Member, member, set_
from tests.support.proxy import proxy
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

TEXT = "x" * 19_000


def _connections(server: RunningEngine) -> list[Connection]:
    return list(server.engine._server.connections)  # noqa: SLF001  # what is measured


def _queued_bytes(server: RunningEngine) -> int:
    return max((connection.waiting_bytes for connection in _connections(server)), default=0)


async def _edit_until(server: RunningEngine, gig: Gig, ada: Member, limit: int) -> int:
    """Ada edits until so much waits for somebody; the version that she has reached."""
    version = 0
    while max(connection.waiting_count for connection in _connections(server)) <= limit:
        assert version < limit + 1_000, "expected somebody who does not read to be there still"
        version = await _edit(gig, ada, version)
    return version


async def _edit(gig: Gig, ada: Member, version: int) -> int:
    texts = [set_(item, "notes", f"{version} {TEXT}") for item in (None, "iko", "rest", "saints")]
    answer = await ada.edit(gig.setlist_id, version, *texts)
    assert answer["ok"], answer
    return int(answer["version"])


async def test_fifty_clients_that_do_not_read_are_let_go_and_nobody_else_notices(
    database_url: str, clock: ManualClock
) -> None:
    # Long enough that they are not let go for the pings which they do not answer before so much waits for them.
    settings = settings_for(
        database_url, max_queued_messages=40, edits_burst=10_000, ping_interval_s=5, ping_timeout_s=5
    )
    async with serving(settings, clock) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, member(server, "ben") as ben:
            await ben.ok("join_room", gig.room)
            async with deaf(server, "dex", gig.room, 50):
                assert len(server.engine.sessions.ids()) == 52
                version = await _edit_until(server, gig, ada, 40)
                clock.advance(1)
                await until(lambda: len(server.engine.sessions.ids()) == 2)

                # Whoever was let go costs nothing more.
                await until(lambda: all(connection.waiting_count <= 1 for connection in _connections(server)))
                latencies_s = []
                for _ in range(50):
                    begun = time.perf_counter()
                    version = await _edit(gig, ada, version)
                    while (await ben.next("content_edited"))["version"] < version:
                        pass
                    latencies_s.append(time.perf_counter() - begun)
                assert sorted(latencies_s)[25] < 0.5
                assert [edit["version"] for edit in ben.heard["content_edited"]] == list(range(1, version + 1))

                if hasattr(socket, "TCP_USER_TIMEOUT"):
                    # Their connections, to which something was written that they never took, end too.
                    await until(lambda: connections(server.url) == 2)


async def test_a_client_is_let_go_for_a_few_large_messages_too(database_url: str, clock: ManualClock) -> None:
    async with serving(settings_for(database_url, max_queued_bytes=500_000), clock) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, deaf(server, "dex", gig.room, 1):
            version = await _edit_until(server, gig, ada, 3)
            clock.advance(1)
            assert len(server.engine.sessions.ids()) == 2, "so little may wait"
            while _queued_bytes(server) <= 500_000:
                version = await _edit(gig, ada, version)
            clock.advance(1)
            await until(lambda: len(server.engine.sessions.ids()) == 1)


async def test_who_was_let_go_comes_back_and_misses_nothing(database_url: str, clock: ManualClock) -> None:
    settings = settings_for(database_url, max_queued_messages=20, edits_burst=10_000)
    async with serving(settings, clock) as server, proxy(server.url) as line:
        gig = await make_gig(server)
        token = server.token("ben")
        async with member(server, "ada") as ada, CollabClient(line.url, token, first_retry_s=0.01) as ben:
            setlist = await ben.open(gig.setlist_id)
            events = setlist.events()
            first = ben.session.id
            line.freeze()
            version = await _edit_until(server, gig, ada, 20)
            clock.advance(1)
            await until(lambda: first not in server.engine.sessions.ids())
            version = await _edit(gig, ada, version)

            line.thaw()
            while setlist.version < version:
                await heard(events, object)
            assert ben.session.id != first
            assert setlist.document.fields["notes"] == f"{version - 1} {TEXT}"
            left = [entry for entry in ada.heard["user_left"] if entry["user_id"] == "ben"]
            assert left == [], "a connection that is let go is not a person who leaves"
