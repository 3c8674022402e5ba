"""Small things that would send people away."""

from contextlib import AsyncExitStack

import pytest
from playwright.async_api import expect

from collab.client import CollabClient
from collab.domain.access import Role
from collab.domain.bands import User
from tests.browser.conftest import Hall
from tests.browser.test_long_lists import make_setlist

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_phone_shows_a_dozen_songs_and_adds_one_from_wherever_it_is(hall: Hall) -> None:
    await make_setlist(hall, "Marathon", 60)
    ben = await hall.page("ben", is_phone=True, at="band")
    await ben.open_setlist("Marathon")
    await expect(ben.field("Add a song")).to_be_in_viewport(ratio=1)
    await ben.tab.evaluate("scrollTo(0, 1200)")
    await expect(ben.field("Title of Song 22")).to_be_in_viewport()
    shown = await ben.tab.locator(".rows > li").evaluate_all(
        "all => all.map(row => row.getBoundingClientRect()).filter(({top, bottom}) => top > 90 && bottom < 740).length"
    )
    assert shown >= 12
    await ben.field("Add a song").fill("Encore")
    await ben.tab.keyboard.press("Enter")
    await ben.sees_saved()
    await expect(ben.tab.locator(".rows > li").first).to_have_attribute("aria-setsize", "61")


async def test_what_is_opened_on_a_phone_shows_all_of_it_and_a_wrong_value_is_not_hidden(hall: Hall) -> None:
    ben = await hall.page("ben", is_phone=True)
    await expect(ben.field("Tempo of Iko Iko")).to_be_hidden()
    await expect(ben.field("Length of Break")).to_be_visible()
    await ben.write("Start time", "20:30")
    more = ben.button("Notes and details of Iko Iko")
    await more.click()
    row = ben.tab.locator(".row.is-open")
    time, key = [await row.locator(what).bounding_box() for what in (".row-at", ".row-key")]
    assert time is not None
    assert key is not None
    assert time["x"] + time["width"] <= key["x"], "the time of a song stands before its key, and not on it"
    await ben.write("Tempo of Iko Iko", "very fast")
    await more.click()
    await expect(ben.field("Tempo of Iko Iko")).to_be_visible()
    await ben.write("Tempo of Iko Iko", "180")
    await expect(ben.field("Tempo of Iko Iko")).to_be_hidden()


async def test_an_entry_that_was_taken_out_can_be_put_back_where_it_was(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.button("Remove Break").click()
    await ada.sees_titles(["Iko Iko", "When the Saints"])
    await ada.write("Venue", "Tipitina's")
    await ada.button("Put it back").click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ada.field("Length of Break")).to_have_value("15:00")
    await expect(ada.field("Venue")).to_have_value("Tipitina's")


async def test_a_new_setlist_has_its_title_chosen(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    await ada.button("New setlist").last.click()
    await expect(ada.field("Title")).to_be_focused()
    await ada.tab.keyboard.type("Saturday")
    await ada.tab.keyboard.press("Enter")
    await expect(ada.field("Title")).to_have_value("Saturday")
    await ada.sees_saved()


async def test_twelve_people_in_one_row_stay_inside_it(hall: Hall) -> None:
    ben = await hall.page("ben", is_phone=True)
    async with AsyncExitStack() as stack:
        for number in range(12):
            member = f"member-{number}"
            name = f"Somebody with a long name {number}"
            await hall.server.engine.membership.put_member(
                User("ada", "Ada"), hall.gig.band_id, member, Role.EDITOR, name
            )
            client = await stack.enter_async_context(CollabClient(hall.server.url, hall.server.token(member)))
            content = await client.open(hall.gig.setlist_id)
            await content.focus("iko", "title")
        names = ben.tab.locator("[data-item=iko] .row-names")
        await expect(names.locator(".is-more")).to_have_text("+9")
        assert await names.evaluate("names => names.getBoundingClientRect().right") <= 360
        assert await ben.tab.evaluate("document.documentElement.scrollWidth") <= 360


async def test_a_hundred_songs_are_printed_to_be_read_and_long_words_wrap(hall: Hall) -> None:
    await make_setlist(hall, "Marathon", 100)
    ada = await hall.page("ada", at="band")
    await ada.open_setlist("Marathon")
    await ada.write("Title of Song 0", "Donaudampfschiff" * 8)
    await ada.more("Print")
    await ada.tab.emulate_media(media="print")
    await expect(ada.tab.locator(".sheet li")).to_have_count(100)
    sizes = await ada.tab.locator(".sheet, .sheet *").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * 0.75)"
    )
    assert min(sizes) >= 9.99
    assert await ada.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
    assert await ada.tab.locator(".sheet-title").evaluate_all(wide) == 0
