"""Coming in by a link, staying signed in, and everybody who should not: each threat of the docs' table has its test."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from collab.domain.devices import GRACE
from collab.protocol.ids import new_id
from collab.services.door.door import first_link_of
from collab.services.stores import UNLIMITED
from collab.storage.database import Database
from collab.storage.door import StoredDoor
from collab.storage.tables import devices, door_log, invitations
from tests.conftest import Gig, make_gig
from tests.support.clock import ManualClock
from tests.support.members import Member
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio

COOKIE = "collab-device"
LATER_S = GRACE.total_seconds()


@pytest_asyncio.fixture
async def house(database_url: str, clock: ManualClock) -> AsyncIterator[RunningEngine]:
    """A server with a door."""
    async with serving(settings_for(database_url, sign_in="invitations"), clock) as running:
        yield running


@pytest_asyncio.fixture
async def band(house: RunningEngine) -> Gig:
    return await make_gig(house)


def browser(house: RunningEngine) -> httpx.AsyncClient:
    """A browser of its own, that keeps cookies."""
    return httpx.AsyncClient(base_url=house.url, timeout=10, headers={"Origin": house.url})


async def invited(house: RunningEngine, band: Gig, **asked: Any) -> str:
    async with house.rest("ada") as ada:
        made = await ada.post(f"/api/bands/{band.band_id}/invitations", json={"role": "editor", **asked})
    assert made.status_code == 201
    secret: str = made.json()["secret"]
    return secret


async def joined(who: httpx.AsyncClient, secret: str, name: str | None = "Zoe") -> httpx.Response:
    return await who.post("/api/join", json={"secret": secret, **({"name": name} if name else {})})


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found


async def first_secret(database_url: str, clock: ManualClock) -> str | None:
    """As `collab serve` makes one before it serves."""
    database = Database.at(database_url)
    try:
        return await first_link_of(StoredDoor(database.reading, database.writer, UNLIMITED), new_id, clock.now())
    finally:
        await database.writer.close()
        await database.reading.dispose()


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


async def test_a_device_stays_signed_in_by_a_cookie_that_no_script_reads(
    house: RunningEngine, band: Gig, clock: ManualClock
) -> None:
    async with browser(house) as zoe:
        answer = await joined(zoe, await invited(house, band))
        told = answer.headers["set-cookie"].lower()
        assert all(word in told for word in ("httponly", "samesite=strict", "path=/"))
        first = zoe.cookies[COOKIE]
        clock.advance(LATER_S)
        again = await zoe.post("/api/device/token")
        assert (again.status_code, again.json()["user"]) == (200, answer.json()["user"])
        assert zoe.cookies[COOKIE] != first
        me = await zoe.get("/api/me", headers=bearer(again))
        assert me.json()["user"]["name"] == "Zoe"


async def test_by_https_the_cookie_is_this_hosts_alone(house: RunningEngine, band: Gig) -> None:
    headers = {"X-Forwarded-Proto": "https", "Origin": house.url.replace("http:", "https:")}
    async with browser(house) as zoe:
        answer = await zoe.post(
            "/api/join", json={"secret": await invited(house, band), "name": "Zoe"}, headers=headers
        )
    told = answer.headers["set-cookie"]
    assert told.startswith("__Host-collab-device=")
    assert "secure" in told.lower()


async def test_a_socket_takes_the_token_of_a_device(house: RunningEngine, band: Gig) -> None:
    async with browser(house) as zoe:
        token = (await joined(zoe, await invited(house, band))).json()["token"]
    zoe_live = Member("zoe")
    await zoe_live.connect(house.url, {"token": token}, ("websocket",))
    answer = await zoe_live.call("join_room", band.room)
    await zoe_live.close()
    assert (answer["ok"], answer["role"]) == (True, "editor")


async def test_two_tabs_at_once_sign_nobody_out(house: RunningEngine, band: Gig, clock: ManualClock) -> None:
    async with browser(house) as zoe:
        await joined(zoe, await invited(house, band))
        shown = {"Cookie": f"{COOKIE}={zoe.cookies[COOKIE]}"}
        clock.advance(LATER_S)
    async with browser(house) as tabs:
        answers = await asyncio.gather(*(tabs.post("/api/device/token", headers=shown) for _ in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.cookies[COOKIE] for answer in answers}) == 1


async def test_a_copied_cookie_signs_the_device_out(house: RunningEngine, band: Gig, clock: ManualClock) -> None:
    async with browser(house) as zoe, browser(house) as thief:
        await joined(zoe, await invited(house, band))
        thief.cookies.set(COOKIE, zoe.cookies[COOKIE])
        for _ in range(2):
            clock.advance(LATER_S)
            assert (await zoe.post("/api/device/token")).status_code == 200
        assert code(await thief.post("/api/device/token")) == "token_invalid"
        clock.advance(LATER_S)
        assert code(await zoe.post("/api/device/token")) == "token_invalid"


async def test_a_device_that_was_revoked_comes_in_no_more(house: RunningEngine, band: Gig) -> None:
    async with browser(house) as phone, browser(house) as laptop:
        answer = await joined(phone, await invited(house, band))
        link = (await phone.post("/api/me/device-links", headers=bearer(answer))).json()["secret"]
        other = await joined(laptop, link, None)
        assert other.json()["user"] == answer.json()["user"]
        assert code(await joined(laptop, link, None)) == "not_found"
        devices_of = (await phone.get("/api/me/devices", headers=bearer(answer))).json()["devices"]
        [lost] = [device["id"] for device in devices_of if not device["is_this"]]
        assert len(devices_of) == 2
        assert (await phone.delete(f"/api/me/devices/{lost}", headers=bearer(answer))).status_code == 204
        assert code(await laptop.post("/api/device/token")) == "token_invalid"
        assert (await phone.post("/api/device/token")).status_code == 200


async def test_nobody_revokes_another_ones_device(house: RunningEngine, band: Gig) -> None:
    async with browser(house) as zoe:
        answer = await joined(zoe, await invited(house, band))
        [device] = (await zoe.get("/api/me/devices", headers=bearer(answer))).json()["devices"]
        async with house.rest("ada") as ada:
            assert (await ada.delete(f"/api/me/devices/{device['id']}")).status_code == 404
        assert (await zoe.post("/api/device/token")).status_code == 200


async def test_who_signs_out_is_out(house: RunningEngine, band: Gig) -> None:
    async with browser(house) as zoe:
        await joined(zoe, await invited(house, band))
        shown = zoe.cookies[COOKIE]
        assert (await zoe.delete("/api/device")).status_code == 204
        assert COOKIE not in zoe.cookies
        assert code(await zoe.post("/api/device/token")) == "token_missing"
        zoe.cookies.set(COOKIE, shown)
        assert code(await zoe.post("/api/device/token")) == "token_invalid"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
async def test_a_page_of_another_site_gets_nothing_by_the_cookie(
    house: RunningEngine, band: Gig, clock: ManualClock, headers: dict[str, str]
) -> None:
    async with browser(house) as zoe:
        await joined(zoe, await invited(house, band))
        shown = {"Cookie": f"{COOKIE}={zoe.cookies[COOKIE]}"}
        secret = await invited(house, band)
    async with httpx.AsyncClient(base_url=house.url, headers={**shown, **headers}) as page:
        answers = [
            await page.post("/api/device/token"),
            await page.delete("/api/device"),
            await page.post("/api/join", json={"secret": secret, "name": "Eve"}),
        ]
        assert [code(answer) for answer in answers] == ["forbidden"] * 3
        # The cookie alone is no user's token either.
        assert code(await page.get("/api/me", headers={"Sec-Fetch-Site": "same-origin"})) == "token_missing"
    async with browser(house) as zoe:
        assert (await zoe.post("/api/device/token", headers=shown)).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_form_can_send_opens_nothing(house: RunningEngine, band: Gig, media_type: str) -> None:
    body = f'{{"secret": "{await invited(house, band)}", "name": "Eve"}}'
    async with browser(house) as form:
        answer = await form.post("/api/join", content=body, headers={"Content-Type": media_type})
    assert code(answer) == "invalid"


async def test_a_cookie_that_was_foisted_on_somebody_is_another_once_they_come_in(
    house: RunningEngine, band: Gig
) -> None:
    async with browser(house) as eve, browser(house) as zoe:
        await joined(eve, await invited(house, band), "Eve")
        zoe.cookies.set(COOKIE, eve.cookies[COOKIE])
        answer = await joined(zoe, await invited(house, band), "Zoe")
        assert answer.cookies[COOKIE] != eve.cookies[COOKIE]
        devices_of = (await eve.get("/api/me/devices", headers=bearer(answer))).json()["devices"]
        assert [device["is_this"] for device in devices_of] == [False]


@pytest.mark.parametrize("shown", ["", "x", "..", "a.1.b", "é.1.é", "1" * 5_000, "d.9999999999999999999999.00"])
async def test_a_made_up_cookie_is_nobodys(house: RunningEngine, shown: str) -> None:
    async with browser(house) as eve:
        headers = {"Cookie": f"{COOKIE}={shown}".encode()}
        answer = await eve.post("/api/device/token", headers=headers)  # type: ignore[arg-type]  # bytes, as some send
        assert answer.status_code == 401
        assert (await eve.request("DELETE", "/api/device", headers=headers)).status_code == 204  # type: ignore[arg-type]


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
