"""Who is online and where they are, over real sockets, with a clock that the test moves."""

from collections.abc import Mapping
from typing import Any

import pytest
from socketio import packet

from collab.domain.bands import User
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import Json, Member, insert, member, set_, text
from tests.support.polling import DISCONNECT, polling
from tests.support.serving import RunningEngine
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio

GRACE_S = 10
IDLE_AFTER_S = 60
INTERVAL_S = 0.05


async def settle(server: RunningEngine, clock: ManualClock, room: str, *members: Member) -> None:
    """Returns once these members have heard all that the room is told."""
    clock.advance(INTERVAL_S)
    for someone in members:
        await someone.ok("update_presence", {"room": room})  # its answer follows what was sent before


def folded(joined: Json, heard: list[Json]) -> dict[str, Json]:
    """What a member shows, who starts with the answer to `join_room`."""
    sessions = {entry["session_id"]: entry for entry in joined["roster"]}
    for message in heard:
        sessions.update({entry["session_id"]: entry for entry in message["sessions"]})
        for session_id in message.get("gone", ()):
            sessions.pop(session_id, None)  # it may have come and gone between two messages
    return sessions


def shown(sessions: Mapping[str, Json]) -> dict[str, Any]:
    return {key: {**entry, "last_seen": None} for key, entry in sessions.items()}


async def leave_without_a_word(someone: Member, server: RunningEngine) -> None:
    """Breaks a member's connection; returns once the server knows."""
    session_id = someone.sid
    someone.break_off()
    await until(lambda: is_lingering(server, session_id))


async def say_goodbye(someone: Member) -> None:
    """Sends DISCONNECT over a websocket; the client's own disconnect() closes before it has sent it."""
    await someone.client._send_packet(someone.client.packet_class(packet.DISCONNECT, namespace="/"))  # noqa: SLF001


def is_lingering(server: RunningEngine, session_id: str) -> bool:
    return server.engine.sessions.find(session_id) is None


async def test_one_person_in_two_tabs_is_one_person(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as first, member(server, "ben") as second:
        await ada.ok("join_room", gig.band_room)
        await first.ok("join_room", gig.band_room)
        await second.ok("join_room", gig.band_room)
        assert (await ada.next("user_joined"))["user"]["id"] == "ben"

        await first.ok("leave_room", gig.band_room)
        await settle(server, clock, gig.band_room, ada)
        assert ada.heard["user_left"] == []
        assert ada.heard["presence_updated"][-1]["gone"] == [first.sid]

        await second.ok("leave_room", gig.band_room)
        left = await ada.next("user_left")
        assert (left["room"], left["user_id"]) == (gig.band_room, "ben")
        await settle(server, clock, gig.band_room, ada)
        assert len(ada.heard["user_joined"]) == len(ada.heard["user_left"]) == 1


async def test_a_reconnect_within_the_grace_is_neither_a_leave_nor_a_join(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ben.ok("join_room", gig.band_room)
        joined = await ada.ok("join_room", gig.band_room)
        before = ben.sid
        await leave_without_a_word(ben, server)
        clock.advance(GRACE_S - 1)

        # Until then the room shows no gap: the lost session stands where it stood.
        await settle(server, clock, gig.band_room, ada)
        assert before in folded(joined, ada.heard["presence_updated"])

        async with member(server, "ben") as again:
            fresh = await again.ok("join_room", gig.band_room)
            clock.advance(GRACE_S)
            await settle(server, clock, gig.band_room, ada)
            assert ada.heard["user_left"] == []
            assert ada.heard["user_joined"] == []
            # Gone and there in one message: nothing flickers.
            replaced = next(message for message in ada.heard["presence_updated"] if before in message.get("gone", ()))
            assert [entry["session_id"] for entry in replaced["sessions"]] == [again.sid]
            assert shown(folded(joined, ada.heard["presence_updated"])) == shown(folded(fresh, []))


async def test_whose_grace_is_over_has_left(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ben.ok("join_room", gig.band_room)
        joined = await ada.ok("join_room", gig.band_room)
        session_id = ben.sid
        await leave_without_a_word(ben, server)
        clock.advance(GRACE_S - 0.1)
        await settle(server, clock, gig.band_room, ada)
        assert ada.heard["user_left"] == []

        clock.advance(0.1)
        assert (await ada.next("user_left"))["user_id"] == "ben"
        await settle(server, clock, gig.band_room, ada)
        assert session_id not in folded(joined, ada.heard["presence_updated"])

        async with member(server, "ben") as again:
            await again.ok("join_room", gig.band_room)
            assert (await ada.next("user_joined"))["user"]["id"] == "ben"


async def test_a_tab_that_says_that_it_closes_has_left_at_once(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.band_room)
        await say_goodbye(ben)
        assert (await ada.next("user_left"))["user_id"] == "ben"


async def test_a_polling_tab_that_says_that_it_closes_has_left_at_once(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as ada, polling(server.url) as ben:
        await ada.ok("join_room", gig.band_room)
        await ben.connect(server.token("ben"))
        await ben.emit("join_room", gig.band_room)
        assert (await ada.next("user_joined"))["user"]["id"] == "ben"
        await ben.send(DISCONNECT)
        assert (await ada.next("user_left"))["user_id"] == "ben"
        visits = await server.engine.presence_reader.visits(User("ada", "Ada"), gig.band_id, 10, None)
        (visit,) = (visit for visit in visits if visit.user.id == "ben")
        assert (visit.origin.transport, visit.origin.remote_addr) == ("polling", "127.0.0.1")
        assert visit.origin.user_agent is not None
        assert visit.origin.user_agent.startswith("python-httpx")


async def test_the_answer_to_join_room_shows_where_everybody_is(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.room)
        focus = {"item": "iko", "field": "notes", "anchor": 2, "head": 5}
        await ada.ok("update_presence", {"room": gig.room, "focus": focus})
        roster = (await ben.ok("join_room", gig.room))["roster"]
        assert {entry["user"]["id"]: entry["focus"] for entry in roster} == {"ada": focus, "ben": None}


async def test_moves_are_told_at_once_and_then_only_the_latest_of_each_session(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben, member(server, "dex") as dex:
        for someone in (ada, ben, dex):
            await someone.ok("join_room", gig.room)
        await settle(server, clock, gig.room, ada)
        clock.advance(INTERVAL_S)
        ada.heard.clear()

        for head in range(30):
            for someone in (ben, dex):
                await someone.ok("update_presence", {"room": gig.room, "focus": {"item": "iko", "head": head}})
        await settle(server, clock, gig.room, ada)

        first, second = ada.heard["presence_updated"]
        assert [entry["focus"]["head"] for entry in first["sessions"]] == [0]
        assert {entry["session_id"]: entry["focus"]["head"] for entry in second["sessions"]} == {
            ben.sid: 29,
            dex.sid: 29,
        }


async def test_a_cursor_stays_at_its_word(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.room)
        joined = await ben.ok("join_room", gig.room)
        await ada.ok("update_presence", {"room": gig.room, "focus": {"field": "notes", "anchor": 6, "head": 8}})
        await ben.edit(gig.setlist_id, 0, text(None, "notes", "back "))
        await settle(server, clock, gig.room, ben)

        now = folded(joined, ben.heard["presence_updated"])
        assert now[ada.sid]["focus"] == {"field": "notes", "anchor": 11, "head": 13}
        fresh = await ben.ok("join_room", gig.room)
        assert shown(now) == shown(folded(fresh, []))


async def test_a_focus_goes_with_its_item(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        joined = await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)
        await ada.ok("update_presence", {"room": gig.room, "focus": {"item": "iko", "field": "title"}})
        await ben.edit(gig.setlist_id, 0, {"op": "remove", "item": "iko"})
        await settle(server, clock, gig.room, ada)
        # It is told to its own session too, which has not said so itself.
        assert folded(joined, ada.heard["presence_updated"])[ada.sid]["focus"] is None

        # A word that was on its way when the item went finds it gone, and is told so.
        late = {"room": gig.room, "focus": {"item": "iko", "field": "title"}}
        assert await ada.ok("update_presence", late) == {"ok": True, "focus": None}
        roster = (await ben.ok("join_room", gig.room))["roster"]
        assert [entry["focus"] for entry in roster] == [None, None]

        await ben.edit(gig.setlist_id, 1, insert("new", "a5", title="Panama"))
        assert await ada.ok("update_presence", {"room": gig.room, "focus": {"item": "new"}}) == {"ok": True}
        roster = (await ben.ok("join_room", gig.room))["roster"]
        assert roster[0]["focus"] == {"item": "new"}

        # Where its focus was elsewhere before, the change is not that session's own word.
        heard = len(ada.heard["presence_updated"])
        assert (await ada.ok("update_presence", late))["focus"] is None
        await settle(server, clock, gig.room, ada)
        [told] = [entry for message in ada.heard["presence_updated"][heard:] for entry in message["sessions"]]
        assert (told["session_id"], told["focus"]) == (ada.sid, None)


def statuses(messages: list[Json], session_id: str) -> list[str]:
    return [
        entry["status"] for message in messages for entry in message["sessions"] if entry["session_id"] == session_id
    ]


async def test_who_says_nothing_for_a_minute_is_idle_until_the_first_word(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.band_room)
        await settle(server, clock, gig.band_room, ada)
        ada.heard.clear()

        clock.advance(IDLE_AFTER_S - 1)
        await settle(server, clock, gig.band_room, ada)
        assert statuses(ada.heard["presence_updated"], ben.sid) == []
        clock.advance(1)
        await settle(server, clock, gig.band_room, ada)
        assert statuses(ada.heard["presence_updated"], ben.sid) == ["idle"]

        # Any word will do, also one about something else.
        await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await settle(server, clock, gig.band_room, ada)
        assert statuses(ada.heard["presence_updated"], ben.sid) == ["idle", "active"]


@pytest.mark.parametrize("beat", [{}, {"status": "idle"}])
async def test_a_hidden_tab_that_beats_once_a_minute_does_not_flap(
    server: RunningEngine, gig: Gig, clock: ManualClock, beat: Json
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as hidden:
        await ada.ok("join_room", gig.band_room)
        await hidden.ok("join_room", gig.band_room)
        await settle(server, clock, gig.band_room, ada)
        ada.heard.clear()
        for seconds in [60.4, 59.8, 61, 60] * 5:
            clock.advance(seconds)
            await hidden.ok("update_presence", {"room": gig.band_room, **beat})
        await settle(server, clock, gig.band_room, ada)

        assert statuses(ada.heard["presence_updated"], hidden.sid) == ["idle"]
        assert ada.heard["user_left"] == ada.heard["user_joined"] == []
        roster = (await ada.ok("join_room", gig.band_room))["roster"]
        assert hidden.sid in [entry["session_id"] for entry in roster]


async def test_a_member_who_is_removed_while_their_connection_is_broken_has_no_grace(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        joined = await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)
        await leave_without_a_word(ben, server)
        async with server.rest("ada") as rest:
            assert (await rest.delete(f"/api/bands/{gig.band_id}/members/ben")).status_code == 204
        assert (await ada.next("user_left"))["user_id"] == "ben"
        await settle(server, clock, gig.room, ada)
        assert list(folded(joined, ada.heard["presence_updated"])) == [ada.sid]


async def test_a_removed_member_is_in_no_roster(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        joined = await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)
        async with server.rest("ada") as rest:
            assert (await rest.delete(f"/api/bands/{gig.band_id}/members/ben")).status_code == 204
        assert (await ada.next("user_left"))["user_id"] == "ben"
        await settle(server, clock, gig.room, ada)
        assert list(folded(joined, ada.heard["presence_updated"])) == [ada.sid]
