"""The REST calls for bands, members, contents and history."""

import pytest

from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.members import member, set_
from tests.support.serving import Running

pytestmark = pytest.mark.asyncio


async def test_who_makes_a_band_owns_it(server: Running) -> None:
    async with server.rest("ada", name="Ada L.") as ada:
        made = await ada.post("/api/bands", json={"name": "Blue Nile"})
        me = (await ada.get("/api/me")).json()
        bands = (await ada.get("/api/bands")).json()

    band = made.json()
    assert made.status_code == 201
    assert band == {"id": band["id"], "name": "Blue Nile", "role": "owner", "is_archived": False}
    assert me == {
        "user": {"id": "ada", "name": "Ada L.", "color": me["user"]["color"]},
        "may_make_bands": True,
        "bands": [band],
    }
    assert bands == {"bands": [band]}


async def test_a_band_is_renamed_archived_and_brought_back_by_its_owners(server: Running, gig: Gig) -> None:
    path = f"/api/bands/{gig.band_id}"
    async with server.rest("ada") as ada, server.rest("ben") as ben, member(server, "ben") as live:
        refused = await ben.patch(path, json={"name": "Ben's"})
        changes: list[dict[str, object]] = [{"name": "Red Nile"}, {"is_archived": True}, {}, {"is_archived": False}]
        told = [(await ada.patch(path, json=change)).json() for change in changes]
        heard = [await live.next("content_updated") for _ in changes]
        [band] = (await ben.get("/api/bands")).json()["bands"]
        bad = [(await ada.patch(path, json=change)).status_code for change in ({"name": " "}, {"role": "viewer"})]
    assert refused.status_code == 403
    assert [(one["name"], one["is_archived"]) for one in told] == [
        ("Red Nile", False),
        ("Red Nile", True),
        ("Red Nile", True),
        ("Red Nile", False),
    ]
    assert (band["name"], band["role"], told[0]["role"]) == ("Red Nile", "editor", "owner")
    assert {(one["action"], one["data"]["role"]) for one in heard} == {("update", "editor")}
    assert bad == [422, 422]


async def test_what_each_kind_may_hold_is_told_to_who_has_a_token(server: Running) -> None:
    async with server.rest("eve") as eve, server.rest(None) as nobody:
        kinds = {kind["name"]: kind for kind in (await eve.get("/api/kinds")).json()["kinds"]}
        refused = await nobody.get("/api/kinds")
    assert kinds["setlist"]["item_types"]["break"] == {
        "title": {"type": "line", "max_length": 200},
        "duration": {"type": "number", "minimum": 0, "maximum": 86_400, "unit": "seconds", "is_whole": False},
        "notes": {"type": "text", "max_length": 20_000},
    }
    assert refused.status_code == 401


async def test_members_are_given_changed_and_taken(server: Running, gig: Gig) -> None:
    path = f"/api/bands/{gig.band_id}/members"
    async with server.rest("ada") as ada:
        given = await ada.put(f"{path}/cleo", json={"role": "editor", "name": "Cleo"})
        changed = await ada.put(f"{path}/cleo", json={"role": "viewer"})
        members = (await ada.get(path)).json()["members"]
        taken = await ada.delete(f"{path}/cleo")
        again = await ada.delete(f"{path}/cleo")

    assert given.json()["user"]["name"] == changed.json()["user"]["name"] == "Cleo"
    assert {entry["user"]["id"]: entry["role"] for entry in members} == {
        "ada": "owner",
        "ben": "editor",
        "cleo": "viewer",
        "dex": "viewer",
    }
    assert taken.status_code == 204
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")


async def test_the_last_owner_stays(server: Running, gig: Gig) -> None:
    path = f"/api/bands/{gig.band_id}/members"
    async with server.rest("ada") as ada:
        removed = await ada.delete(f"{path}/ada")
        demoted = await ada.put(f"{path}/ada", json={"role": "viewer"})
        await ada.put(f"{path}/ben", json={"role": "owner"})
        now = await ada.delete(f"{path}/ada")

    assert removed.status_code == demoted.status_code == 409
    assert removed.json()["error"]["code"] == "conflict"
    assert now.status_code == 204


@pytest.mark.parametrize(("user", "status"), [("ben", 403), ("dex", 403), ("eve", 403), (None, 401)])
async def test_only_owners_and_operators_manage_members(
    server: Running, gig: Gig, user: str | None, status: int
) -> None:
    path = f"/api/bands/{gig.band_id}/members/eve"
    async with server.rest(user) as rest, server.rest("root", is_operator=True) as root:
        refused = [await rest.put(path, json={"role": "owner"}), await rest.delete(path)]
        allowed = await root.put(path, json={"role": "viewer"})

    assert [answer.status_code for answer in refused] == [status, status]
    assert refused[0].json()["error"]["code"] == ("token_missing" if user is None else "forbidden")
    assert allowed.status_code == 200


async def test_a_content_is_made_with_what_it_begins_with(server: Running, gig: Gig, clock: ManualClock) -> None:
    clock.advance(1)
    seed = {
        "fields": {"venue": "Preservation Hall", "date": "2026-12-05"},
        "items": [
            {"type": "song", "fields": {"title": "Panama", "key": "Eb"}},
            {"id": "mine", "type": "song", "fields": {"title": "Tiger Rag"}},
        ],
    }
    path = f"/api/bands/{gig.band_id}/contents"
    async with server.rest("ben") as ben:
        made = await ben.post(path, json={"kind": "setlist", "title": "Saturday", "document": seed})
        read = await ben.get(f"/api/contents/{made.json()['id']}")
        listed = (await ben.get(path)).json()["contents"]

    assert made.status_code == 201
    assert made.json() == read.json()
    assert made.json()["version"] == 0
    assert made.json()["fields"] == {"title": "Saturday", "venue": "Preservation Hall", "date": "2026-12-05"}
    assert [item["fields"]["title"] for item in made.json()["items"]] == ["Panama", "Tiger Rag"]
    assert [summary["title"] for summary in listed] == ["Friday", "Saturday"]
    assert listed[1]["updated_by"] == {"id": "ben", "name": "Ben"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"kind": "poem", "title": "x"}, "kind"),
        ({"kind": "setlist"}, "title"),
        ({"kind": "setlist", "title": "x", "document": {"fields": {"date": "tomorrow"}}}, "document.fields.date"),
        ({"kind": "setlist", "title": "x", "document": {"items": [{"type": "solo"}]}}, "document.items.0.type"),
        (
            {"kind": "setlist", "title": "x", "document": {"items": [{"type": "song", "position": "!"}]}},
            "document.items.0.position",
        ),
    ],
)
async def test_a_bad_seed_makes_nothing(server: Running, gig: Gig, body: dict[str, object], path: str) -> None:
    async with server.rest("ada") as ada:
        refused = await ada.post(f"/api/bands/{gig.band_id}/contents", json=body)
        listed = (await ada.get(f"/api/bands/{gig.band_id}/contents")).json()["contents"]

    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "invalid"
    assert refused.json()["error"]["details"][0]["path"] == path
    assert len(listed) == 1


async def test_a_seed_has_so_many_fields_and_tells_what_is_wrong_with_them(server: Running, gig: Gig) -> None:
    def seeds(count: int) -> list[dict[str, object]]:
        unknown = dict.fromkeys((f"f{number}" for number in range(count)), 1)
        return [{"fields": unknown}, {"items": [{"type": "song", "fields": unknown}]}]

    async with server.rest("ada") as ada:
        for count, expected in ((1_000, (422, "invalid")), (1_001, (413, "too_large"))):
            for seed in seeds(count):
                body = {"kind": "setlist", "title": "x", "document": seed}
                refused = await ada.post(f"/api/bands/{gig.band_id}/contents", json=body)
                assert (refused.status_code, refused.json()["error"]["code"]) == expected, refused.text


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
async def test_a_version_that_no_database_holds_is_invalid(server: Running, gig: Gig, number: int) -> None:
    content = f"/api/contents/{gig.setlist_id}"
    queries = ("?version=", "/edits?after=", "/diff?from=", "/diff?from=0&to=", "/export?format=csv&version=")
    async with server.rest("ada") as ada:
        for query in queries:
            refused = await ada.get(f"{content}{query}{number}")
            assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid"), query


async def test_the_history_is_read_in_pages_and_at_any_version(server: Running, gig: Gig) -> None:
    async with member(server, "ben") as ben, server.rest("dex") as dex:
        for version, key in enumerate(["G", "A", "C"]):
            await ben.edit(gig.setlist_id, version, set_("iko", "key", key))
        path = f"/api/contents/{gig.setlist_id}"
        page = (await dex.get(f"{path}/edits", params={"after": 1, "limit": 1})).json()
        keys = [
            (await dex.get(path, params={"version": version})).json()["items"][0]["fields"]["key"]
            for version in range(4)
        ]
        beyond = await dex.get(path, params={"version": 4})

    assert page["head"] == 3
    assert [edit["version"] for edit in page["edits"]] == [2]
    assert page["edits"][0]["author"] == {"id": "ben", "name": "Ben"}
    assert keys == ["F", "G", "A", "C"]
    assert (beyond.status_code, beyond.json()["error"]["code"]) == (404, "not_found")


async def test_an_archived_content_is_off_the_list_and_comes_back(server: Running, gig: Gig) -> None:
    async with server.rest("ada") as ada, server.rest("dex") as dex:
        path = f"/api/bands/{gig.band_id}/contents"
        refused = await dex.delete(f"/api/contents/{gig.setlist_id}")
        await ada.delete(f"/api/contents/{gig.setlist_id}")
        archived = (await ada.get(path)).json()["contents"]
        readable = await ada.get(f"/api/contents/{gig.setlist_id}")
        await ada.post(f"/api/contents/{gig.setlist_id}/unarchive")
        restored = (await ada.get(path)).json()["contents"]

    assert refused.status_code == 403
    assert archived == []
    assert readable.status_code == 200
    assert [summary["id"] for summary in restored] == [gig.setlist_id]


async def test_a_stranger_learns_nothing(server: Running, gig: Gig) -> None:
    async with server.rest("eve") as eve:
        for theirs, nobodys in (
            (f"/api/contents/{gig.setlist_id}", "/api/contents/nothing"),
            (f"/api/contents/{gig.setlist_id}/edits", "/api/contents/nothing/edits"),
            (f"/api/bands/{gig.band_id}/contents", "/api/bands/nothing/contents"),
            (f"/api/bands/{gig.band_id}/members", "/api/bands/nothing/members"),
            (f"/api/bands/{gig.band_id}/presence", "/api/bands/nothing/presence"),
        ):
            answers = [await eve.get(theirs), await eve.get(nobodys)]
            assert [answer.status_code for answer in answers] == [403, 403]


async def test_a_bad_request_is_answered_in_the_shape_of_all_errors(server: Running, gig: Gig) -> None:
    async with server.rest("ada") as ada:
        not_json = await ada.post("/api/bands", content=b"{", headers={"Content-Type": "application/json"})
        wrong = await ada.get(f"/api/contents/{gig.setlist_id}", params={"version": "last"})

    for answer, path in ((not_json, "1"), (wrong, "version")):
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid"
        assert answer.json()["error"]["details"][0]["path"] == path


async def test_a_band_s_contents_are_told_in_brief(server: Running, gig: Gig) -> None:
    path = f"/api/bands/{gig.band_id}/briefs"
    async with server.rest("dex") as dex, server.rest("eve") as eve, member(server, "ben") as ben:
        [before] = (await dex.get(path, params={"kind": "setlist"})).json()["briefs"]
        await ben.edit(gig.setlist_id, 0, set_(None, "date", "2026-12-05"))
        [after] = (await dex.get(path, params={"kind": "setlist"})).json()["briefs"]
        others = [await dex.get(path, params={"kind": "poem"}), await eve.get(path, params={"kind": "setlist"})]
    assert (before["id"], before["version"], "date" in before["fields"]) == (gig.setlist_id, 0, False)
    assert (after["version"], after["fields"]["date"], after["items"]) == (1, "2026-12-05", before["items"])
    assert [answer.status_code for answer in others] == [422, 403]


async def test_what_is_archived_is_listed_apart(server: Running, gig: Gig) -> None:
    path = f"/api/bands/{gig.band_id}/contents"
    async with server.rest("ben") as ben:
        await ben.delete(f"/api/contents/{gig.setlist_id}")
        archived = (await ben.get(path, params={"archived": True})).json()["contents"]
        assert gig.setlist_id not in {content["id"] for content in (await ben.get(path)).json()["contents"]}
    assert [content["id"] for content in archived] == [gig.setlist_id]
