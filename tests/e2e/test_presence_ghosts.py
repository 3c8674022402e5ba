"""Whoever dies without a word, on either side, is in no roster afterwards, and no row stays open."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, select
from websockets.asyncio.client import ClientConnection, connect

from collab.domain.access import BandRoom, Role
from collab.domain.bands import User
from collab.realtime.connection import Connection
from collab.services.ports import Identity
from collab.storage.engine import sync_url
from collab.storage.tables import nodes, presence_sessions
from tests.conftest import Gig, make_gig
from tests.e2e.test_presence import GRACE_S, folded, is_lingering, settle, shown
from tests.support.client_process import client_process
from tests.support.clock import ManualClock
from tests.support.members import Member, member
from tests.support.polling import CLOSE, polling
from tests.support.processes import served
from tests.support.proxy import proxy
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

AUTH_TIMEOUT_S = 5
LEASE_S = 15


def visits(database_url: str) -> dict[str, str | None]:
    """Why each session's visit ended, from the database; None while it is open."""
    engine = create_engine(sync_url(database_url))
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(presence_sessions)).all()
            assert all((row.ended_at is None) == (row.end_reason is None) for row in rows)
            return {row.session_id: row.end_reason for row in rows}
    finally:
        engine.dispose()


async def test_a_client_that_is_killed_has_left_after_the_grace(
    server: RunningEngine, gig: Gig, clock: ManualClock, database_url: str
) -> None:
    async with member(server, "ada") as ada:
        joined = await ada.ok("join_room", gig.band_room)
        async with client_process(server.url, server.token("ben"), gig.band_room) as ben:
            assert (await ada.next("user_joined"))["user"]["id"] == "ben"
            (session_id,) = server.engine.presence.roster(BandRoom(gig.band_id)).sessions.keys() - {ada.sid}
            ben.kill()
            await until(lambda: is_lingering(server, session_id))
            assert ada.heard["user_left"] == []

            clock.advance(GRACE_S)
            assert (await ada.next("user_left"))["user_id"] == "ben"
            await settle(server, clock, gig.band_room, ada)
            assert list(folded(joined, ada.heard["presence_updated"])) == [ada.sid]
            clock.advance(1)
            await until(lambda: visits(database_url) == {ada.sid: None, session_id: "transport_close"})


async def test_a_peer_behind_a_dead_network_has_left_within_the_ping_bound_and_the_grace(
    database_url: str, clock: ManualClock
) -> None:
    settings = settings_for(database_url, ping_interval_s=1, ping_timeout_s=1)
    async with serving(settings, clock) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, proxy(server.url) as network:
            await ada.ok("join_room", gig.band_room)
            ben = Member("ben")
            await ben.connect(network.url, {"token": server.token("ben")})
            await ben.ok("join_room", gig.band_room)
            session_id = ben.sid
            network.freeze()
            frozen_at = asyncio.get_running_loop().time()
            await until(lambda: is_lingering(server, session_id))
            # Engine.IO looks once more in its ping timeout, and a shared machine is late now and then.
            assert asyncio.get_running_loop().time() - frozen_at < 1 + 1 + 1 + 2

            clock.advance(GRACE_S)
            assert (await ada.next("user_left"))["user_id"] == "ben"
            await server.engine.presence_reader.visits(User("ada", "Ada"), gig.band_id, 10, None)
            assert visits(database_url)[session_id] in ("ping_timeout", "transport_close")
            await network.close()
            await ben.next("disconnect")


async def test_the_sessions_of_a_server_that_is_killed_are_ended_by_the_next_once_the_lease_is_over(
    database_url: str, clock: ManualClock
) -> None:
    settings = settings_for(database_url)
    async with serving(settings) as first:
        gig = await make_gig(first)
    async with served(database_url) as doomed:
        lost = [Member("ada"), Member("ben")]
        for someone in lost:
            token = doomed.token(someone.user_id)
            await someone.connect(doomed.url, {"token": token})
            await someone.ok("join_room", gig.band_room)
        ada_before, ben_before = (someone.sid for someone in lost)
        await until(lambda: visits(database_url) == {ada_before: None, ben_before: None})
        await doomed.kill()
        for someone in lost:
            await someone.next("disconnect")

    # Dex watches; ben comes back, ada doesn't.
    clock.current = datetime.now(UTC)
    async with serving(settings, clock) as second, member(second, "dex") as dex, member(second, "ben") as ben:
        await dex.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.band_room)
        clock.advance(LEASE_S / 3)
        await second.engine.presence_reader.visits(User("ada", "Ada"), gig.band_id, 10, None)
        assert visits(database_url)[ada_before] is None

        clock.advance(LEASE_S)
        assert (await dex.next("user_left"))["user_id"] == "ada"
        await settle(second, clock, gig.band_room, dex)
        assert len(dex.heard["user_left"]) == 1
        gone = [session_id for message in dex.heard["presence_updated"] for session_id in message.get("gone", ())]
        assert sorted(gone) == sorted([ada_before, ben_before])
        here = {dex.sid: None, ben.sid: None}
        assert visits(database_url) == {ada_before: "node_died", ben_before: "node_died", **here}
    assert None not in visits(database_url).values()
    assert _open_nodes(database_url) == 0


async def test_a_server_that_is_told_to_stop_ends_its_sessions_itself(database_url: str) -> None:
    async with serving(settings_for(database_url)) as first:
        gig = await make_gig(first)
    async with served(database_url) as stopped, member(stopped, "ada") as ada:
        await ada.ok("join_room", gig.band_room)
        session_id = ada.sid
        await stopped.terminate()
        assert visits(database_url) == {session_id: "server_stopped"}
    assert _open_nodes(database_url) == 0


async def test_a_socket_that_never_sends_connect_is_closed_in_time(server: RunningEngine, clock: ManualClock) -> None:
    client = Member("nobody").client.eio
    gone = asyncio.Event()
    client.on("disconnect", lambda _reason: gone.set())
    await client.connect(server.url, transports=["websocket"], engineio_path="socket.io")
    await until(lambda: len(_sockets(server)) == 1)
    (socket,) = _sockets(server)
    clock.advance(AUTH_TIMEOUT_S - 0.1)
    assert socket.is_open

    clock.advance(0.1)
    await asyncio.wait_for(gone.wait(), 10)
    assert not socket.is_open
    assert _waiting(clock) == 0


async def test_a_polling_socket_that_never_sends_connect_is_closed_in_time(
    server: RunningEngine, clock: ManualClock
) -> None:
    async with polling(server.url) as client:
        pending = asyncio.create_task(client.poll())
        (socket,) = _sockets(server)
        clock.advance(AUTH_TIMEOUT_S)
        await pending
        assert not socket.is_open
        assert (await client.poll()).status_code == 400
    assert _waiting(clock) == 0


async def test_a_socket_whose_session_was_ended_does_not_stay_open(server: RunningEngine, clock: ManualClock) -> None:
    client = Member("nobody").client.eio
    gone = asyncio.Event()
    client.on("disconnect", lambda _reason: gone.set())
    await client.connect(server.url, transports=["websocket"], engineio_path="socket.io")
    # CONNECT without a token, which then never comes, from a client that ignores being disconnected for it.
    await client.send("0")
    await until(lambda: bool(server.engine._server.manager.rooms))  # noqa: SLF001  # nothing else tells of it
    clock.advance(AUTH_TIMEOUT_S)
    await until(lambda: not server.engine._server.manager.rooms)  # noqa: SLF001
    assert not gone.is_set()

    clock.advance(AUTH_TIMEOUT_S)
    await asyncio.wait_for(gone.wait(), 10)
    assert _waiting(clock) == 0


async def test_a_client_that_goes_while_its_token_is_checked_leaves_nothing_behind(
    server: RunningEngine, gig: Gig, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    verify = server.engine.tokens.verify

    async def slowly(token: str | None, headers: Mapping[str, str]) -> Identity:
        reached.set()
        await go_on.wait()
        return await verify(token, headers)

    monkeypatch.setattr(server.engine.tokens, "verify", slowly)
    async with polling(server.url) as client:
        connecting = asyncio.create_task(client.connect(server.token("ada")))
        await asyncio.wait_for(reached.wait(), 5)
        await client.send(CLOSE)
        go_on.set()
        await connecting

    manager = server.engine._server.manager  # noqa: SLF001  # where a ghost would be
    await until(lambda: not manager.rooms)
    assert server.engine.sessions.ids() == []
    assert _waiting(clock) == 0


@pytest.mark.one_database
async def test_two_hundred_people_in_one_room_agree_on_who_is_there(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    fans = [f"fan-{number}" for number in range(199)]
    for user_id in fans:
        await server.engine.membership.put_member(User("ada", "Ada"), gig.band_id, user_id, Role.VIEWER, None)
    async with member(server, "ada") as ada, AsyncExitStack() as stack:
        joined = await ada.ok("join_room", gig.band_room)
        sockets: list[ClientConnection] = []
        # A busy machine can't answer all handshakes within the bound, and who was refused doesn't come again.
        for first in range(0, len(fans), 20):
            together = fans[first : first + 20]
            enter = (stack.enter_async_context(bare_member(server, user_id, gig.band_room)) for user_id in together)
            sockets += await asyncio.gather(*enter)
            arrived = [(await ada.next("user_joined"))["user"]["id"] for _ in together]
            assert sorted(arrived) == sorted(together)

        for socket in sockets[:100]:
            await socket.send("41")
        left = [(await ada.next("user_left"))["user_id"] for _ in range(100)]
        assert sorted(left) == sorted(fans[:100])
        await settle(server, clock, gig.band_room, ada)
        # First at once, and then all the others together.
        assert len(ada.heard["presence_updated"]) <= 3
        fresh = await ada.ok("join_room", gig.band_room)
        assert sorted(entry["user"]["id"] for entry in fresh["roster"]) == sorted(["ada", *fans[100:]])
        assert shown(folded(joined, ada.heard["presence_updated"])) == shown(folded(fresh, []))


@asynccontextmanager
async def bare_member(server: RunningEngine, user_id: str, room: str) -> AsyncIterator[ClientConnection]:
    """A member in a room who reads what comes and makes nothing of it: two hundred of them cost little."""
    url = f"{server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket"
    async with connect(url, compression=None) as socket:
        await socket.recv()
        await socket.send("40" + json.dumps({"token": server.token(user_id)}))
        accepted = await socket.recv()
        assert str(accepted).startswith("40"), accepted
        await socket.send("42" + json.dumps(["join_room", room]))
        reading = asyncio.create_task(_discard(socket))
        yield socket
        reading.cancel()


async def _discard(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


def _sockets(server: RunningEngine) -> list[Connection]:
    """The connections that the server holds."""
    return list(server.engine._server.connections)  # noqa: SLF001  # no event tells of them


def _waiting(clock: ManualClock) -> int:
    """The timers that wait for a client: all but those by which the engine looks after itself."""
    own = ("LeaseKeeper", "ImportService", "Eviction._sweep", "Forgetting", "Pruning")
    live = [repr(timer.callback) for timer in clock.timers if not timer.is_cancelled]
    return sum(not any(name in callback for name in own) for callback in live)


def _open_nodes(database_url: str) -> int:
    engine = create_engine(sync_url(database_url))
    try:
        with engine.connect() as connection:
            return len(connection.execute(select(nodes).where(nodes.c.ended_at.is_(None))).all())
    finally:
        engine.dispose()
