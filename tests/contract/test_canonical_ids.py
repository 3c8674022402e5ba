"""One UUID is one edit, in capitals and in small letters, now and where capitals were stored."""

import pytest
from sqlalchemy import create_engine, text

from collab.storage.engine import sync_url
from collab.storage.migrate import migrate
from tests.conftest import Gig, make_gig
from tests.support.members import edit, member, new_edit_id, set_
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio


async def _stored(server: RunningEngine, gig: Gig) -> list[tuple[str, str | None]]:
    async with server.rest("ada") as rest:
        edits = (await rest.get(f"/api/contents/{gig.setlist_id}/edits")).json()["edits"]
    return [(entry["edit_id"], entry.get("undoes")) for entry in edits]


async def test_a_uuid_in_other_letters_is_the_same_edit(any_database_url: str) -> None:
    first, undone = new_edit_id(), new_edit_id()
    async with serving(settings_for(any_database_url)) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, member(server, "ben") as ben:
            await ben.ok("join_room", gig.room)
            sent = edit(gig.setlist_id, 0, set_("iko", "key", "G"), edit_id=first.upper())
            answer = await ada.ok("edit_content", sent)
            # Whoever asked knows it by their own letters, everybody else by small ones.
            assert answer["edit_id"] == first.upper()
            assert (await ben.next("content_edited"))["edit_id"] == first
            for letters in (first, first.upper(), first.title()):
                again = await ada.ok("edit_content", {**sent, "edit_id": letters})
                assert again == {**answer, "edit_id": letters}
            undo = {"room_id": gig.room, "edit_id": undone.upper(), "target": first.title()}
            assert (await ada.ok("undo_edit", undo))["version"] == 2
            assert (await ada.ok("undo_edit", {**undo, "edit_id": undone}))["version"] == 2
            missed = {"room_id": gig.room, "since": 2, "since_edit": undone.upper()}
            assert (await ada.ok("request_update", missed))["edits"] == []
        async with server.rest("ada") as rest:
            revert, path = {"version": 1, "edit_id": new_edit_id()}, f"/api/contents/{gig.setlist_id}/revert"
            for edit_id in (revert["edit_id"], str(revert["edit_id"]).upper()):
                done = (await rest.post(path, json={**revert, "edit_id": edit_id})).json()
                assert (done["version"], done["edit_id"]) == (3, edit_id)
        assert await _stored(server, gig) == [(first, None), (undone, first), (revert["edit_id"], None)]


async def test_what_was_stored_in_capitals_stays_found(any_database_url: str) -> None:
    ids = [new_edit_id() for _ in range(4)]
    async with serving(settings_for(any_database_url)) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada:
            for version, edit_id in enumerate(ids[:3]):
                await ada.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version), edit_id=edit_id)
            await ada.ok("undo_edit", {"room_id": gig.room, "edit_id": ids[3], "target": ids[2]})

    engine = create_engine(sync_url(any_database_url))
    with engine.begin() as connection:
        # As an older version stored them: the second is a twin of the first, in other letters.
        connection.execute(text("UPDATE edits SET edit_id = upper(edit_id), undoes = upper(undoes) WHERE version > 2"))
        twin = {"id": ids[0].upper()}
        connection.execute(text("UPDATE edits SET edit_id = :id WHERE version = 2"), twin)
        connection.execute(text("UPDATE bands SET name = :name"), {"name": "a\x1bb\nc"})
    engine.dispose()
    migrate(any_database_url, "0004")
    migrate(any_database_url)

    async with serving(settings_for(any_database_url)) as server:
        assert await _stored(server, gig) == [(ids[0], None), (ids[0].upper(), None), (ids[2], None), (ids[3], ids[2])]
        async with member(server, "ada") as ada, server.rest("ada") as rest:
            again = await ada.edit(gig.setlist_id, 0, set_("iko", "tempo", 102), edit_id=ids[2].upper())
            assert (again["ok"], again["version"]) == (True, 3)
            assert [band["name"] for band in (await rest.get("/api/bands")).json()["bands"]] == ["ab c"]
