"""On stage one leads and the others follow: over a lost line, a reload, a song that goes, and whoever else wants to."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_stage import on_stage, sees
from tests.support.members import member

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def led_by_ada(hall: Hall, *others: str) -> list[Page]:
    """Ada, who leads, and others who follow her, all on stage."""
    ada, *followers = await asyncio.gather(*(hall.page(user) for user in ("ada", *others)))
    await asyncio.gather(*(on_stage(page) for page in (ada, *followers)))
    await ada.button("Lead").click()
    for page in followers:
        await expect(page.button("Following Ada")).to_be_visible()
    return [ada, *followers]


async def test_the_others_follow_who_leads_and_may_leave_and_rejoin(hall: Hall) -> None:
    ada, ben = await led_by_ada(hall, "ben")
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
    ada, ben = await led_by_ada(hall, "ben")
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "Break")
    await ada.tab.goto("about:blank")
    await expect(ben.button("Following Ada")).to_have_count(0)
    await sees(ben, "Break")


async def test_who_claims_the_lead_takes_it(hall: Hall) -> None:
    ada, ben = await led_by_ada(hall, "ben")
    await ben.button("Lead").click()
    await expect(ada.button("Following Ben")).to_be_visible()
    await ben.tab.keyboard.press("PageDown")
    await sees(ada, "Break")
    await expect(ben.button("Leading")).to_be_visible()


async def test_place_and_lead_outlive_a_reload_a_new_tab_and_a_lost_line(hall: Hall) -> None:
    ada, ben = await led_by_ada(hall, "ben")
    await ada.tab.keyboard.press("PageDown")
    await ada.tab.reload()
    await sees(ada, "Break")
    await expect(ada.button("Leading")).to_be_visible()
    await expect(ben.button("Following Ada")).to_be_visible()
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "When the Saints")
    await ada.cut_line()
    await expect(ada.tab.get_by_text("Offline: nobody follows")).to_be_visible()
    await ada.tab.keyboard.press("PageUp")
    await ada.mend_line()
    await sees(ben, "Break")
    await expect(ada.tab.get_by_text("Offline")).to_have_count(0)
    await ada.reopen()
    await ada.open_setlist("Friday")
    await ada.button("Stage").click()
    await sees(ada, "Break")
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "When the Saints")


async def test_who_comes_back_does_not_take_the_lead_from_who_took_it_meanwhile(hall: Hall) -> None:
    ada, ben = await led_by_ada(hall, "ben")
    await ada.cut_line()
    await expect(ada.tab.get_by_text("Offline: nobody follows")).to_be_visible()
    await ben.button("Lead").click()
    await ben.tab.keyboard.press("PageDown")
    await ada.mend_line()
    await expect(ada.button("Following Ben")).to_be_visible()
    await sees(ada, "Break")
    await expect(ben.button("Leading")).to_be_visible()


async def test_where_the_song_of_the_moment_goes_all_stay_at_its_neighbour(hall: Hall) -> None:
    ada, ben = await led_by_ada(hall, "ben")
    await ada.tab.keyboard.press("PageDown")
    await sees(ben, "Break")
    async with member(hall.server, "ben") as elsewhere:
        await elsewhere.edit(hall.gig.setlist_id, 0, {"op": "remove", "item": "rest"})
    await asyncio.gather(*(sees(page, "When the Saints") for page in (ada, ben)))
    await expect(ben.button("Following Ada")).to_be_visible()
    await ada.tab.keyboard.press("PageUp")
    await sees(ben, "Iko Iko")


async def test_a_viewer_leads_only_where_who_leads_lets_them(hall: Hall) -> None:
    ada, ben, dex = await led_by_ada(hall, "ben", "dex")
    await dex.button("Ask to lead").click()
    await expect(dex.button("Asking to lead")).to_be_visible()
    await expect(dex.button("Following Ada")).to_be_visible()
    await ada.tab.keyboard.press("PageDown")
    await sees(dex, "Break")
    await ada.toast("Dex asks to lead.").get_by_role("button", name="Let Dex lead").click()
    for page in (ada, ben):
        await expect(page.button("Following Dex")).to_be_visible()
    await dex.tab.keyboard.press("PageDown")
    await asyncio.gather(*(sees(page, "When the Saints") for page in (ada, ben)))
