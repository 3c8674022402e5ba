"""Who is in a band's rooms, and who was when, over REST."""

import pytest
from socketio.packet import DISCONNECT

from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import Json, member
from tests.support.serving import RunningEngine
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio


async def presence(server: RunningEngine, gig: Gig, user_id: str = "ada", **query: str | int) -> Json:
    async with server.rest(user_id) as rest:
        answer = await rest.get(f"/api/bands/{gig.band_id}/presence", params=query)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body


async def test_people_are_listed_with_their_sessions_in_all_rooms_of_the_band(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ben") as first, member(server, "ben") as second, member(server, "ada") as ada:
        await first.ok("join_room", gig.band_room)
        await first.ok("join_room", gig.room)
        await second.ok("join_room", gig.room)
        await ada.ok("join_room", gig.band_room)
        await first.ok("update_presence", {"room": gig.room, "status": "idle", "focus": {"item": "iko"}})

        people = (await presence(server, gig, "dex"))["people"]
        assert [(person["user"]["id"], person["status"]) for person in people] == [("ada", "active"), ("ben", "active")]
        assert [(entry["room"], entry["session_id"], entry["focus"]) for entry in people[1]["sessions"]] == [
            (gig.band_room, first.sid, None),
            (gig.room, first.sid, {"item": "iko"}),
            (gig.room, second.sid, None),
        ]


async def test_history_tells_who_was_where_from_when_until_when_and_why_it_ended(
    server: RunningEngine, gig: Gig, clock: ManualClock
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.band_room)
        clock.advance(1)
        await ben.ok("join_room", gig.room)
        clock.advance(30)
        await ada.ok("leave_room", gig.band_room)
        ada.break_off()

        history = (await presence(server, gig, history="true"))["history"]
        fields = ("user", "room", "transport", "end_reason")
        assert [tuple(entry[name] for name in fields) for entry in history] == [
            (entry["user"], room, transport, reason)
            for entry, room, transport, reason in [
                (history[0], gig.room, "websocket", None),
                (history[1], gig.band_room, "websocket", "left"),
            ]
        ]
        assert [entry["user"]["id"] for entry in history] == ["ben", "ada"]
        assert history[0]["ended_at"] is None
        assert history[1]["started_at"] < history[0]["started_at"] < history[1]["ended_at"]
        # Addresses are for operators, in the database.
        assert "remote_addr" not in history[0]


async def test_history_tells_when_somebody_was_last_heard(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada:
        await ada.ok("join_room", gig.room)
        for _ in range(12):
            clock.advance(0.5)
            await ada.ok("update_presence", {"room": gig.room, "focus": {"item": "iko"}})
        spoken = (await presence(server, gig))["people"][0]["last_seen"]
        clock.advance(30)  # and with it a renewal of the lease
        (visit,) = (await presence(server, gig, history="true"))["history"]
        assert visit["last_seen"] == spoken


async def test_why_a_connection_ended_is_in_the_history(server: RunningEngine, gig: Gig) -> None:
    async with member(server, "ada") as lost, member(server, "ben") as said, member(server, "dex") as dex:
        for someone in (lost, said, dex):
            await someone.ok("join_room", gig.band_room)
        lost.break_off()
        await said.client._send_packet(said.client.packet_class(DISCONNECT, namespace="/"))  # noqa: SLF001  # as test_presence.say_goodbye

        async def has_ended() -> bool:
            history = (await presence(server, gig, history="true"))["history"]
            reasons = {entry["user"]["id"]: entry["end_reason"] for entry in history}
            return reasons == {"ada": "transport_close", "ben": "client_disconnect", "dex": None}

        await until(has_ended)


async def test_history_is_paged_from_the_latest(server: RunningEngine, gig: Gig, clock: ManualClock) -> None:
    async with member(server, "ada") as ada:
        for _ in range(5):
            await ada.ok("join_room", gig.band_room)
            await ada.ok("leave_room", gig.band_room)
            clock.advance(1)
    everything = (await presence(server, gig, history="true"))["history"]
    assert len(everything) == 5

    page = (await presence(server, gig, history="true", limit=2))["history"]
    rest = (await presence(server, gig, history="true", limit=10, before=page[-1]["id"]))["history"]
    assert page + rest == everything


async def test_presence_is_for_members(server: RunningEngine, gig: Gig) -> None:
    for query in ({}, {"history": "true"}):
        async with server.rest("zoe") as rest:
            answer = await rest.get(f"/api/bands/{gig.band_id}/presence", params=query)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "forbidden"
