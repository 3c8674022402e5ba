"""A backup is put back while clients are away: who comes back from versions of the history before it is told so."""

from pathlib import Path

import pytest

from collab.storage import dumps
from collab.storage.migrate import migrate
from tests.conftest import Gig, make_gig
from tests.support.members import Json, Member, member, set_
from tests.support.serving import serving, settings_for, sqlite_url

pytestmark = pytest.mark.asyncio


async def _set_key(who: Member, gig: Gig, base_version: int, key: str) -> str:
    """The id of a stored edit."""
    answer = await who.edit(gig.setlist_id, base_version, set_("iko", "key", key))
    assert answer["ok"], answer
    return str(answer["edit_id"])


async def _come_back(who: Member, gig: Gig, since: int, since_edit: str) -> Json:
    return await who.call("join_room", {"room": gig.room, "since": since, "since_edit": since_edit})


async def test_a_history_that_went_another_way_is_told_from_the_one_that_was_seen(
    any_database_url: str, tmp_path: Path
) -> None:
    before = sqlite_url(tmp_path / "before.db")
    migrate(before)
    async with serving(settings_for(before)) as server:
        gig = await make_gig(server)
        async with member(server, "ben") as ben:
            first = await _set_key(ben, gig, 0, "A")
            dumps.dump(before, tmp_path / "dump.jsonl")
            lost = await _set_key(ben, gig, 1, "B")
    dumps.restore(any_database_url, tmp_path / "dump.jsonl")
    async with serving(settings_for(any_database_url)) as server, member(server, "ben") as ben:
        async with member(server, "ada") as ada:
            # The versions go on as if nothing had been: 2 is another edit now.
            second = await _set_key(ada, gig, 1, "C")
        assert (await _come_back(ben, gig, 2, lost))["error"]["code"] == "version_unknown"
        seen = {"room_id": gig.room, "since": 2, "since_edit": lost}
        assert (await ben.refused("request_update", seen))["code"] == "version_unknown"
        edited = await ben.edit(gig.setlist_id, 2, set_("iko", "tempo", 99), base_edit=lost)
        assert edited["error"]["code"] == "version_unknown"

        # Up to version 1 both are the same.
        assert [edit["edit_id"] for edit in (await _come_back(ben, gig, 1, first))["edits"]] == [second]
        assert (await ben.ok("join_room", gig.room))["last_edit"] == second
        assert (await _come_back(ben, gig, 2, second))["edits"] == []
        assert (await ben.edit(gig.setlist_id, 2, set_("iko", "tempo", 99), base_edit=second))["version"] == 3


async def test_a_band_that_is_restored_into_a_running_server_can_be_entered(
    any_database_url: str, tmp_path: Path
) -> None:
    before = sqlite_url(tmp_path / "before.db")
    migrate(before)
    async with serving(settings_for(before)) as server:
        gig = await make_gig(server)
    dumps.dump(before, tmp_path / "dump.jsonl", gig.band_id)
    async with serving(settings_for(any_database_url)) as server, member(server, "ben") as ben:
        assert (await ben.refused("join_room", gig.room))["code"] == "forbidden"
        dumps.restore(any_database_url, tmp_path / "dump.jsonl")
        assert (await ben.ok("join_room", gig.room))["content"]["id"] == gig.setlist_id
        assert (await ben.edit(gig.setlist_id, 0, set_("iko", "key", "G")))["version"] == 1
