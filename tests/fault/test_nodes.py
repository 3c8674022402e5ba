"""Nodes and the bus between them fail; each node goes on, and all agree again by themselves."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from collab.commands.doctor import diagnose
from collab.domain.access import BandRoom, parse_shared_room
from collab.domain.bands import User
from collab.domain.presence.roster import Presence
from tests.conftest import Gig, make_gig
from tests.e2e.test_presence import INTERVAL_S
from tests.support.buses import Exchange
from tests.support.clock import ManualClock
from tests.support.members import Member, edit, insert, member, set_
from tests.support.nodes import listener, nodes, up_to
from tests.support.processes import served
from tests.support.proxy import proxy
from tests.support.serving import RunningEngine, serving, settings_for
from tests.support.valkey import valkey_server
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")
LEASE_S = 15
CATCH_UP_S = 2.0


@pytest.mark.parametrize("seed", range(3))
async def test_a_bus_that_shuffles_and_doubles_changes_nothing(any_database_url: str, seed: int) -> None:
    exchange = Exchange(Random(seed))  # noqa: S311  # a test wants to be repeated
    async with nodes(3, any_database_url, exchange) as [a, b, c]:
        gig = await make_gig(a)
        async with (
            listener(a, "ada", gig) as ada,
            listener(b, "ben", gig) as ben,
            listener(a, "dex", gig) as dex_a,
            listener(b, "dex", gig) as dex_b,
            listener(c, "dex", gig) as dex_c,
        ):

            async def play(me: Member, song: str) -> None:
                for tempo in range(100, 115):
                    focus = {"item": song, "field": "title", "anchor": tempo % 5, "head": tempo % 5}
                    await me.ok("update_presence", {"room": gig.room, "focus": focus})
                    answer = await me.edit(gig.setlist_id, 0, set_(song, "tempo", tempo))
                    assert answer["ok"], answer

            await asyncio.gather(play(ada.member, "iko"), play(ben.member, "saints"), play(ben.member, "iko"))
            listeners = [dex_a, dex_b, dex_c]
            await until(lambda: all(len(heard.edits) >= 45 for heard in listeners))
            await exchange.settled()
            assert [heard.versions for heard in listeners] == [up_to(45)] * 3
            await until(lambda: _said(a, gig.room) == _said(b, gig.room) == _said(c, gig.room))
            assert len(_said(a, gig.room)) == 5


async def test_the_bus_goes_and_comes_back(any_database_url: str) -> None:
    with valkey_server() as valkey:
        async with nodes(2, any_database_url, valkey.url) as [a, b]:
            gig = await make_gig(a)
            async with listener(a, "ada", gig) as ada, listener(b, "ben", gig) as ben, member(b, "dex") as dex:
                await ada.member.ok("join_room", gig.band_room)
                await dex.ok("join_room", gig.band_room)
                while (await ada.member.next("user_joined"))["user"]["id"] != "dex":
                    pass
                valkey.stop()
                await until(lambda: not _hears(a) and not _hears(b))

                # Each node goes on: edits and presence of its own, and the database for the others' edits.
                for version, me in enumerate((ada, ben, ada), 1):
                    async with asyncio.timeout(1):
                        answer = await me.member.edit(gig.setlist_id, 0, insert(f"i{version}", "a5", title="Encore"))
                    assert answer["version"] == version
                await dex.ok("leave_room", gig.band_room)
                await b.engine.contents.create(ADA, gig.band_id, "setlist", "Sunday")
                assert ada.member.heard["user_left"] == []

                valkey.start()
                async with asyncio.timeout(CATCH_UP_S):
                    await until(lambda: ada.versions == [2] and ben.versions == [1, 3])
                    assert (await ada.member.next("user_left"))["user_id"] == "dex"
                    while (told := await ada.member.next("content_updated"))["action"] != "refresh":
                        pass
                    assert "Sunday" in [entry["title"] for entry in told["data"]]
                assert a.engine.presence.roster(BandRoom(gig.band_id)).has_user("ada")


async def test_a_bus_that_falls_silent_is_left_and_found_again(
    database_url: str, bus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.bus.redis_bus.PATIENCE_S", 0.6)
    async with proxy(bus_url) as network:
        silent = network.url.replace("http", "redis")
        async with nodes(1, database_url, silent) as [a], nodes(1, database_url, bus_url) as [b]:
            gig = await make_gig(a)
            async with listener(a, "ada", gig) as ada, listener(b, "ben", gig) as ben:
                network.freeze()
                await until(lambda: not _hears(a))
                async with asyncio.timeout(1):
                    await ada.member.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
                await ben.member.edit(gig.setlist_id, 1, set_("iko", "key", "A"))
                network.thaw()
                async with asyncio.timeout(CATCH_UP_S):
                    await until(lambda: _hears(a) and ada.versions == [2] and ben.versions == [1])


async def test_who_is_removed_while_the_bus_is_silent_is_out_before_the_bus_is_given_up(
    database_url: str, bus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.bus.redis_bus.PATIENCE_S", 60.0)
    async with proxy(bus_url) as network:
        silent = network.url.replace("http", "redis")
        async with nodes(1, database_url, bus_url) as [a], nodes(1, database_url, silent) as [b]:
            gig = await make_gig(a)
            async with listener(b, "ben", gig) as ben:
                network.freeze()
                await a.engine.membership.remove_member(ADA, gig.band_id, "ben")
                async with asyncio.timeout(CATCH_UP_S):
                    assert (await ben.member.next("content_updated"))["action"] == "remove"
                assert _hears(b)
                network.thaw()


async def test_two_nodes_that_nobody_gave_a_bus_notice_each_other(any_database_url: str) -> None:
    async with serving(settings_for(any_database_url)) as a:
        gig = await make_gig(a)
        with capture_logs() as logs:
            async with serving(settings_for(any_database_url)) as b, member(b, "ben") as ben:
                await ben.ok("join_room", gig.band_room)
                await until(lambda: any("there is no bus" in entry["event"] for entry in logs))
                found = await asyncio.to_thread(lambda: [*diagnose(lambda: b.engine.settings)])
                await a.engine.membership.remove_member(ADA, gig.band_id, "ben")
                async with asyncio.timeout(CATCH_UP_S):
                    assert (await ben.next("content_updated"))["action"] == "remove"
                assert (await ben.refused("join_room", gig.band_room))["code"] == "forbidden"
    [nodes_found] = [finding for finding in found if finding.check == "nodes"]
    assert (nodes_found.status, nodes_found.message[:1]) == ("warn", "2")


async def test_without_the_bus_edits_are_found_in_the_database(database_url: str) -> None:
    exchange = Exchange()
    async with nodes(2, database_url, exchange) as [a, b]:
        gig = await make_gig(a)
        async with listener(a, "ada", gig) as ada, listener(b, "ben", gig) as ben:
            for bus in exchange.buses:
                bus.disconnect()
            await ada.member.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
            async with asyncio.timeout(CATCH_UP_S):
                await until(lambda: ben.versions == [1])
            async with asyncio.timeout(CATCH_UP_S):
                await a.engine.membership.remove_member(ADA, gig.band_id, "ben")
                assert (await ben.member.next("content_updated"))["action"] == "remove"


async def test_receivers_catch_up_by_the_heads_that_are_announced(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = Exchange()
    # Left to itself, a node would also look in the database now and then.
    monkeypatch.setattr("collab.services.cluster.cluster.COMPARE_BEATS", 1_000_000)
    async with nodes(2, database_url, exchange) as [a, b]:
        gig = await make_gig(a)
        exchange.buses[0].loses = lambda message: orjson.loads(message)["kind"] == "edits"
        async with listener(a, "ada", gig) as ada, listener(b, "ben", gig) as ben:
            for version in range(3):
                await ada.member.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version))
            async with asyncio.timeout(CATCH_UP_S):
                await until(lambda: ben.versions == [1, 2, 3])


async def test_an_edit_whose_node_died_before_it_could_tell_is_found(database_url: str, clock: ManualClock) -> None:
    exchange = Exchange()
    async with nodes(2, database_url, exchange, clock) as [a, b]:
        gig = await make_gig(a)
        exchange.buses[0].loses = lambda _: True
        async with listener(b, "ben", gig) as ben, member(a, "ada") as ada, member(b, "ada") as again:
            request = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
            await ada.ok("edit_content", request)
            # Stored already: it makes no news of its own.
            await again.ok("edit_content", request)
            for _ in range(6):
                clock.advance(1)
            await until(lambda: ben.versions == [1])


async def test_a_membership_that_was_changed_while_messages_were_lost_is_taken_over(database_url: str) -> None:
    exchange = Exchange()
    async with nodes(2, database_url, exchange) as [a, b]:
        gig = await make_gig(a)
        async with listener(b, "ben", gig) as ben:
            exchange.buses[0].loses = lambda message: orjson.loads(message)["kind"] in ("band", "tell")
            await a.engine.membership.remove_member(ADA, gig.band_id, "ben")
            async with asyncio.timeout(CATCH_UP_S):
                assert (await ben.member.next("content_updated"))["action"] == "remove"


async def test_the_sessions_of_a_node_that_is_killed_have_left_every_node_within_its_lease(
    database_url: str, bus_url: str, clock: ManualClock
) -> None:
    async with nodes(2, database_url, bus_url, clock) as [a, b], member(a, "ada") as ada, member(b, "ben") as ben:
        gig = await make_gig(a)
        await ada.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.band_room)
        await ada.next("user_joined")
        async with served(database_url, bus_url=bus_url) as doomed:
            lost = [Member("dex"), Member("ben")]
            for someone in lost:
                await someone.connect(doomed.url, {"token": doomed.token(someone.user_id)})
                await someone.ok("join_room", gig.band_room)
            for someone in (ada, ben):
                while (await someone.next("user_joined"))["user"]["id"] != "dex":
                    pass
            there = {ada.sid, ben.sid, *(someone.sid for someone in lost)}
            await until(lambda: set(_held(a, gig)) == set(_held(b, gig)) == there)
            await doomed.kill()
        assert set(_held(a, gig)) == there

        async def pass_time(seconds: int) -> None:
            # Step by step, and each node has written its own lease before the next looks for it.
            for _ in range(seconds):
                clock.advance(1)
                for node in (a, b):
                    await node.engine.presence_reader.visits(ADA, gig.band_id, 1, None)

        # The dead node went by the real time.
        await pass_time(int((datetime.now(UTC) - clock.now()).total_seconds()) + LEASE_S + 1)
        for someone in (ada, ben):
            while (await someone.next("user_left"))["user_id"] != "dex":
                pass
        await until(lambda: set(_held(a, gig)) == set(_held(b, gig)) == {ada.sid, ben.sid})
        clock.advance(INTERVAL_S)
        for someone in (ada, ben):
            assert [left["user_id"] for left in someone.heard["user_left"]] == ["dex"]


async def test_who_was_on_a_node_that_is_told_to_stop_may_move_within_the_grace(
    database_url: str, bus_url: str
) -> None:
    async with nodes(1, database_url, bus_url, presence_grace_s=2) as [a], member(a, "ada") as ada:
        gig = await make_gig(a)
        await ada.ok("join_room", gig.band_room)
        async with served(database_url, bus_url=bus_url, presence_grace_s=2) as stopped:
            moving, staying = Member("ben"), Member("dex")
            for someone in (moving, staying):
                await someone.connect(stopped.url, {"token": stopped.token(someone.user_id)})
                await someone.ok("join_room", gig.band_room)
                await ada.next("user_joined")
            await stopped.terminate()
        async with member(a, "ben") as again:
            await again.ok("join_room", gig.band_room)
            assert (await ada.next("user_left"))["user_id"] == "dex"
            await until(lambda: set(_held(a, gig)) == {ada.sid, again.sid})
            assert len(ada.heard["user_left"]) == 1
            assert len(ada.heard["user_joined"]) == 2


def _hears(node: RunningEngine) -> bool:
    return node.engine.nodes.is_connected


def _held(node: RunningEngine, gig: Gig) -> Mapping[str, Presence]:
    return node.engine.presence.roster(BandRoom(gig.band_id)).sessions


def _said(node: RunningEngine, room: str) -> dict[str, Any]:
    """Who is in the room of a content and where, by what a node knows."""
    sessions = node.engine.presence.roster(parse_shared_room(room)).sessions
    return {key: (entry.status, entry.focus) for key, entry in sessions.items()}
