"""Two members edit one setlist over real sockets."""

import asyncio

import pytest

from tests.conftest import Gig
from tests.support.members import Member, edit, insert, member, new_edit_id, set_, text
from tests.support.serving import Running, serving, settings_for

pytestmark = pytest.mark.asyncio


async def test_an_edit_is_answered_to_its_sender_and_told_to_the_others(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben", ["polling"]) as ben:
        await ada.ok("join_room", gig.room)
        await ben.ok("join_room", gig.room)
        sent = edit(gig.setlist_id, 0, set_("iko", "key", "G"))

        answer = await ada.ok("edit_content", sent)
        told = await ben.next("content_edited")
        # The sender is skipped: the next thing that ada hears is ben's edit, not her own.
        await ben.edit(gig.setlist_id, 1, set_("iko", "key", "A"))
        heard = await ada.next("content_edited")

    assert answer == {
        "ok": True,
        "edit_id": sent["edit_id"],
        "version": 1,
        "ops": [set_("iko", "key", "G")],
        "dropped": [],
        "overwrote": [],
    }
    at = told.pop("at")
    assert at.endswith("Z")
    assert told == {
        "room_id": gig.room,
        "edit_id": sent["edit_id"],
        "version": 1,
        "base_version": 0,
        "author": {"id": "ada", "name": "Ada"},
        "session_id": ada.heard["session"][0]["session_id"],
        "ops": [set_("iko", "key", "G")],
    }
    assert heard["version"] == 2


async def test_every_op_reaches_the_document(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben:
        await ben.edit(
            gig.setlist_id,
            0,
            insert("new", "a3", title="Lil' Liza Jane"),
            {"op": "move", "item": "saints", "position": "Zz"},
            {"op": "remove", "item": "rest"},
            text(None, "notes", 10, "!"),
            set_("iko", "tempo", None),
        )
        document = (await ben.ok("request_update", {"room_id": gig.room}))["content"]

    assert [item["id"] for item in document["items"]] == ["saints", "iko", "new"]
    assert document["fields"]["notes"] == "doors at 8!"
    assert "tempo" not in document["items"][1]["fields"]


async def test_edits_sent_without_waiting_keep_their_order(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ben.ok("join_room", gig.room)
        answers = await asyncio.gather(
            *(ada.edit(gig.setlist_id, 0, set_("iko", "tempo", 100 + number)) for number in range(50))
        )
        # Announcements leave in order: after this one ben has heard of every edit.
        await ben.ok("request_update")
        await ben.next("content_updated")

    assert [answer["version"] for answer in answers] == list(range(1, 51))
    batches = [told for batch in ben.heard["batch_update"] for told in batch["edits"]]
    told = sorted([*ben.heard["content_edited"], *batches], key=lambda told: told["version"])
    assert [entry["ops"][0]["value"] for entry in told] == list(range(100, 150))
    # All of one batch were ada's, so she was skipped.
    assert ada.heard["batch_update"] == []


async def test_versions_reach_every_receiver_in_order(server: Running, gig: Gig) -> None:
    arrived: list[int] = []

    async with member(server, "ada") as ada, member(server, "ben") as ben, member(server, "dex") as dex:
        dex.client.on("content_edited", lambda told: arrived.append(told["version"]))
        dex.client.on("batch_update", lambda told: arrived.extend(e["version"] for e in told["edits"]))
        await dex.ok("join_room", gig.room)
        await asyncio.gather(
            *(
                someone.edit(gig.setlist_id, 0, set_("iko", "tempo", 100 + number))
                for number in range(40)
                for someone in (ada, ben)
            )
        )
        await dex.ok("request_update")
        await dex.next("content_updated")

    assert arrived == list(range(1, 81))


async def test_the_same_edit_again_is_answered_as_before_and_stored_once(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        sent = edit(gig.setlist_id, 0, set_("iko", "key", "A"))
        first = await ada.ok("edit_content", sent)
        await ben.edit(gig.setlist_id, 2, set_("iko", "key", "C"))
        again = await ada.ok("edit_content", sent)
        document = (await ada.ok("request_update", {"room_id": gig.room}))["content"]

        assert (await ben.refused("edit_content", sent))["code"] == "invalid"

    assert again == first
    assert first["overwrote"] == [{"index": 0, "version": 1, "author": {"id": "ben", "name": "Ben"}, "value": "G"}]
    assert document["version"] == 3
    assert document["items"][0]["fields"]["key"] == "C"


async def test_the_winner_of_a_conflict_is_told_whom_they_overwrote(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        won = await ben.edit(gig.setlist_id, 0, set_("iko", "key", "Bb"))
        cautious = edit(gig.setlist_id, 1, set_("iko", "key", "C"), expect="unchanged")
        refused = await ada.refused("edit_content", cautious)

    assert won["overwrote"] == [{"index": 0, "version": 1, "author": {"id": "ada", "name": "Ada"}, "value": "G"}]
    assert refused["code"] == "conflict"
    assert refused["details"] == [{"index": 0, "version": 2, "author": {"id": "ben", "name": "Ben"}, "value": "Bb"}]


async def test_typing_in_one_field_at_once_merges(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.edit(gig.setlist_id, 0, text(None, "notes", "Early: "))
        moved = await ben.edit(gig.setlist_id, 0, text(None, "notes", 10, " sharp"))
        document = (await ada.ok("request_update", {"room_id": gig.room}))["content"]

    assert moved["ops"] == [text(None, "notes", 17, " sharp")]
    assert document["fields"]["notes"] == "Early: doors at 8 sharp"


async def test_an_op_on_an_item_that_is_gone_is_dropped(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.edit(gig.setlist_id, 0, {"op": "remove", "item": "iko"})
        half = await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"), set_("saints", "key", "C"))
        nothing = await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G"))

    assert half["version"] == 2
    assert half["dropped"] == [{"index": 0, "reason": "item_removed"}]
    assert half["ops"] == [set_("saints", "key", "C")]
    assert (nothing["ok"], nothing["version"], nothing["ops"]) == (True, 2, [])


async def test_an_edit_of_which_nothing_was_stored_is_judged_anew_when_it_comes_again(
    server: Running, gig: Gig
) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        removed = await ada.edit(gig.setlist_id, 0, {"op": "remove", "item": "iko"})
        sent = edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        assert (await ben.ok("edit_content", sent))["ops"] == []
        back = {"room_id": gig.room, "edit_id": new_edit_id(), "target": removed["edit_id"]}
        assert (await ada.ok("undo_edit", back))["version"] == 2
        first = await ben.ok("edit_content", sent)
        assert (first["version"], first["ops"]) == (3, sent["ops"])
        assert await ben.ok("edit_content", sent) == first, "stored by now, it is answered as it was"


async def test_a_refused_edit_changes_nothing(server: Running, gig: Gig) -> None:
    good = set_("iko", "key", "G")
    async with member(server, "ada") as ada:
        for code, sent in {
            "invalid": edit(gig.setlist_id, 0, good, set_("iko", "tempo", 9_000), set_("iko", "colour", "red")),
            "version_unknown": edit(gig.setlist_id, 1, good),
            "forbidden": {**edit(gig.setlist_id, 0, good), "room_id": "content_other"},
        }.items():
            error = await ada.refused("edit_content", sent)
            assert error["code"] == code
            if code == "invalid":
                assert [problem["path"] for problem in error["details"]] == ["ops.1.value", "ops.2.field"]
        assert (await ada.refused("edit_content", edit(gig.setlist_id, -1, good)))["code"] == "version_unknown"
        document = (await ada.ok("request_update", {"room_id": gig.room}))["content"]

    assert document["version"] == 0


async def test_undo_and_redo(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, member(server, "ben") as ben:
        await ada.ok("join_room", gig.room)
        made = await ben.edit(gig.setlist_id, 0, {"op": "remove", "item": "iko"})
        undo = {"room_id": gig.room, "edit_id": new_edit_id(), "target": made["edit_id"]}
        undone = await ben.ok("undo_edit", undo)
        redone = await ben.ok("undo_edit", {**undo, "edit_id": new_edit_id(), "target": undo["edit_id"]})
        await ada.next("content_edited")
        told = await ada.next("content_edited")

        unknown = await ben.refused("undo_edit", {**undo, "edit_id": new_edit_id(), "target": new_edit_id()})
        others = await ada.edit(gig.setlist_id, 3, set_("saints", "key", "C"))
        foreign = {**undo, "edit_id": new_edit_id(), "target": others["edit_id"]}
        not_mine = await ben.refused("undo_edit", foreign)

    assert undone["ops"][0]["item"]["fields"]["title"] == "Iko Iko"
    assert redone["ops"] == [{"op": "remove", "item": "iko"}]
    assert told["undoes"] == made["edit_id"]
    assert (unknown["code"], not_mine["code"]) == ("not_found", "forbidden")


async def test_an_archived_content_takes_no_edit_until_it_is_back(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, server.rest("ada") as rest:
        await rest.delete(f"/api/contents/{gig.setlist_id}")
        refused = await ada.refused("edit_content", edit(gig.setlist_id, 0, set_("iko", "key", "G")))
        await rest.post(f"/api/contents/{gig.setlist_id}/unarchive")
        answer = await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))

    assert refused["code"] == "forbidden"
    assert answer["version"] == 1


async def test_a_full_queue_answers_unavailable_and_the_same_edit_may_come_again(database_url: str, gig: Gig) -> None:
    async with serving(settings_for(database_url, max_waiting_edits=1)) as server, member(server, "ada") as ada:
        sent = [edit(gig.setlist_id, 0, set_("iko", "tempo", 100 + number)) for number in range(20)]
        answers = await asyncio.gather(*(ada.call("edit_content", body) for body in sent))
        refused = [body for body, answer in zip(sent, answers, strict=True) if not answer["ok"]]
        assert refused
        assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"unavailable"}

        for body in refused:
            await ada.ok("edit_content", body)
        document = (await ada.ok("request_update", {"room_id": gig.room}))["content"]

    assert document["version"] == 20


async def test_a_session_outlives_every_refusal(server: Running, gig: Gig) -> None:
    ada = Member("ada")
    await ada.connect(server.url, {"token": server.token("ada")})
    for _ in range(3):
        await ada.refused("edit_content", {"ops": [{"op": "zap"}]})
    await ada.ok("join_room", gig.room)
    await ada.close()
