"""What a server sends, its stock clients can take: a content at its bound is joined, emptied and brought back."""

import asyncio
import string
from collections.abc import Iterator
from itertools import count

import orjson
import pytest

from collab.client import CollabClient
from collab.domain.bands import User
from collab.domain.ot.ops import Insert, Item
from collab.domain.sizes import content_bytes
from collab.settings import Settings
from tests.conftest import Gig, make_gig
from tests.docs.pages import README
from tests.e2e.test_docs import python_under
from tests.support.clients import agreed, client
from tests.support.members import edit, member, new_edit_id, set_
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio

ADA = User("ada", "Ada")
MAX_CONTENT_BYTES: int = Settings.model_fields["max_content_bytes"].default
MAX_SENT_BYTES: int = Settings.model_fields["max_sent_bytes"].default
STOCK_BYTES = 4 * 1024 * 1024
"""What aiohttp takes from a websocket, and with it a stock client of Python."""

NOTES, NOTES_BYTES = "🎷" * 19_000 + '"\n' * 500, 4 * 19_000 + 4 * 500
FRAME_BYTES = len('{"id":"s00","type":"song","position":"a0","fields":{"notes":""}},')
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def _songs(size_bytes: int) -> Iterator[Item]:
    """Songs that take just so much."""
    number = count()

    def song(notes: str) -> Item:
        n = next(number)
        return Item(f"s{n:02}", "song", f"a{_DIGITS[n]}", {"notes": notes})

    while size_bytes > 100_000:
        yield song(NOTES)
        size_bytes -= FRAME_BYTES + NOTES_BYTES
    parts = -(-size_bytes // 18_000)
    for part in range(parts):
        yield song("x" * ((size_bytes + part) // parts - FRAME_BYTES))


async def _full(server: RunningEngine, gig: Gig, *, size_bytes: int = MAX_CONTENT_BYTES) -> str:
    """A setlist that takes just so much."""
    songs = [*_songs(size_bytes - len('{"title":"Full"}'))]
    made = await server.engine.contents.create(ADA, gig.band_id, "setlist", "Full", {}, songs)
    assert content_bytes(made) == size_bytes
    return made.id


async def test_the_ten_lines_work_at_the_bound(
    server: RunningEngine, gig: Gig, capsys: pytest.CaptureFixture[str]
) -> None:
    setlist = await _full(server, gig, size_bytes=MAX_CONTENT_BYTES - len(',"key":"Bb"'))
    await python_under(README, "Ten lines of use")["main"](server.url, server.token("ben"), setlist)
    assert "'version': 1" in capsys.readouterr().out


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_stock_client_and_ours_join_at_the_bound_and_hear_all_of_it_brought_back(
    server: RunningEngine, gig: Gig, ada: CollabClient, transport: str
) -> None:
    setlist = await _full(server, gig)
    ours = await ada.open(setlist)
    async with member(server, "ben") as ben, member(server, "dex", transports=[transport]) as dex:
        joined = await dex.ok("join_room", f"content_{setlist}")
        assert MAX_CONTENT_BYTES <= len(orjson.dumps(joined)) < STOCK_BYTES
        items = [item["id"] for item in joined["content"]["items"]]
        removal = edit(setlist, 0, *({"op": "remove", "item": item} for item in items))
        await ben.ok("edit_content", removal)
        await dex.next("content_edited")
        undo = {"room_id": f"content_{setlist}", "edit_id": new_edit_id(), "target": removal["edit_id"]}
        undone = await ben.ok("undo_edit", undo)
        heard = await dex.next("content_edited")
        assert heard["ops"] == undone["ops"]
        assert MAX_CONTENT_BYTES < len(orjson.dumps(heard)) < STOCK_BYTES
        await agreed(server, ours)


async def test_our_client_takes_what_a_server_may_be_set_to_send(database_url: str) -> None:
    async with serving(settings_for(database_url, max_content_bytes=4_500_000)) as server:
        gig = await make_gig(server)
        setlist = await _full(server, gig, size_bytes=4_500_000)
        async with client(server, "ada") as ada:
            assert content_bytes((await ada.open(setlist)).document) == 4_500_000


async def test_one_byte_more_is_refused_everywhere(server: RunningEngine, gig: Gig) -> None:
    setlist = await _full(server, gig)
    async with member(server, "ben") as ben:
        error = await ben.refused("edit_content", edit(setlist, 0, set_("s00", "capo", 1)))
        assert error["code"] == "too_large"
        assert f"at most {MAX_CONTENT_BYTES} bytes" in error["message"]
        assert "0 more would fit" in error["message"]
    async with server.rest("ada") as rest:
        content = (await rest.get(f"/api/contents/{setlist}")).json()
        seed = {"fields": {"venue": "x"}, "items": content["items"]}
        body = {"kind": "setlist", "title": "Full", "document": seed}
        refused = await rest.post(f"/api/bands/{gig.band_id}/contents", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")
        del seed["fields"]["venue"]
        assert (await rest.post(f"/api/bands/{gig.band_id}/contents", json=body)).status_code == 201


@pytest.mark.usefixtures("whole_commits")
async def test_edits_that_are_too_long_for_one_message_come_in_several(database_url: str) -> None:
    async with serving(settings_for(database_url, max_sent_bytes=10_000)) as server:
        gig = await make_gig(server)
        async with member(server, "dex") as dex:
            await dex.ok("join_room", gig.room)
            songs = [Insert(Item(f"n{n}", "song", f"a{n}", {"notes": "x" * 4_000})) for n in range(3, 8)]
            edits = server.engine.editing.edit
            content_id = gig.setlist_id
            # At once, so that they are committed together.
            await asyncio.gather(
                *(edits(ADA, None, content_id, edit_id=new_edit_id(), base_version=0, ops=(song,)) for song in songs)
            )
            last = await dex.next("content_edited")
            batches = dex.heard["batch_update"]
            assert [[edit["version"] for edit in batch["edits"]] for batch in batches] == [[1, 2], [3, 4]]
            assert last["version"] == 5
            assert max(len(orjson.dumps(batch)) for batch in batches) < 10_100


async def test_an_import_that_does_not_fit_says_so_and_keeps_what_came_in(database_url: str) -> None:
    async with serving(settings_for(database_url, max_content_bytes=20_000)) as server:
        gig = await make_gig(server)
        async with member(server, "ada") as ada, server.rest("ada") as rest:
            songs = "title\n" + "".join(f"Song {n} {'x' * 100}\n" for n in range(200))
            await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("songs.csv", songs)})
            result = (await ada.next("complete"))["result"]
            assert result["status"] == "error"
            assert "at most 20000 bytes" in result["message"]
            assert result["added"] == 50
