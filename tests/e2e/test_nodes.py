"""Several nodes on one database are one engine for whoever is connected to any of them."""

import asyncio
from collections.abc import Mapping

import pytest

from collab.client.events import Overwritten
from collab.domain.access import BandRoom, Role
from collab.domain.bands import User
from collab.domain.presence.roster import Presence
from tests.conftest import Gig, make_gig
from tests.e2e.test_presence import GRACE_S, INTERVAL_S, folded, is_lingering
from tests.support.clients import client, heard
from tests.support.clock import ManualClock
from tests.support.members import Member, edit, member, set_, text
from tests.support.nodes import listener, nodes, up_to
from tests.support.serving import RunningEngine
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")


async def test_edits_on_any_node_have_one_order_and_reach_everybody_once(any_database_url: str, bus_url: str) -> None:
    async with nodes(3, any_database_url, bus_url) as [a, b, c]:
        gig = await make_gig(a)
        async with (
            listener(a, "ada", gig) as ada,
            listener(b, "ben", gig) as ben,
            listener(a, "dex", gig) as dex_a,
            listener(b, "dex", gig) as dex_b,
            listener(c, "dex", gig) as dex_c,
        ):

            async def play(me: Member, song: str) -> None:
                for tempo in range(100, 120):
                    answer = await me.edit(gig.setlist_id, 0, set_(song, "tempo", tempo))
                    assert answer["ok"], answer

            await asyncio.gather(play(ada.member, "iko"), play(ben.member, "saints"), play(ada.member, "saints"))
            listeners = [dex_a, dex_b, dex_c]
            await until(lambda: all(len(heard.edits) >= 60 for heard in listeners))
            for heard_by in listeners:
                assert heard_by.versions == up_to(60)
            assert dex_a.edits == dex_b.edits == dex_c.edits
            # One's own edits are answered and not heard.
            await until(lambda: len(ben.edits) == 40)
            assert {entry["author"]["id"] for entry in ben.edits} == {"ada"}
            assert ben.versions == sorted(ben.versions)
            documents = [await node.engine.history.document(ADA, gig.setlist_id) for node in (a, b, c)]
            assert documents[0] == documents[1] == documents[2]
            assert documents[0].version == 60


async def test_an_edit_that_is_sent_again_to_another_node_is_stored_and_heard_once(
    database_url: str, bus_url: str
) -> None:
    async with nodes(2, database_url, bus_url) as [a, b]:
        gig = await make_gig(a)
        async with member(a, "ada") as ada, member(b, "ada") as again, listener(b, "ben", gig) as ben:
            request = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
            first = await ada.ok("edit_content", request)
            assert await again.ok("edit_content", request) == first
            await ada.ok("edit_content", edit(gig.setlist_id, 1, set_("iko", "key", "A")))
            await until(lambda: len(ben.edits) == 2)
            assert ben.versions == [1, 2]


async def test_whose_value_is_overwritten_on_another_node_is_told(database_url: str, bus_url: str) -> None:
    async with nodes(2, database_url, bus_url) as [a, b]:
        gig = await make_gig(a)
        async with client(a, "ada") as ada, member(b, "ben") as ben:
            content = await ada.open(gig.setlist_id)
            events = content.events()
            content.set("iko", "key", "G")
            await content.saved()
            answer = await ben.edit(gig.setlist_id, 0, set_("iko", "key", "A"))
            assert answer["overwrote"][0]["author"]["id"] == "ada"
            told = await heard(events, Overwritten)
            assert (told.item, told.field, told.mine, told.theirs, told.by.id) == ("iko", "key", "G", "A", "ben")


async def test_rosters_are_of_all_nodes(database_url: str, bus_url: str, clock: ManualClock) -> None:
    async with nodes(3, database_url, bus_url, clock) as [a, b, c]:
        gig = await make_gig(a)
        async with member(a, "ada") as ada, member(b, "ben") as ben, member(c, "ben") as tablet:
            joined = await ada.ok("join_room", gig.band_room)
            await ben.ok("join_room", gig.band_room)
            assert (await ada.next("user_joined"))["user"]["id"] == "ben"
            await until(lambda: ben.sid in _held(c, gig))
            roster = (await tablet.ok("join_room", gig.band_room))["roster"]
            assert {entry["session_id"] for entry in roster} == {ada.sid, ben.sid, tablet.sid}
            await _until_shown(clock, joined, ada, {ada.sid, ben.sid, tablet.sid})

            # One person on two nodes is one person.
            await ben.ok("leave_room", gig.band_room)
            await _until_shown(clock, joined, ada, {ada.sid, tablet.sid})
            assert ada.heard["user_left"] == []
            async with a.rest("ada") as rest:
                answer = (await rest.get(f"/api/bands/{gig.band_id}/presence")).json()
            assert [person["user"]["id"] for person in answer["people"]] == ["ada", "ben"]

            await tablet.ok("leave_room", gig.band_room)
            assert (await ada.next("user_left"))["user_id"] == "ben"
            assert [entry["user"]["id"] for entry in ada.heard["user_joined"]] == ["ben"]


async def test_focus_is_seen_on_other_nodes_and_follows_the_edits_of_others(
    database_url: str, bus_url: str, clock: ManualClock
) -> None:
    async with nodes(2, database_url, bus_url, clock) as [a, b]:
        gig = await make_gig(a)
        async with member(a, "ada") as ada, member(b, "ben") as ben:
            await ada.ok("join_room", gig.room)
            await ben.ok("join_room", gig.room)
            focus = {"item": None, "field": "notes", "anchor": 6, "head": 6}
            await ben.ok("update_presence", {"room": gig.room, "focus": focus})
            await _until_focus(clock, ada, ben.sid, 6)
            await ada.edit(gig.setlist_id, 0, text(None, "notes", "at the "))
            await _until_focus(clock, ada, ben.sid, 13)
            await _until_focus(clock, ben, ben.sid, 13)


async def test_a_removed_member_is_out_on_every_node_within_a_second(database_url: str, bus_url: str) -> None:
    async with nodes(3, database_url, bus_url) as [a, b, c]:
        gig = await make_gig(a)
        async with (
            member(a, "ada") as ada,
            member(b, "ben") as ben,
            member(c, "ben") as tablet,
            listener(c, "dex", gig) as dex,
        ):
            for someone in (ada, ben, tablet):
                await someone.ok("join_room", gig.band_room)
                await someone.ok("join_room", gig.room)
            async with asyncio.timeout(1), a.rest("ada") as rest:
                await rest.delete(f"/api/bands/{gig.band_id}/members/ben")
                for someone in (ben, tablet):
                    # The other node may still be telling them how the gig was made.
                    while (told := await someone.next("content_updated"))["action"] != "remove":
                        pass
                    assert told["type"] == "membership"
            assert (await ben.refused("join_room", gig.room))["code"] == "forbidden"
            assert (await tablet.edit(gig.setlist_id, 0, set_("iko", "key", "G")))["error"]["code"] == "forbidden"
            await ada.edit(gig.setlist_id, 0, set_("iko", "key", "A"))
            await until(lambda: dex.versions == [1])
            await ben.ok("request_update")  # whatever was sent to them before comes before this answer
            await tablet.ok("request_update")
            assert ben.heard["content_edited"] == tablet.heard["content_edited"] == []
            assert (await ada.next("user_left"))["user_id"] == "ben"


async def test_bands_contents_and_roles_that_another_node_makes_are_there_at_once(
    database_url: str, bus_url: str
) -> None:
    async with nodes(2, database_url, bus_url) as [a, b]:
        gig = await make_gig(a)
        async with member(b, "ben") as ben, member(b, "eve") as eve:
            await ben.ok("join_room", gig.band_room)
            made = await a.engine.contents.create(ADA, gig.band_id, "setlist", "Saturday")
            opened = await ben.ok("join_room", f"content_{made.id}")
            assert opened["content"]["fields"]["title"] == "Saturday"
            # The other node may still be telling how the gig was made.
            while (added := await ben.next("content_updated"))["data"].get("id") != made.id:
                pass
            assert added["action"] == "add"

            async with member(a, "ada") as ada:
                await ada.edit(made.id, 0, set_(None, "title", "Sunday"))
            renamed = await ben.next("content_updated")
            assert (renamed["action"], renamed["data"]["title"]) == ("update", "Sunday")

            await a.engine.contents.set_archived(ADA, made.id, True)
            assert (await ben.next("content_updated"))["action"] == "remove"
            assert (await ben.edit(made.id, 1, set_(None, "venue", "Tip's")))["error"]["code"] == "forbidden"

            await a.engine.membership.put_member(ADA, gig.band_id, "ben", Role.VIEWER, None)
            assert (await ben.next("content_updated"))["data"] == {"band_id": gig.band_id, "role": "viewer"}
            assert (await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G")))["error"]["code"] == "forbidden"

            await a.engine.membership.put_member(ADA, gig.band_id, "eve", Role.EDITOR, "Eve")
            assert (await eve.next("content_updated"))["action"] == "add"
            await eve.ok("join_room", gig.band_room)
            band = await a.engine.membership.create_band(User("eve", "Eve"), "Rebirth")
            assert (await eve.ok("join_room", f"band_{band.id}"))["role"] == "owner"


async def test_a_job_on_one_node_is_heard_of_on_all(database_url: str, bus_url: str) -> None:
    async with nodes(2, database_url, bus_url) as [a, b]:
        gig = await make_gig(a)
        async with member(b, "ada") as ada, member(b, "ben") as ben:
            await ben.ok("join_room", gig.band_room)
            await a.engine.imports.start(ADA, gig.band_id, "songs.csv", b"title,key\nTiger Rag,Ab\n")
            while (await ben.next("sync_status"))["status"] != "completed":
                pass
            assert (await ada.next("complete"))["result"]["added"] == 1


async def test_who_moves_to_another_node_within_the_grace_has_not_left(
    database_url: str, bus_url: str, clock: ManualClock
) -> None:
    async with nodes(3, database_url, bus_url, clock) as [a, b, c]:
        gig = await make_gig(a)
        async with member(a, "ada") as ada, member(b, "ben") as ben:
            joined = await ada.ok("join_room", gig.band_room)
            await ben.ok("join_room", gig.band_room)
            await ada.next("user_joined")
            before = ben.sid
            ben.break_off()
            await until(lambda: is_lingering(b, before))
            clock.advance(INTERVAL_S)
            await until(lambda: all(_held(node, gig)[before].lingers_until is not None for node in (a, b, c)))
            clock.advance(GRACE_S - 1)
            async with member(c, "ben") as again:
                await again.ok("join_room", gig.band_room)
                await _until_shown(clock, joined, ada, {ada.sid, again.sid})
                clock.advance(GRACE_S)
                await until(lambda: all(set(_held(node, gig)) == {ada.sid, again.sid} for node in (a, b, c)))
                assert ada.heard["user_left"] == []
                assert len(ada.heard["user_joined"]) == 1


def _held(node: RunningEngine, gig: Gig) -> Mapping[str, Presence]:
    return node.engine.presence.roster(BandRoom(gig.band_id)).sessions


async def _until_shown(clock: ManualClock, joined: dict[str, object], someone: Member, sessions: set[str]) -> None:
    """Waits until a member shows exactly these sessions."""

    def is_shown() -> bool:
        clock.advance(INTERVAL_S)
        return set(folded(joined, someone.heard["presence_updated"])) == sessions

    await until(is_shown)


async def _until_focus(clock: ManualClock, someone: Member, session_id: str, anchor: int) -> None:
    def is_there() -> bool:
        clock.advance(INTERVAL_S)
        entries = [entry for message in someone.heard["presence_updated"] for entry in message["sessions"]]
        latest = [entry["focus"] for entry in entries if entry["session_id"] == session_id]
        return bool(latest) and latest[-1] is not None and latest[-1]["anchor"] == anchor

    await until(is_there)
