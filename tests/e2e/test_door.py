"""Coming in by a link, and everybody who should not: each threat of the docs' table has its test."""

import asyncio

import pytest

from collab.storage.database import Database
from collab.storage.tables import devices, door_log, invitations
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.door import COOKIE, bearer, browser, code, first_secret, invited, joined
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio


async def test_a_band_begins_with_the_first_link(house: RunningEngine, database_url: str, clock: ManualClock) -> None:
    older, secret = [await first_secret(database_url, clock) for _ in range(2)]
    assert older
    assert secret
    async with browser(house) as ada:
        assert "was taken back" in (await joined(ada, older, "Ada")).text
        answer = await joined(ada, secret, "Ada")
        made = await ada.post("/api/bands", json={"name": "Blue Nile"}, headers=bearer(answer))
        assert made.json()["role"] == "owner"
    async with browser(house) as late:
        assert code(await joined(late, secret)) == "not_found"
    assert await first_secret(database_url, clock) is None


async def test_who_opens_a_link_is_in_by_a_name(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band, max_uses=2)
    async with browser(house) as zoe:
        looked = await zoe.post("/api/join/look", json={"secret": secret})
        assert (looked.json()["band"], looked.json()["role"]) == ("Blue Nile", "editor")
        answer = await joined(zoe, secret)
        assert (answer.status_code, answer.json()["band"]["role"]) == (200, "editor")
        me = (await zoe.get("/api/me", headers=bearer(answer))).json()
        assert (me["user"]["name"], me["bands"][0]["id"]) == ("Zoe", band.band_id)
        contents = await zoe.get(f"/api/contents/{band.setlist_id}", headers=bearer(answer))
        assert contents.status_code == 200
    async with house.rest("ada") as ada:
        members = (await ada.get(f"/api/bands/{band.band_id}/members")).json()["members"]
        [open_one] = (await ada.get(f"/api/bands/{band.band_id}/invitations")).json()["invitations"]
    assert "Zoe" in [member["user"]["name"] for member in members]
    assert (open_one["uses"], "secret" in open_one) == (1, False)


async def test_who_is_signed_in_comes_into_a_second_band_as_themselves(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band)
    async with house.rest("cleo", name="Cleo") as cleo:
        await cleo.post("/api/bands", json={"name": "Other"})
        answer = await joined(cleo, secret, None)
        bands = (await cleo.get("/api/bands")).json()["bands"]
    assert (answer.json()["user"]["id"], COOKIE in answer.cookies) == ("cleo", False)
    assert {entry["name"]: entry["role"] for entry in bands} == {"Other": "owner", "Blue Nile": "editor"}


async def test_a_link_takes_no_role_away_and_is_not_used_up_by_who_is_in(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band, role="viewer")
    async with house.rest("ben") as ben:
        assert (await joined(ben, secret, None)).json()["band"]["role"] == "editor"
    async with browser(house) as zoe:
        assert (await joined(zoe, secret)).json()["band"]["role"] == "viewer"


async def test_a_link_for_one_lets_one_in_however_many_open_it_at_once(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band)
    async with browser(house) as many:
        answers = await asyncio.gather(*(joined(many, secret, f"Zoe {number}") for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    assert all("was used up" in answer.text for answer in answers if answer.status_code == 404)


async def test_an_old_link_lets_nobody_in(house: RunningEngine, band: Gig, clock: ManualClock) -> None:
    secret = await invited(house, band, lasts_s=60)
    clock.advance(60)
    async with browser(house) as zoe:
        assert "has run out" in (await joined(zoe, secret)).text


async def test_a_link_that_was_taken_back_lets_nobody_in(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band)
    async with house.rest("ada") as ada:
        path = f"/api/bands/{band.band_id}/invitations"
        [invitation] = (await ada.get(path)).json()["invitations"]
        assert (await ada.delete(f"{path}/{invitation['id']}")).status_code == 204
        assert (await ada.delete(f"{path}/{invitation['id']}")).status_code == 404
        assert (await ada.get(path)).json() == {"invitations": []}
    async with browser(house) as zoe:
        assert "was taken back" in (await joined(zoe, secret)).text


async def test_a_guessed_link_is_none_and_soon_nobody_listens(database_url: str, clock: ManualClock) -> None:
    settings = settings_for(database_url, sign_in="invitations", door_burst=3)
    async with serving(settings, clock) as house, browser(house) as guesser:
        codes = [code(await joined(guesser, "x" * 32)) for _ in range(4)]
        clock.advance(1)
        assert code(await joined(guesser, "x" * 32)) == "not_found"
    assert codes == ["not_found", "not_found", "not_found", "rate_limited"]


async def test_only_owners_make_links_and_see_them(house: RunningEngine, band: Gig) -> None:
    path = f"/api/bands/{band.band_id}/invitations"
    for user in ("ben", "dex", "stranger"):
        async with house.rest(user) as who:
            answers = [await who.get(path), await who.post(path, json={"role": "owner"}), await who.delete(f"{path}/i")]
        assert [answer.status_code for answer in answers] == [403, 403, 403]


async def test_nothing_in_the_database_opens_the_door(house: RunningEngine, band: Gig, database_url: str) -> None:
    secret = await invited(house, band)
    async with browser(house) as zoe:
        await joined(zoe, secret)
        credential = zoe.cookies[COOKIE]
    database = Database.at(database_url)
    async with database.reading.connect() as connection:
        rows = [
            str(tuple(row))
            for table in (invitations, devices, door_log)
            for row in await connection.execute(table.select())
        ]
    await database.reading.dispose()
    assert len(rows) == 4
    assert not any(secret in row or credential.rpartition(".")[2] in row for row in rows)


async def test_a_link_that_is_too_long_or_no_link_is_refused(house: RunningEngine) -> None:
    async with browser(house) as eve:
        codes = [
            code(await eve.post("/api/join", json={"secret": secret, "name": "Eve"}))
            for secret in ("", "x" * 101, "a b", "\u0000")
        ]
        codes.append(
            code(await eve.post("/api/join", content=b"x" * 5_000, headers={"Content-Type": "application/json"}))
        )
    assert codes == ["invalid"] * 4 + ["too_large"]


async def test_who_comes_in_needs_a_name(house: RunningEngine, band: Gig) -> None:
    secret = await invited(house, band)
    async with browser(house) as zoe:
        assert [code(await joined(zoe, secret, name)) for name in (None, "  ", "a\nb")] == ["invalid"] * 3
        assert (await joined(zoe, secret)).status_code == 200


async def test_a_host_has_no_door(server: RunningEngine, gig: Gig) -> None:
    async with server.rest("ada") as ada:
        answers = [
            await ada.post("/api/join", json={"secret": "x", "name": "Eve"}),
            await ada.post("/api/join/look", json={"secret": "x"}),
            await ada.post("/api/device/token"),
            await ada.delete("/api/device"),
            await ada.get("/api/me/devices"),
            await ada.post("/api/me/device-links"),
            await ada.get(f"/api/bands/{gig.band_id}/invitations"),
        ]
    assert {answer.status_code for answer in answers} == {404}


async def test_a_member_may_leave_and_the_last_owner_may_not(house: RunningEngine, band: Gig) -> None:
    async with house.rest("dex") as dex, house.rest("ada") as ada:
        path = f"/api/bands/{band.band_id}/members"
        assert (await dex.delete(f"{path}/ben")).status_code == 403
        assert (await dex.delete(f"{path}/dex")).status_code == 204
        assert (await dex.get("/api/bands")).json() == {"bands": []}
        assert (await ada.delete(f"{path}/ada")).status_code == 409
