"""What an import would do, what becomes of songs that are there, and where a file goes."""

import pytest

from tests.conftest import Gig
from tests.support.importing import CSV, bring_in, repertoire_of, send_file
from tests.support.members import member
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_an_import_that_lost_most_of_what_it_was_given_says_so_and_keeps_the_rest(
    server: Running, gig: Gig
) -> None:
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        result = await bring_in(rest, ben, gig.band_id, b"title,key,shoe\nPanama,loud,42\n,F,\n,G,\n")
        assert (result["status"], result["added"], result["lost_count"]) == ("error", 1, 2)
        assert result["message"] == "most of songs.csv is lost: 1 songs came in, 2 lines were not understood"
        assert [problem["line"] for problem in result["problems"]] == [2, 3, 4]
        assert [remark["message"] for remark in result["remarks"]] == ["columns that no song has were left out: 'shoe'"]


async def test_an_old_file_is_shown_before_it_changes_anything_and_then_does_what_was_chosen(
    server: Running, gig: Gig
) -> None:
    old = b"title,artist,key,tempo\nIko Iko,Dixie Cups,G,176\nTiger Rag,,Bb,240\nPanama,,F,\n"
    async with member(server, "ben") as ben, server.rest("ben") as rest, server.rest("dex") as dex:
        path = f"/api/bands/{gig.band_id}/imports"
        empty = (await rest.post(f"{path}/preview", files={"file": ("old.csv", old)})).json()
        assert (empty["new"], (await rest.get(f"/api/bands/{gig.band_id}/contents")).json()["contents"][1:]) == (3, [])

        await bring_in(rest, ben, gig.band_id, CSV)
        before = await repertoire_of(rest, gig.band_id)
        shown = (await rest.post(f"{path}/preview", files={"file": ("old.csv", old)})).json()
        assert {state: shown[state] for state in ("new", "changed", "same", "unsure")} == {
            "new": 1,
            "changed": 2,
            "same": 0,
            "unsure": 0,
        }
        assert shown["songs"][0]["changes"] == [
            {"field": "key", "before": "F", "after": "G"},
            {"field": "tempo", "before": None, "after": 176},
        ]
        assert await repertoire_of(rest, gig.band_id) == before

        form = {"policy": "empty", "choices": '{"1": "theirs"}'}
        await rest.post(path, files={"file": ("old.csv", old)}, data=form)
        done = (await ben.next("complete"))["result"]
        assert (done["added"], done["updated"]) == (1, 2)
        keys = [
            (song["fields"]["key"], song["fields"].get("tempo"))
            for song in (await repertoire_of(rest, gig.band_id))["items"]
        ]
        assert keys == [("F", 176), ("Bb", 240), ("F", None)]

        for wrong in ({"policy": "all"}, {"choices": "[]"}, {"choices": '{"x": "ours"}'}, {"choices": '{"1": "all"}'}):
            answer = await rest.post(path, files={"file": ("old.csv", old)}, data=wrong)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid"), wrong
        assert (await dex.post(f"{path}/preview", files={"file": ("old.csv", old)})).status_code == 403


async def test_a_twin_by_title_comes_in_beside_ours_unless_somebody_says_that_it_is_the_same(
    server: Running, gig: Gig
) -> None:
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        await bring_in(rest, ben, gig.band_id, b"title,key\nIko Iko,F\nStay,C\n")
        path, files = (
            f"/api/bands/{gig.band_id}/imports",
            {"file": ("x.csv", b"title,artist\nIko Iko,Cups\nStay,Browne\n")},
        )
        shown = (await rest.post(f"{path}/preview", files=files)).json()
        assert [(song["state"], song["like"], song["changes"]) for song in shown["songs"]] == [
            ("unsure", [""], [{"field": "artist", "before": None, "after": artist}]) for artist in ("Cups", "Browne")
        ]
        await rest.post(path, files=files, data={"choices": '{"0": "theirs"}'})
        await ben.next("complete")
        fields = [song["fields"] for song in (await repertoire_of(rest, gig.band_id))["items"]]
        assert fields == [
            {"title": "Iko Iko", "key": "F", "artist": "Cups"},
            {"title": "Stay", "key": "C"},
            {"title": "Stay", "artist": "Browne"},
        ]


@pytest.mark.parametrize(("wanted", "name"), [("csv", "Friday.csv"), ("json", "Friday.json")])
async def test_a_setlist_that_went_out_comes_back_as_it_was(server: Running, gig: Gig, wanted: str, name: str) -> None:
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        items = [
            {"type": item_type, "fields": {"title": title, "duration": 225}}
            for item_type, title in (("song", "Iko Iko"), ("break", "Drinks"), ("song", "Iko Iko"))
        ]
        made = {"kind": "setlist", "title": "Friday", "document": {"items": items}}
        before = (await rest.post(f"/api/bands/{gig.band_id}/contents", json=made)).json()
        out = await rest.get(f"/api/contents/{before['id']}/export", params={"format": wanted})
        shown = await rest.post(f"/api/bands/{gig.band_id}/imports/preview", files={"file": (name, out.content)})
        job_id = await send_file(rest, gig.band_id, out.content, name)
        done = (await ben.next("complete"))["result"]
        content_id = (await rest.get(f"/api/imports/{job_id}")).json()["content_id"]
        after = (await rest.get(f"/api/contents/{content_id}")).json()

    assert (shown.json()["kind"], shown.json()["new"], done["added"], done["problems"]) == ("setlist", 3, 3, [])
    assert (after["kind"], after["fields"]["title"]) == ("setlist", before["fields"]["title"])
    assert [(item["type"], item["fields"]) for item in after["items"]] == [
        (item["type"], item["fields"]) for item in before["items"]
    ]
