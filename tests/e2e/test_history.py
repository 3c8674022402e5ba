"""Time travel over REST, while the band goes on editing."""

import asyncio

import pytest

from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import insert, member, set_, text
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_a_setlist_is_seen_as_it_was_at_a_version_and_at_a_time(
    server: Running, gig: Gig, clock: ManualClock
) -> None:
    made_at = clock.now()
    path = f"/api/contents/{gig.setlist_id}"
    async with member(server, "ben") as ben, server.rest("dex") as dex:
        for version, key in enumerate(("G", "A", "Bb")):
            clock.advance(60)
            await ben.edit(gig.setlist_id, version, set_("iko", "key", key))
        keys = []
        for seconds in (0, 59, 61, 121, 9_999):
            at = made_at.timestamp() + seconds
            answer = await dex.get(path, params={"at": at})
            keys.append(answer.json()["items"][0]["fields"]["key"])
        assert keys == ["F", "F", "G", "A", "Bb"]
        assert (await dex.get(path, params={"version": 2})).json()["items"][0]["fields"]["key"] == "A"

        too_early = await dex.get(path, params={"at": made_at.timestamp() - 1})
        assert (too_early.status_code, too_early.json()["error"]["code"]) == (404, "not_found")
        both = await dex.get(path, params={"at": "2026-12-04T20:30:00Z", "version": 1})
        assert both.json()["error"]["code"] == "invalid"


async def test_a_diff_tells_who_changed_what(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, server.rest("dex") as dex:
        await ben.edit(gig.setlist_id, 0, {"op": "move", "item": "saints", "position": "Zz"})
        await ben.edit(gig.setlist_id, 1, set_("saints", "key", "C"))
        found = (await dex.get(f"/api/contents/{gig.setlist_id}/diff", params={"from": 0, "to": 2})).json()
        assert found["words"] == ["Ben moved 'When the Saints' from 3 to 1, set its key from Bb to C"]
        assert [change["change"] for change in found["changes"]] == ["moved", "set"]
        assert found["changes"][1]["version"] == 2

        wrong = await dex.get(f"/api/contents/{gig.setlist_id}/diff", params={"from": 9})
        assert wrong.json()["error"]["code"] == "invalid"


async def test_a_revert_is_an_edit_that_everybody_hears_and_its_author_can_undo(server: Running, gig: Gig) -> None:
    path = f"/api/contents/{gig.setlist_id}"
    async with member(server, "ada") as ada, server.rest("ben") as ben, member(server, "ben") as ben_live:
        before = (await ben.get(path)).json()
        await ada.ok("join_room", gig.room)
        await ada.edit(gig.setlist_id, 0, {"op": "remove", "item": "iko"}, set_(None, "venue", "Tipitina's"))
        await ada.edit(gig.setlist_id, 1, insert("panama", "a0", title="Panama"), text(None, "notes", 9, {"d": 1}, "9"))
        changed = (await ben.get(path)).json()

        answer = (await ben.post(f"{path}/revert", json={"version": 0})).json()

        assert answer["version"] == 3
        reverted = (await ben.get(path)).json()
        assert (reverted["fields"], reverted["items"]) == (before["fields"], before["items"])
        told = await ada.next("content_edited")
        assert (told["author"]["id"], told["ops"]) == ("ben", answer["ops"])

        await ben_live.ok("undo_edit", {"room_id": gig.room, "edit_id": _uuid(1), "target": told["edit_id"]})
        undone = (await ben.get(path)).json()
        assert (undone["fields"], undone["items"]) == (changed["fields"], changed["items"])


async def test_a_revert_merges_with_what_is_being_typed(server: Running, gig: Gig) -> None:
    async with member(server, "ada") as ada, server.rest("ben") as ben:
        await ada.edit(gig.setlist_id, 0, text(None, "notes", 9, {"d": 1}, "nine sharp"))
        await ben.post(f"/api/contents/{gig.setlist_id}/revert", json={"version": 0})
        # Typed before the revert was heard of.
        late = await ada.edit(gig.setlist_id, 1, text(None, "notes", "NB: "))
        assert late["dropped"] == []
        document = (await ben.get(f"/api/contents/{gig.setlist_id}")).json()
        assert document["fields"]["notes"] == "NB: doors at 8"


async def test_a_revert_sent_twice_is_carried_out_once_and_one_to_the_present_stores_nothing(
    server: Running, gig: Gig
) -> None:
    path = f"/api/contents/{gig.setlist_id}/revert"
    async with member(server, "ada") as ada, server.rest("ada") as rest:
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        body = {"version": 0, "edit_id": _uuid(2)}
        first, again = [(await rest.post(path, json=body)).json() for _ in range(2)]
        assert first == again
        assert first["version"] == 2
        assert (await rest.post(path, json={"version": 0})).json()["ops"] == []
        many = await asyncio.gather(*(rest.post(path, json={"version": version}) for version in (1, 0, 1, 0)))
        assert {answer.status_code for answer in many} == {200}


async def test_only_editors_revert_and_name_versions(server: Running, gig: Gig) -> None:
    path = f"/api/contents/{gig.setlist_id}"
    async with server.rest("dex") as dex, server.rest("eve") as eve, server.rest("ben") as ben:
        assert (await dex.post(f"{path}/revert", json={"version": 0})).status_code == 403
        assert (await dex.post(f"{path}/checkpoints", json={"label": "mine"})).status_code == 403
        for call in ("", "/edits", "/diff?from=0", "/checkpoints"):
            assert (await eve.get(path + call)).status_code == 403
        await ben.delete(path)
        assert (await ben.post(f"{path}/revert", json={"version": 0})).status_code == 403


async def test_checkpoints_name_versions(server: Running, gig: Gig) -> None:
    path = f"/api/contents/{gig.setlist_id}/checkpoints"
    async with member(server, "ada") as ada, server.rest("ben") as ben, server.rest("dex") as dex:
        await ada.edit(gig.setlist_id, 0, set_("iko", "key", "G"))
        first = await ben.post(path, json={"label": "As sent to the venue", "version": 0})
        assert first.status_code == 201
        await ben.post(path, json={"label": "Soundcheck"})
        listed = (await dex.get(path)).json()["checkpoints"]
        assert [(entry["label"], entry["version"]) for entry in listed] == [
            ("Soundcheck", 1),
            ("As sent to the venue", 0),
        ]
        assert listed[0]["created_by"] == {"id": "ben", "name": "Ben"}
        assert (await ben.post(path, json={"label": "future", "version": 5})).status_code == 404


async def test_the_history_is_filtered_by_author_item_and_time_in_pages(
    server: Running, gig: Gig, clock: ManualClock
) -> None:
    path = f"/api/contents/{gig.setlist_id}/edits"
    async with member(server, "ada") as ada, member(server, "ben") as ben, server.rest("dex") as dex:
        begin = clock.now()
        for version in range(6):
            clock.advance(60)
            who = ben if version % 2 else ada
            item = "saints" if version > 3 else "iko"
            await who.edit(gig.setlist_id, version, set_(item, "tempo", 100 + version))
        await ben.edit(gig.setlist_id, 6, insert("IKO", "a5", title='"item":"iko"'))

        async def versions(**query: str | float) -> list[int]:
            answer = (await dex.get(path, params=query)).json()
            assert answer["head"] == 7
            return [edit["version"] for edit in answer["edits"]]

        assert await versions() == [1, 2, 3, 4, 5, 6, 7]
        assert await versions(author="ada") == [1, 3, 5]
        assert await versions(item="iko") == [1, 2, 3, 4]
        assert await versions(item="IKO") == [7]
        assert await versions(since=begin.timestamp() + 121, until=begin.timestamp() + 240) == [3, 4]
        page = (await dex.get(path, params={"author": "ada", "limit": 2})).json()
        assert ([edit["version"] for edit in page["edits"]], page["next_after"]) == ([1, 3], 3)
        rest = (await dex.get(path, params={"author": "ada", "limit": 2, "after": 3})).json()
        assert ([edit["version"] for edit in rest["edits"]], rest["next_after"]) == ([5], None)


async def test_a_time_before_all_calendars_is_invalid(server: Running, gig: Gig) -> None:
    async with server.rest("dex") as dex:
        answer = await dex.get(f"/api/contents/{gig.setlist_id}", params={"at": "0001-01-01T00:00:00+14:00"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"
