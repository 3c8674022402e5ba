"""Rooms: who may enter, what they are given, and whom the others see come and go."""

import pytest

from tests.conftest import Gig
from tests.support.members import Member, insert, member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_the_band_room_gives_role_roster_and_contents(server: Running, gig: Gig) -> None:
    async with member(server, "dex") as dex:
        answer = await dex.ok("join_room", gig.band_room)

    assert answer["room"] == gig.band_room
    assert answer["role"] == "viewer"
    assert [entry["user"]["id"] for entry in answer["roster"]] == ["dex"]
    entry = answer["roster"][0]
    assert set(entry) == {"session_id", "user", "status", "focus", "joined_at", "last_seen"}
    assert entry["status"] == "active"
    assert entry["focus"] is None
    [summary] = answer["contents"]
    assert set(summary) == {"id", "kind", "title", "version", "updated_at", "updated_by"}
    assert (summary["id"], summary["kind"], summary["title"]) == (gig.setlist_id, "setlist", "Friday")


async def test_the_content_room_gives_the_document(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben:
        answer = await ben.ok("join_room", {"room": gig.room})

    document = answer["content"]
    assert answer["role"] == "editor"
    assert (document["id"], document["kind"], document["version"]) == (gig.setlist_id, "setlist", 0)
    assert document["band_id"] == gig.band_id
    assert document["fields"]["venue"] == "Blue Nile"
    assert [item["id"] for item in document["items"]] == ["iko", "rest", "saints"]


async def test_with_since_only_the_missed_edits_are_sent(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        for version in range(3):
            await ada.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version))

        tail = await ben.ok("join_room", {"room": gig.room, "since": 1})
        at_head = await ben.ok("join_room", {"room": gig.room, "since": 3})
        await ben.ok("leave_room", gig.room)
        beyond = await ben.refused("join_room", {"room": gig.room, "since": 4})
        # A refused join changes nothing: ben hears no edit and stands in no roster.
        await ada.edit(gig.setlist_id, 3, set_("iko", "tempo", 99))
        assert [entry["user"]["id"] for entry in (await ada.ok("join_room", gig.room))["roster"]] == ["ada"]
        await ben.ok("request_update")
        assert ben.heard["content_edited"] == []

    assert "content" not in tail
    assert [edit["version"] for edit in tail["edits"]] == [2, 3]
    assert tail["version"] == 3
    assert (at_head["version"], at_head["edits"]) == (3, [])
    assert beyond["code"] == "version_unknown"


async def test_a_tail_longer_than_the_document_gives_the_document(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada:
        for version in range(12):
            await ada.edit(gig.setlist_id, version, set_(None, "notes", f"{version} " + "long note " * 200))
        answer = await ada.ok("join_room", {"room": gig.room, "since": 1})

    assert answer["content"]["version"] == 12


@pytest.mark.parametrize("event", ["join_room", "request_update"])
async def test_what_is_not_yours_and_what_is_not_answer_alike(server: Running, gig: Gig, event: str) -> None:
    key = "room" if event == "join_room" else "room_id"
    async with member(server, "eve") as eve:
        for theirs, nobodys in (
            (gig.room, "content_no-such-content"),
            *([(gig.band_room, "band_no-such-band")] if event == "join_room" else []),
        ):
            refused = [await eve.refused(event, {key: room}) for room in (theirs, nobodys)]
            assert [error["code"] for error in refused] == ["forbidden", "forbidden"]
            texts = {
                error["message"].replace(room.split("_", 1)[1], "X")
                for error, room in zip(refused, (theirs, nobodys), strict=True)
            }
            assert len(texts) == 1


async def test_a_user_room_is_never_joined(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada:
        for user in ("ada", "ben", "nobody"):
            assert (await ada.refused("join_room", f"user_{user}"))["code"] == "forbidden"
        assert (await ada.refused("leave_room", "user_ada"))["code"] == "forbidden"


async def test_a_sid_is_no_room(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "eve") as eve:
        assert (await eve.refused("join_room", ada.sid))["code"] == "invalid"


async def test_the_others_see_who_comes_and_who_leaves(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada:
        await ada.ok("join_room", gig.band_room)
        async with member(server, "ben") as ben:
            answer = await ben.ok("join_room", gig.band_room)
            joined = await ada.next("user_joined")
            await ben.ok("leave_room", gig.band_room)
            left = await ada.next("user_left")

    assert {entry["user"]["id"] for entry in answer["roster"]} == {"ada", "ben"}
    assert joined == {"room": gig.band_room, "user_id": "ben", "user": answer["roster"][1]["user"]}
    assert (left["room"], left["user_id"]) == (gig.band_room, "ben")
    assert left["last_seen"].endswith("Z")
    # ben came alone and was skipped.
    assert ben.heard["user_joined"] == []


async def test_a_second_tab_is_not_a_second_person(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as first, member(server, "ben") as second:
        await ada.ok("join_room", gig.room)
        await first.ok("join_room", gig.room)
        await second.ok("join_room", gig.room)
        await first.ok("leave_room", gig.room)
        await second.ok("leave_room", gig.room)
        await ada.next("user_left")

        assert len(ada.heard["user_joined"]) == 1
        assert len(ada.heard["user_left"]) == 1


async def test_who_has_left_hears_nothing_and_may_still_edit(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)
        await ben.ok("leave_room", {"room": gig.room})
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))

        answer = await ben.edit(gig.setlist_id, 1, insert("new", "a3", title="Lil' Liza Jane"))
        await ada.next("content_edited")

        assert answer["version"] == 2
        assert ben.heard["content_edited"] == []


async def test_request_update_brings_a_session_up_to_date(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await ada.edit(gig.setlist_id, 1, set_("iko", "key", "A"))

        tail = await ben.ok("request_update", {"room_id": gig.room, "since": 1})
        whole = await ben.ok("request_update", {"room_id": gig.room})
        await ben.ok("request_update")
        refresh = await ben.next("content_updated")

    assert [edit["version"] for edit in tail["edits"]] == [2]
    assert whole["content"]["version"] == 2
    assert (refresh["action"], refresh["band_id"]) == ("refresh", gig.band_id)
    assert [summary["version"] for summary in refresh["data"]] == [2]


async def test_the_band_room_hears_of_new_retitled_archived_and_restored_contents(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben, server.rest("ada") as rest:
        await ben.ok("join_room", gig.band_room)
        made = (
            await rest.post(f"/api/bands/{gig.band_id}/contents", json={"kind": "repertoire", "title": "Ours"})
        ).json()
        await ada.edit(made["id"], 0, set_(None, "title", "All ours"))
        await ada.edit(made["id"], 1, {"op": "text", "item": None, "field": "title", "delta": [8, ", and theirs"]})
        await ada.edit(made["id"], 2, set_(None, "notes", "not told to the band"))
        await rest.delete(f"/api/contents/{made['id']}")
        await rest.post(f"/api/contents/{made['id']}/unarchive")
        told = [await ben.next("content_updated") for _ in range(5)]

    assert [entry["action"] for entry in told] == ["add", "update", "update", "remove", "restore"]
    assert {entry["type"] for entry in told} == {"repertoire"}
    assert [entry["data"]["title"] for entry in told] == ["Ours", "All ours", *["All ours, and theirs"] * 3]


async def test_two_events_in_a_row_take_effect_in_that_order(server: Running, gig: Gig) -> None:
    ada = Member("ada")
    await ada.connect(server.url, {"token": server.token("ada")})
    async with member(server, "ben") as ben:
        await ada.client.emit("join_room", gig.room)
        await ada.client.emit("leave_room", gig.room)
        await ada.ok("request_update")
        await ben.ok("join_room", gig.room)
        await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        await ada.ok("request_update")
        assert ada.heard["content_edited"] == []
    await ada.close()
