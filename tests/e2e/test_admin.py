"""The admin pages: what operators see there, and that nobody else sees anything and nobody changes anything."""

import csv
import html
import io
import json
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx
import pytest

from collab.http.admin import COOKIE
from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio

PAGES = ("bands", "members", "contents", "edits", "checkpoints", "stays", "jobs")


async def _sign_in(rest: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    return await rest.post("/admin/login", data={"token": token, **more})


async def test_an_operator_signs_in_with_a_token_and_the_session_ends_with_it(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        answer = await _sign_in(rest, server.token("op", is_operator=True, ttl_s=600))
        assert answer.status_code == 303
        (header,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith(COOKIE)]
        cookie = SimpleCookie(header)[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/admin")
        assert 590 <= int(cookie["max-age"]) <= 600
        assert (await rest.get("/admin/")).status_code == 200
        # Kept longer than it is good for, it lets nobody in.
        rest.cookies.set(COOKIE, server.token("op", is_operator=True, ttl_s=-60), path="/admin")
        assert (await rest.get("/admin/edits")).status_code == 303


async def test_nobody_else_gets_further_than_the_login(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        refused = await _sign_in(rest, server.token("ada"))
        assert "expected an operator&#39;s token" in refused.text
        assert COOKIE not in rest.cookies
        assert "the token is not valid" in (await _sign_in(rest, "nonsense")).text
        rest.cookies.set(COOKIE, server.token("ada"), path="/admin")
        for path in ("", "row?of=edits", "edits.csv", "edits?content_id=x", *PAGES):
            answer = await rest.get(f"/admin/{path}")
            assert answer.status_code == 303
            assert answer.headers["Location"] == f"login?{urlencode({'next': path})}"


async def test_the_login_leads_to_what_was_asked_for_and_nowhere_else(server: Running, gig: Gig) -> None:
    token = server.token("op", is_operator=True)
    async with server.rest(None) as rest:
        asked, quoted = 'edits?content_id="x"', "edits?content_id=%22x%22"
        page = await rest.get("/admin/login", params={"next": asked})
        assert html.escape(asked).replace("&quot;", "&#34;") in page.text
        expected = {asked: quoted, "//evil.example": "./", "https://evil.example": "./", "login": "./"}
        for wanted, leads_to in expected.items():
            assert (await _sign_in(rest, token, next=wanted)).headers["Location"] == leads_to
        other = {"Sec-Fetch-Site": "cross-site"}
        assert (await rest.post("/admin/login", data={"token": token}, headers=other)).status_code == 403
        large = await rest.post("/admin/login", data={"token": "x" * 20_001})
        assert large.status_code == 413
        assert (await rest.post("/admin/logout")).headers["Location"] == "login"
        assert COOKIE not in rest.cookies


async def test_the_pages_show_the_history_and_ask_for_nothing_from_outside(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, server.rest("ben") as rest:
        await ben.ok("join_room", gig.room)
        await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Jock-A-Mo"))
        await rest.post(f"/api/contents/{gig.setlist_id}/checkpoints", json={"label": "Soundcheck"})
        await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": ("some songs.csv", b"title\nPanama\n")})
        await ben.next("complete")
        await rest.get(f"/api/bands/{gig.band_id}/presence", params={"history": "true"})
    expected = {
        "bands": "Blue Nile", "members": "viewer", "contents": "Friday", "edits": "Jock-A-Mo",
        "checkpoints": "Soundcheck", "stays": gig.room, "jobs": "some songs.csv",
    }  # fmt: skip
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        for page in PAGES:
            answer = await rest.get(f"/admin/{page}")
            assert answer.status_code == 200, page
            assert expected[page] in answer.text, page
            assert _outside(answer.text) == []
        detail = await rest.get("/admin/row", params={"of": "edits", "key": [gig.setlist_id, 1]})
        assert (detail.status_code, "Jock-A-Mo" in detail.text, _outside(detail.text)) == (200, True, [])
        assert _outside((await rest.get("/admin/")).text) == []


async def test_edits_are_filtered_by_content_author_id_and_time(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, member(server, "ada") as ada:
        answer = await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Jock-A-Mo"))
        await ada.edit(gig.setlist_id, 1, set_("iko", "title", "Aiko Aiko"))
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))

        async def shows(**wanted: str) -> list[bool]:
            page = await rest.get("/admin/edits", params=wanted)
            assert page.status_code == 200, page.text
            return ["Jock-A-Mo" in page.text, "Aiko Aiko" in page.text]

        assert await shows(author_id="ben") == [True, False]
        assert await shows(content_id=gig.setlist_id) == [True, True]
        assert await shows(content_id="another") == [False, False]
        assert await shows(band_id=gig.band_id) == [True, True]
        assert await shows(band_id="another") == [False, False]
        assert await shows(begins="Fri") == [True, True]
        assert await shows(begins="ri") == [False, False]
        assert await shows(edit_id=answer["edit_id"]) == [True, False]
        assert await shows(since="2000-01-01T00:00", until="2100-01-01T00:00") == [True, True]
        assert await shows(until="2001-01-01T00:00", author_id="") == [False, False]
        for wrong in (
            {"ops": "x"},
            {"since": "yesterday"},
            {"after": "x"},
            {"after": "WzFd"},
            {"begins": "Fri", "author_id": "ben"},
            {"begins": "Fri", "band_id": gig.band_id},
            {"author_id": "\0"},
        ):
            assert (await rest.get("/admin/edits", params=wrong)).status_code == 422, wrong
        for missing in ("songs", "edits.pdf", "row?of=edits&key=x", "row?of=edits&key=x&key=y", "row"):
            assert (await rest.get(f"/admin/{missing}")).status_code == 404


async def test_names_are_found_by_how_they_begin(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        for page, name in (("bands", "Blue Nile"), ("members", "Dex"), ("contents", "Friday")):
            for begins, is_there in ((name[:3], True), (name, True), (name[1:], False), (name + "x", False)):
                found = await rest.get(f"/admin/{page}", params={"begins": begins})
                assert (f">{name}<" in found.text) is is_there, (page, begins)


async def test_pages_follow_each_other_without_a_gap(
    server: Running, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.storage.browsing.PAGE_ROWS", 2)
    async with member(server, "ben") as ben:
        for version in range(5):
            await ben.edit(gig.setlist_id, version, set_("iko", "tempo", 100 + version))
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        found, address = [], f"edits?content_id={gig.setlist_id}"
        while address:
            page = (await rest.get(f"/admin/{address}")).text
            found.append(re.findall(r"value&#34;:(\d+)", page))
            older = re.search(r'href="([^"]+)" rel="next"', page)
            address = html.unescape(older[1]) if older else ""
        assert found == [["104", "103"], ["102", "101"], ["100"]]


async def test_an_export_holds_all_that_is_meant_and_no_formula(
    server: Running, gig: Gig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.storage.browsing.PIECE_ROWS", 2)
    async with member(server, "ben") as ben:
        for version in range(5):
            await ben.edit(gig.setlist_id, version, set_(None, "title", f"=HYPERLINK({version})"))
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        answer = await rest.get("/admin/edits.csv", params={"content_id": gig.setlist_id})
        assert answer.headers["Content-Disposition"] == 'attachment; filename="edits.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [row["version"] for row in rows] == ["5", "4", "3", "2", "1"]
        assert {row["content"] for row in rows} == {"'=HYPERLINK(4)"}
        assert json.loads(rows[0]["ops"])[0]["value"] == "=HYPERLINK(4)"
        lines = (await rest.get("/admin/edits.jsonl", params={"author_id": "ben"})).text.splitlines()
        assert [json.loads(line)["version"] for line in lines] == [5, 4, 3, 2, 1]
        assert (await rest.get("/admin/edits.csv", params={"author_id": "dex"})).text.count("\n") == 1


async def test_nothing_can_be_changed_there(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        for path in ("", "row", "edits.csv", *PAGES):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert (await rest.request(method, f"/admin/{path}")).status_code == 405


def _outside(page: str) -> list[str]:
    """Addresses of other hosts that a page would fetch from."""
    found = re.findall(r"""(?:src|href|action)=["'](https?:)?//([^/"']+)|@import|url\(["']?https?:""", page)
    return [host for _, host in found if not host.startswith("127.0.0.1")]
