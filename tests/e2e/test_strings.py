"""Names, titles, labels, values and ids with what is none of theirs: refused alike at every door and on every database,
with what is wrong, and nothing changes."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from collab.commands.history import print_history
from collab.domain.fields import Line
from collab.domain.kinds import Kind, register_kind
from collab.domain.strings import line_problem
from tests.conftest import Gig, make_gig
from tests.support.members import Member, edit, member, set_
from tests.support.serving import Running, RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio

UNFIT = ["\x00", "\x1b]0;x\x07", "a\nb", "\ud800", "\u202eb", "\x9b31m"]
NO_TEXT = ["\x00", "\ud800"]


@pytest_asyncio.fixture
async def ada(server: Running, gig: Gig) -> AsyncIterator[Member]:
    async with member(server, "ada") as joined:
        yield joined


def _json(body: Any) -> dict[str, Any]:
    """The arguments of a call with a body that may hold lone surrogates, which httpx does not send by itself."""
    return {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}


def _is_invalid(answer: httpx.Response) -> bool:
    return answer.status_code == 422 and answer.json()["error"]["code"] == "invalid"


@pytest.mark.parametrize("bad", UNFIT, ids=ascii)
async def test_a_name_that_is_no_line_is_invalid(server: Running, gig: Gig, bad: str) -> None:
    band, content = f"/api/bands/{gig.band_id}", f"/api/contents/{gig.setlist_id}"
    async with server.rest("ada") as rest:
        before = [(await rest.get(path)).json() for path in ("/api/bands", f"{band}/members", f"{band}/contents")]
        assert _is_invalid(await rest.post("/api/bands", **_json({"name": bad})))
        assert _is_invalid(await rest.put(f"{band}/members/eve", **_json({"role": "viewer", "name": bad})))
        assert _is_invalid(await rest.post(f"{band}/contents", **_json({"kind": "setlist", "title": bad})))
        seed = {"items": [{"type": "song", "fields": {"title": bad}}]}
        body = {"kind": "setlist", "title": "Fine", "document": seed}
        assert _is_invalid(await rest.post(f"{band}/contents", **_json(body)))
        assert _is_invalid(await rest.post(f"{content}/checkpoints", **_json({"label": bad})))
        after = [(await rest.get(path)).json() for path in ("/api/bands", f"{band}/members", f"{band}/contents")]
    assert after == before


async def test_a_name_is_trimmed_and_says_something(server: Running, gig: Gig) -> None:
    async with server.rest("ada") as rest:
        assert (await rest.post("/api/bands", json={"name": "  Blue \u200f Nile\n"})).json()[
            "name"
        ] == "Blue \u200f Nile"
        assert _is_invalid(await rest.post("/api/bands", json={"name": " \t "}))
        checkpoints = f"/api/contents/{gig.setlist_id}/checkpoints"
        assert (await rest.post(checkpoints, json={"label": " Soundcheck "})).json()["label"] == "Soundcheck"


@pytest.mark.parametrize("bad", UNFIT, ids=ascii)
async def test_a_value_that_is_no_line_is_invalid(ada: Member, gig: Gig, bad: str) -> None:
    for op in (
        set_("iko", "title", bad),
        set_(None, "venue", bad),
        {"op": "insert", "item": {"id": "new", "type": "song", "position": "b0", "fields": {"title": bad}}},
    ):
        assert (await ada.refused("edit_content", edit(gig.setlist_id, 0, op)))["code"] == "invalid"
    focus = {"room": gig.room, "focus": {"item": "iko", "field": bad}}
    await ada.ok("join_room", gig.room)
    assert (await ada.refused("update_presence", focus))["code"] == "invalid"


@pytest.mark.parametrize("bad", NO_TEXT, ids=ascii)
async def test_what_no_database_stores_is_invalid_in_texts_too(ada: Member, gig: Gig, bad: str) -> None:
    for op in (
        set_("iko", "notes", f"tag{bad}x3"),
        {"op": "text", "item": None, "field": "notes", "delta": [3, f"{bad} bring fans"]},
    ):
        assert (await ada.refused("edit_content", edit(gig.setlist_id, 0, op)))["code"] == "invalid"
    assert (await ada.edit(gig.setlist_id, 0, set_("iko", "notes", "tag\tx3\n\x1b")))["ok"]


class _Anything:
    def problem(self, value: Any) -> str | None:
        return None


@pytest.mark.usefixtures("own_kinds")
@pytest.mark.parametrize("bad", NO_TEXT, ids=ascii)
async def test_a_hosts_own_type_takes_nothing_that_no_database_stores(database_url: str, bad: str) -> None:
    register_kind(Kind("plot", {"title": Line(), "data": _Anything()}))
    async with serving(settings_for(database_url)) as server:
        gig = await make_gig(server)
        async with server.rest("ada") as rest, member(server, "ada") as ada:
            body = {"kind": "plot", "title": "Stage"}
            plot = (await rest.post(f"/api/bands/{gig.band_id}/contents", json=body)).json()["id"]
            for value in (bad, {"a": [bad]}, {bad: 1}):
                refused = await ada.refused("edit_content", edit(plot, 0, set_(None, "data", value)))
                assert refused["code"] == "invalid"
            assert (await ada.edit(plot, 0, set_(None, "data", {"a": [1]})))["ok"]


@pytest.mark.parametrize("bad", ["\x00", "\x1b[2J", "a\nb", "x" * 101, "a b"], ids=lambda bad: ascii(bad)[:20])
async def test_an_id_that_is_none_is_invalid(server: Running, gig: Gig, bad: str) -> None:
    written = quote(bad, safe="")
    async with server.rest("ada") as rest:
        band, content = f"/api/bands/{gig.band_id}", f"/api/contents/{gig.setlist_id}"
        assert _is_invalid(await rest.put(f"{band}/members/{written}", json={"role": "viewer"}))
        for path in (
            f"/api/bands/{written}/members",
            f"/api/bands/{written}/contents",
            f"/api/bands/{written}/imports",
            f"/api/contents/{written}",
            f"/api/contents/{written}/export",
            f"/api/contents/{written}/outline?fields=title",
            f"/api/imports/{written}",
            f"{content}/edits?author={written}",
            f"{content}/edits?item={written}",
            f"{band}/presence?history=true&before={written}",
        ):
            assert _is_invalid(await rest.get(path)), path
        assert (await rest.delete(f"{band}/members/{written}")).status_code == (422 if bad == "\x00" else 404)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines", "two lines"),
        ("\x1b[31mAda\x00", "[31mAda"),
        ("x" * 201, "x" * 200),
        ("\u202e", "ada"),
        ("👩\u200d🎤", "👩\u200d🎤"),
    ],
    ids=lambda name: ascii(name)[:20],
)
async def test_whose_token_has_an_odd_name_is_let_in_by_a_clean_one(server: Running, name: str, shown: str) -> None:
    async with server.rest("ada", name=name) as rest, member(server, "ada", name=name):
        assert (await rest.get("/api/me")).json()["user"]["name"] == shown
        assert (await rest.post("/api/bands", json={"name": "Nile"})).status_code == 201


async def test_an_import_keeps_a_clean_name_of_its_file(server: Running, gig: Gig, ada: Member) -> None:
    async with server.rest("ada") as rest:
        file = ("a\x1b[31m\u202eb.csv", b"title,notes\nIko\x1b[2J Iko,x\n")
        job = (await rest.post(f"/api/bands/{gig.band_id}/imports", files={"file": file})).json()["job_id"]
        await ada.next("complete")
        told = (await rest.get(f"/api/imports/{job}")).json()
        repertoire = (await rest.get(f"/api/contents/{told['content_id']}")).json()
    assert line_problem(told["name"]) is None
    assert [item["fields"]["title"] for item in repertoire["items"]] == ["Iko[2J Iko"]


async def test_the_history_shows_what_would_steer_a_terminal(
    server: RunningEngine, gig: Gig, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with member(server, "ben", name="Ben") as ben:
        await ben.edit(gig.setlist_id, 0, set_("iko", "notes", "\x1b]0;mine\x07\x9b2J"))
    for as_json in (False, True):
        await print_history(database_url, gig.setlist_id, None, None, follow=False, as_json=as_json)
        printed = capsys.readouterr().out
        assert "\\u001b" in printed
        assert set("\x1b\x07\x9b").isdisjoint(printed)
