"""The admin pages: what operators see there, and that nobody else sees anything and nobody changes anything."""

import re
from http.cookies import SimpleCookie

import httpx
import pytest

from collab.http.admin import COOKIE
from tests.conftest import Gig
from tests.support.members import member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio

PAGES = ("bands", "members", "contents", "edits", "checkpoints", "presence_sessions", "jobs")


async def _sign_in(rest: httpx.AsyncClient, token: str) -> httpx.Response:
    page = await rest.get("/admin/login")
    (csrf,) = set(re.findall(r'name="csrftoken"\s+value="([^"]+)"', page.text))
    return await rest.post("/admin/login", data={"password": token, "csrftoken": csrf})


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
        assert (await rest.get("/admin/edits/list")).status_code == 303


async def test_nobody_else_gets_further_than_the_login(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        refused = await _sign_in(rest, server.token("ada"))
        assert "expected an operator&#39;s token" in refused.text
        assert COOKIE not in rest.cookies
        assert "the token is not valid" in (await _sign_in(rest, "nonsense")).text
        rest.cookies.set(COOKIE, server.token("ada"), path="/admin")
        for path in ("", *(f"{page}/list" for page in PAGES)):
            answer = await rest.get(f"/admin/{path}")
            assert (answer.status_code, "/admin/login" in answer.headers["Location"]) == (303, True)


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
        "checkpoints": "Soundcheck", "presence_sessions": gig.room, "jobs": "some songs.csv",
    }  # fmt: skip
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        for page in PAGES:
            answer = await rest.get(f"/admin/{page}/list")
            assert answer.status_code == 200, page
            assert expected[page] in answer.text, page
            assert _outside(answer.text) == []
        detail = await rest.get("/admin/edits/detail", params={"pk": f"{gig.setlist_id},1"})
        assert (detail.status_code, "Jock-A-Mo" in detail.text, _outside(detail.text)) == (200, True, [])
        assert _outside((await rest.get("/admin/")).text) == []


async def test_edits_are_filtered_by_band_content_author_and_time(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, member(server, "ada") as ada:
        await ben.edit(gig.setlist_id, 0, set_("iko", "title", "Jock-A-Mo"))
        await ada.edit(gig.setlist_id, 1, set_("iko", "title", "Aiko Aiko"))
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))

        async def shows(wanted: str) -> list[bool]:
            page = await rest.get("/admin/edits/list", params={"filter": wanted})
            assert page.status_code == 200, page.text
            return ["Jock-A-Mo" in page.text, "Aiko Aiko" in page.text]

        assert await shows("author__eq=Ben") == [True, False]
        assert await shows("band__contains=Nobody") == [False, False]
        assert await shows('content__eq="Friday" AND version__gt=1') == [False, True]
        assert await shows("at__between=2000-01-01T00:00..2100-01-01T00:00") == [True, True]
        assert await shows("at__between=2000-01-01T00:00..2001-01-01T00:00") == [False, False]


async def test_nothing_can_be_changed_there(server: Running, gig: Gig) -> None:
    async with server.rest(None) as rest:
        await _sign_in(rest, server.token("op", is_operator=True))
        csrf = {"X-CSRFToken": rest.cookies["starlette_admin_csrftoken"]}
        for page, key in (("bands", gig.band_id), ("contents", gig.setlist_id), ("members", f"{gig.band_id},ada")):
            for path, query in (("create", {}), ("edit", {"pk": key})):
                answers = [
                    await rest.get(f"/admin/{page}/{path}", params=query),
                    await rest.post(f"/admin/{page}/{path}", params=query, data={"name": "x"}, headers=csrf),
                ]
                assert [answer.status_code for answer in answers] == [403, 403], path
            delete = {"name": "delete", "pks": key}
            answer = await rest.post(f"/admin/_api/{page}/action", params=delete, headers=csrf)
            assert answer.status_code >= 400
            inline = {"pk": key, "field": "name"}
            answer = await rest.post(f"/admin/_api/{page}/inline-edit", params=inline, data={"name": "x"}, headers=csrf)
            assert answer.status_code >= 400
    async with server.rest("ada") as ada:
        assert (await ada.get("/api/bands")).json()["bands"][0]["name"] == "Blue Nile"


def _outside(page: str) -> list[str]:
    """Addresses of other hosts that a page would fetch from."""
    found = re.findall(r"""(?:src|href|action)=["'](https?:)?//([^/"']+)|@import|url\(["']?https?:""", page)
    return [host for _, host in found if not host.startswith("127.0.0.1")]
