"""On stage and on paper."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def on_stage(page: Page) -> None:
    await page.button("Stage").click()
    await sees(page, "Iko Iko")


async def sees(page: Page, title: str) -> None:
    await expect(page.tab.locator(".stage h1")).to_have_text(title)


async def test_keys_and_pedals_turn_the_page_and_it_works_offline(hall: Hall) -> None:
    ada = await hall.page("ada")
    await on_stage(ada)
    await ada.cut_line()
    for key, title in [
        ("PageDown", "Break"),
        ("ArrowRight", "When the Saints"),
        ("ArrowDown", "When the Saints"),
        ("PageUp", "Break"),
        ("ArrowLeft", "Iko Iko"),
        ("Space", "Break"),
    ]:
        await ada.tab.keyboard.press(key)
        await sees(ada, title)
    await ada.tab.keyboard.press("Escape")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])


async def test_songs_are_counted_as_in_the_list(hall: Hall) -> None:
    ada = await hall.page("ada")
    await on_stage(ada)
    for place in ("1 / 2", "Break", "2 / 2"):
        await expect(ada.tab.locator(".stage-place")).to_have_text(place)
        await ada.tab.keyboard.press("PageDown")


async def test_a_notice_covers_no_button_and_who_comes_is_not_told(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await ben.cut_line()
    await ben.write("Key of Iko Iko", "C")
    await on_stage(ben)
    await ada.write("Key of Iko Iko", "G")
    await ada.sees_saved()
    await ben.mend_line()
    await expect(ben.toast("You changed the key")).to_be_visible()
    await hall.page("dex")
    await expect(ada.toast("Dex is here.")).to_be_visible()
    await expect(ben.toast("Dex is here.")).to_have_count(0)
    for name in ("Leave the stage", "Lead"):
        await ben.button(name).click(trial=True)
    await ben.tab.locator(".stage-step.is-next").click()
    await ben.button("Back").click()
    await sees(ben, "Iko Iko")


async def test_the_others_follow_who_leads_and_may_leave_and_rejoin(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await asyncio.gather(on_stage(ada), on_stage(ben))
    await ada.button("Lead").click()
    await expect(ben.button("Following Ada")).to_be_visible()
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "Break")
    await ben.tab.locator(".stage-step.is-next").click()
    await sees(ben, "When the Saints")
    await ada.tab.keyboard.press("PageUp")
    await sees(ada, "Iko Iko")
    await sees(ben, "When the Saints")
    await ben.button("Follow Ada").click()
    await sees(ben, "Iko Iko")


async def test_where_the_leader_went_the_page_stays(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await asyncio.gather(on_stage(ada), on_stage(ben))
    await ada.button("Lead").click()
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "Break")
    await ada.tab.goto("about:blank")
    await expect(ben.button("Following Ada")).to_have_count(0)
    await sees(ben, "Break")


async def test_who_claims_the_lead_takes_it(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await asyncio.gather(on_stage(ada), on_stage(ben))
    await ada.button("Lead").click()
    await expect(ben.button("Following Ada")).to_be_visible()
    await ben.button("Lead").click()
    await expect(ada.button("Following Ben")).to_be_visible()
    await ben.tab.keyboard.press("PageDown")
    await sees(ada, "Break")
    await expect(ben.button("Leading")).to_be_visible()


async def test_a_long_night_fits_on_one_sheet(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        fields = {"key": "Bb", "tempo": 180, "duration": 200, "notes": "Trio twice, then out"}
        items = [
            {"type": "song", "fields": {"title": f"A song of some length, number {n}", **fields}} for n in range(40)
        ]
        body = {"kind": "setlist", "title": "Marathon", "document": {"items": items}}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()
    ada = await hall.page("ada", at="band")
    await ada.open_setlist("Marathon")
    await ada.more("Print")
    await expect(ada.tab.locator(".sheet li")).to_have_count(40)
    paper = await ada.tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
