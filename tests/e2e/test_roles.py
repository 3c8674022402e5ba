"""Roles are checked on every event, and a change of the membership counts at once."""

import pytest

from tests.conftest import Gig
from tests.support.members import edit, member, new_edit_id, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_a_viewer_reads_and_does_not_edit(server: Running, gig: Gig) -> None:
    async with member(server, "dex") as dex:
        await dex.ok("join_room", gig.room)
        await dex.ok("request_update", {"room_id": gig.room})
        for event, payload in (
            ("edit_content", edit(gig.setlist_id, 0, set_("iko", "key", "G"))),
            ("undo_edit", {"room_id": gig.room, "edit_id": new_edit_id(), "target": new_edit_id()}),
        ):
            error = await dex.refused(event, payload)
            assert error["code"] == "forbidden"
            assert "editor" in error["message"]


async def test_a_role_counts_from_the_moment_it_is_given(server: Running, gig: Gig) -> None:
    async with member(server, "dex") as dex, server.rest("ada") as rest:
        path = f"/api/bands/{gig.band_id}/members/dex"
        assert (await dex.edit(gig.setlist_id, 0, set_("iko", "key", "G")))["ok"] is False
        await rest.put(path, json={"role": "editor"})
        assert (await dex.edit(gig.setlist_id, 0, set_("iko", "key", "G")))["ok"] is True
        await rest.put(path, json={"role": "viewer"})
        assert (await dex.edit(gig.setlist_id, 1, set_("iko", "key", "A")))["ok"] is False
        told = [await dex.next("content_updated") for _ in range(2)]

    assert [(entry["type"], entry["action"], entry["data"]["role"]) for entry in told] == [
        ("membership", "update", "editor"),
        ("membership", "update", "viewer"),
    ]


async def test_a_removed_member_is_out_before_the_call_returns(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben, server.rest("ada") as rest:
        await ada.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.band_room)
        await ben.ok("join_room", gig.room)
        await ada.next("user_joined")

        gone = await rest.delete(f"/api/bands/{gig.band_id}/members/ben")
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        told = await ben.next("content_updated")
        left = await ada.next("user_left")

        assert gone.status_code == 204
        assert told["data"] == {"band_id": gig.band_id, "role": None}
        assert (told["type"], told["action"]) == ("membership", "remove")
        assert left["user_id"] == "ben"
        for event, payload in (
            ("join_room", gig.room),
            ("join_room", gig.band_room),
            ("edit_content", edit(gig.setlist_id, 1, set_("iko", "key", "A"))),
            ("request_update", {"room_id": gig.room}),
        ):
            assert (await ben.refused(event, payload))["code"] == "forbidden"
        assert ben.heard["content_edited"] == []


async def test_a_new_member_may_enter_without_connecting_anew(server: Running, gig: Gig) -> None:
    async with member(server, "cleo") as cleo, server.rest("ada") as rest:
        assert (await cleo.refused("join_room", gig.room))["code"] == "forbidden"
        await rest.put(f"/api/bands/{gig.band_id}/members/cleo", json={"role": "editor"})
        told = await cleo.next("content_updated")
        await cleo.ok("join_room", gig.room)

    assert (told["action"], told["data"]) == ("add", {"band_id": gig.band_id, "role": "editor"})


async def test_an_operator_has_no_way_into_a_room(server: Running, gig: Gig) -> None:
    async with member(server, "root", is_operator=True) as root:
        assert (await root.refused("join_room", gig.room))["code"] == "forbidden"
