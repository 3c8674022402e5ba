"""A device stays signed in; who copies, steals or makes up what it holds does not: each threat has its test."""

import asyncio

import httpx
import pytest

from collab.domain.devices import GRACE
from tests.conftest import Gig
from tests.support.clock import ManualClock
from tests.support.door import COOKIE, bearer, browser, code, invited, joined
from tests.support.members import Member
from tests.support.serving import RunningEngine

pytestmark = pytest.mark.asyncio

LATER_S = GRACE.total_seconds()


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
