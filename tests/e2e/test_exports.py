"""Setlists and repertoires as files."""

import csv
import io

import pytest

from tests.conftest import Gig
from tests.support.members import insert, member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def _export(server: Running, content_id: str, wanted: str, **query: str) -> tuple[str, str]:
    async with server.rest("dex") as rest:
        answer = await rest.get(f"/api/contents/{content_id}/export", params={"format": wanted, **query})
        assert answer.status_code == 200, answer.text
        return answer.text, answer.headers["Content-Disposition"]


async def test_a_setlist_opens_in_a_spreadsheet_and_no_cell_is_a_formula(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben:
        await ben.edit(gig.setlist_id, 0, insert("evil", "a5", title='=HYPERLINK("x")', artist="@me", notes="-1\n+2"))
    text, disposition = await _export(server, gig.setlist_id, "csv")
    assert text[0] == "\ufeff"
    assert disposition == "attachment; filename*=UTF-8''Friday.csv"
    assert list(csv.DictReader(io.StringIO(text[1:])))[::3] == [
        {"type": "song", "title": "Iko Iko", "artist": "", "key": "F", "tempo": "176", "duration": "3:45", "notes": ""},
        {
            "type": "song", "title": "'=HYPERLINK(\"x\")", "artist": "'@me", "key": "", "tempo": "", "duration": "",
            "notes": "'-1\n+2",
        },
    ]  # fmt: skip


async def test_a_repertoire_comes_back_from_its_own_exports_unchanged(server: Running, gig: Gig) -> None:
    song = {
        "title": "=Iko Iko",
        "artist": "Dixie Cups",
        "key": "F# minor",
        "tempo": 120.5,
        "duration": 225,
        "time_signature": "2/4",
        "capo": 2,
        "year": 1965,
        "tags": ["carnival", "second line"],
        "chart": "[F]Hey now\n\n{soc}\nIko",
    }
    async with server.rest("ben") as rest, member(server, "ben") as ben:
        made = await rest.post(
            f"/api/bands/{gig.band_id}/contents",
            json={"kind": "repertoire", "title": "All", "document": {"items": [{"type": "song", "fields": song}]}},
        )
        for wanted, name in (("csv", "a.csv"), ("json", "a.json"), ("chordpro", "a.cho")):
            text, _ = await _export(server, made.json()["id"], wanted)
            file = {"file": (name, text.encode())}
            await rest.post(f"/api/bands/{gig.band_id}/imports", files=file)
            result = (await ben.next("complete"))["result"]
            assert (wanted, result["unchanged"], result["problems"]) == (wanted, 1, [])


async def test_a_songbook_of_a_setlist_has_the_charts_of_the_repertoire_in_the_keys_that_are_played(
    server: Running, gig: Gig
) -> None:
    async with server.rest("ben") as rest:
        await rest.post(
            f"/api/bands/{gig.band_id}/contents",
            json={
                "kind": "repertoire",
                "title": "All",
                "document": {
                    "items": [{"type": "song", "fields": {"title": "iko iko", "key": "G", "chart": "[G]Hey now"}}]
                },
            },
        )
    text, disposition = await _export(server, gig.setlist_id, "chordpro")
    assert disposition.endswith("Friday.cho")
    assert text == (
        "{title: Iko Iko}\n{key: F}\n{tempo: 176}\n{duration: 3:45}\n\n[F]Hey now\n"
        "\n{new_song}\n{title: When the Saints}\n{key: Bb}\n{tempo: 184}\n{duration: 4:00}\n"
    )
    for query, chord in (({}, "F"), ({"instrument": "Bb"}, "G"), ({"capo": "1"}, "E"), ({"numbers": "true"}, "1")):
        assert f">{chord}</b>Hey " in (await _export(server, gig.setlist_id, "html", **query))[0]


async def test_the_page_for_the_stage_shows_what_members_wrote_and_runs_none_of_it(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben:
        await ben.edit(
            gig.setlist_id, 0, set_("iko", "title", "<script>alert(1)</script>"), set_(None, "title", "F & B")
        )
    page, disposition = await _export(server, gig.setlist_id, "html")
    assert disposition.startswith("inline")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "<h1>F &amp; B</h1>" in page
    assert "2 songs · 22:45" in page
    before, _ = await _export(server, gig.setlist_id, "html", version="0")
    assert "Iko Iko" in before


async def test_only_members_export_and_only_in_a_known_format(server: Running, gig: Gig) -> None:
    async with server.rest("eve") as eve, server.rest("dex") as dex:
        assert (await eve.get(f"/api/contents/{gig.setlist_id}/export")).status_code == 403
        answer = await dex.get(f"/api/contents/{gig.setlist_id}/export", params={"format": "pdf"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
