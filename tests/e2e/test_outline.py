"""An outline brings the fields that are asked for and no others, once, and in few bytes."""

import pytest

from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_an_outline_has_the_fields_that_are_asked_for_in_the_order_of_the_list(server: Running, gig: Gig) -> None:
    path = f"/api/contents/{gig.setlist_id}/outline"
    async with server.rest("dex") as dex, server.rest("eve") as eve:
        answer = await dex.get(path, params={"fields": "title,key"})
        assert answer.json() == {
            "id": gig.setlist_id,
            "kind": "setlist",
            "version": 0,
            "items": [
                {"id": "iko", "type": "song", "fields": {"title": "Iko Iko", "key": "F"}},
                {"id": "rest", "type": "break", "fields": {"title": "Break"}},
                {"id": "saints", "type": "song", "fields": {"title": "When the Saints", "key": "Bb"}},
            ],
        }
        for wrong in ("title,nothing", "", "title," * 200):
            refused = (await dex.get(path, params={"fields": wrong})).json()["error"]
            assert (refused["code"], refused["details"][0]["path"]) == ("invalid", "fields")
        assert (await dex.get(path)).json()["error"]["code"] == "invalid"
        assert (await eve.get(path, params={"fields": "title"})).json()["error"]["code"] == "forbidden"


async def test_what_is_still_so_is_not_sent_again(server: Running, gig: Gig) -> None:
    path = f"/api/contents/{gig.setlist_id}/outline?fields=title"
    async with server.rest("dex") as dex, member(server, "ben") as ben:
        etag = (await dex.get(path)).headers["ETag"]
        again = await dex.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Iko"))
        changed = await dex.get(path, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert changed.json()["items"][0]["fields"] == {"title": "Iko"}


async def test_answers_are_compressed_and_kept_by_no_cache(server: Running, gig: Gig) -> None:
    async with server.rest("ada") as ada:
        songs = [{"type": "song", "fields": {"title": f"Song {number}"}} for number in range(500)]
        body = {"kind": "repertoire", "title": "Repertoire", "document": {"items": songs}}
        made = (await ada.post(f"/api/bands/{gig.band_id}/contents", json=body)).json()
        path = f"/api/contents/{made['id']}/outline?fields=title"
        packed = await ada.get(path, headers={"Accept-Encoding": "gzip"})
        plain = await ada.get(path, headers={"Accept-Encoding": "identity"})
        assert packed.json() == plain.json()
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) * 3 < int(plain.headers["Content-Length"])
        assert {plain.headers["Cache-Control"], packed.headers["Cache-Control"]} == {"no-store"}
