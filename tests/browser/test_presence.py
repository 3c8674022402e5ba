"""Who is here, and where."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_member_with_two_tabs_is_one_and_goes_with_the_last(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    avatars = ada.tab.locator(".avatar")
    await expect(avatars).to_have_count(2)
    second = await ben.context.new_page()
    await second.goto(ben.link)
    await second.get_by_role("region", name="Setlists").get_by_role("link", name="Friday").click()
    await expect(second.locator(".avatar")).to_have_count(2)
    assert sorted(await ada.online()) == ["ada", "ben"]
    await second.close(run_before_unload=True)
    await ben.write("Key of Iko Iko", "G")
    await expect(ada.field("Key of Iko Iko")).to_have_value("G")
    assert sorted(await ada.online()) == ["ada", "ben"]
    await ben.tab.goto("about:blank")
    await expect(ada.toast("Ben left.")).to_be_visible()
    await expect(avatars).to_have_count(1)


async def test_others_are_seen_on_the_entry_and_at_the_letter_where_they_work(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ben.field("Key of Iko Iko").focus()
    await expect(ada.tab.locator("[data-item=iko] .row-names")).to_have_text("Ben")
    await ben.notes().click()
    await ben.tab.keyboard.press("End")
    cursor = ada.tab.locator(".head .cursor[data-user=ben]")
    await expect(cursor).to_have_count(1)
    await expect(ada.tab.locator("[data-item=iko] .row-names")).to_have_count(0)
    place = await cursor.bounding_box()
    await ben.tab.keyboard.press("Home")
    assert place
    await ada.tab.wait_for_function(
        "x => document.querySelector('.cursor[data-user=ben]').getBoundingClientRect().x < x - 20", arg=place["x"]
    )
    await ben.notes().blur()
    await expect(cursor).to_have_count(0)


async def test_ones_own_cursor_stays_between_its_letters_while_others_write(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.notes().click()
    await ada.tab.keyboard.press("End")
    await ben.notes().click()
    await ben.tab.keyboard.press("Home")
    await ben.tab.keyboard.type("🎺 ")
    await expect(ada.notes()).to_have_value("🎺 doors at 8")
    await ada.tab.keyboard.type("!")
    await expect(ben.notes()).to_have_value("🎺 doors at 8!")
