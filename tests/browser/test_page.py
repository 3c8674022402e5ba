"""The page as such: its manners, its size on a phone, and whether everybody can use it."""

import asyncio
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

import collab
from tests.browser.conftest import Hall
from tests.browser.pages import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

AXE = Path(collab.__file__).parent / "web" / "node_modules" / "axe-core" / "axe.min.js"


async def test_the_token_leaves_the_address_bar_and_lasts_as_long_as_the_tab(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    await expect(ada.tab.get_by_role("region", name="Setlists")).to_be_visible()
    assert "token" not in ada.tab.url
    await ada.tab.reload()
    await expect(ada.tab.get_by_role("region", name="Setlists")).to_be_visible()
    other = await ada.context.new_page()
    await other.goto(hall.server.url)
    await expect(other.get_by_role("heading", name="Open your link")).to_be_visible()


async def test_a_link_that_has_run_out_says_so(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    ada.is_line_bad = True
    await ada.paste(f"{hall.server.url}/#token={hall.server.token('ada', ttl_s=-60)}")
    await expect(ada.tab.get_by_role("heading", name="This link has run out")).to_be_visible()
    ada.faults = [fault for fault in ada.faults if "401" not in fault]


async def test_a_link_that_runs_out_meanwhile_says_so_and_a_new_one_goes_on(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    # It is good for 7 s more: the leeway is 30 s.
    await ada.paste(f"{hall.server.url}/#token={hall.server.token('ada', ttl_s=7 - 30)}")
    await ada.open_setlist("Friday")
    await expect(ada.toast("Your link has run out.")).to_be_visible(timeout=15_000)
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saving("offline", "1 edit waiting")
    await ada.paste(hall.link("ada"))
    await ada.open_setlist("Friday")
    await ada.sees_saved()
    await expect(ada.field("Venue")).to_have_value("Tipitina's")


async def test_who_is_taken_out_of_the_band_sees_nothing_more(hall: Hall) -> None:
    ben = await hall.page("ben")
    async with hall.server.rest("ada") as rest:
        path = f"/api/bands/{hall.gig.band_id}/members/ben"
        (await rest.put(path, json={"role": "viewer"})).raise_for_status()
        await expect(ben.field("Venue")).to_have_attribute("readonly", "")
        (await rest.delete(path)).raise_for_status()
    await expect(ben.tab.get_by_role("heading", name="Name your band")).to_be_visible()


async def test_the_page_is_served_with_a_strict_policy_and_kept_by_its_hash(hall: Hall) -> None:
    async with httpx.AsyncClient(base_url=hall.server.url) as client:
        page = await client.get("/")
        assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"
        script = page.text.split('src="')[1].split('"')[0]
        assert (await client.get(script)).headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await client.get("/assets/nothing.js")).status_code == 404


async def test_every_screen_fits_a_small_phone(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        songs = [
            {"type": "song", "fields": {"title": f"A song with a title that goes on and on, number {n}"}}
            for n in range(30)
        ]
        body = {"kind": "repertoire", "title": "Repertoire", "document": {"items": songs}}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()
    ben = await hall.page("ben", is_phone=True, at="band")
    await fits(ben)
    await ben.tab.get_by_role("link", name="Repertoire").click()
    await expect(ben.tab.locator(".rows > li").first).to_have_attribute("aria-setsize", "30")
    for title in [f"A song with a title that goes on and on, number {n}" for n in range(30)]:
        # Only the rows on the screen exist, and a few beside them.
        await ben.field(f"Title of {title}").scroll_into_view_if_needed()
        await fits(ben)
    await ben.tab.get_by_role("link", name="Back to Blue Nile").click()
    await ben.open_setlist("Friday")
    await ben.button("Notes and details of Iko Iko").click()
    await fits(ben)
    await ben.button("History").click()
    await fits(ben)
    await ben.button("Close the history").click()
    await ben.button("Stage").click()
    await fits(ben)


async def fits(page: Page) -> None:
    assert await page.tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert await page.tab.evaluate("innerWidth") == 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(hall: Hall, scheme: str) -> None:
    ada, ben = await asyncio.gather(
        hall.page("ada", scheme=scheme, at="band"), hall.page("ben", is_phone=True, scheme=scheme)
    )
    await is_accessible(ada)
    await ada.open_setlist("Friday")
    await ben.notes("").click()
    await ada.button("Notes and details of Iko Iko").click()
    await ada.button("Remove Break").click()
    await ada.button("History").click()
    await expect(ada.tab.locator(".change").first).to_be_visible()
    await is_accessible(ada)
    await is_accessible(ben)
    await ada.button("Close the history").click()
    await ada.button("Stage").click()
    await is_accessible(ada)


async def is_accessible(page: Page) -> None:
    await page.tab.evaluate(AXE.read_text())
    # What fades is of no contrast for a moment.
    await page.tab.evaluate(
        "Promise.allSettled(document.getAnimations()"
        ".filter(({effect}) => effect.getTiming().iterations !== Infinity)"
        ".map(({finished}) => finished))"
    )
    found = await page.tab.evaluate(
        "axe.run().then(({violations}) => violations"
        ".filter(({impact}) => impact === 'serious' || impact === 'critical')"
        ".map(({id, nodes}) => [id, nodes.map(node => node.html.slice(0, 160))]))"
    )
    assert found == []
