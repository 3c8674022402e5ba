"""Who is here, and where."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.test_page import fits, is_accessible

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


async def test_a_reload_is_no_news(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await expect(ada.tab.locator(".avatar")).to_have_count(2)
    await expect(ada.toast("Ben is here.")).to_have_count(0)
    await ada.tab.evaluate(
        """() => {
            window.said = [];
            const look = changes => changes.flatMap(({addedNodes}) => [...addedNodes])
                .forEach(one => window.said.push(one.textContent));
            new MutationObserver(look).observe(document.querySelector(".toasts"), {childList: true});
        }"""
    )
    await ada.tab.clock.install()
    await ben.tab.reload()
    await ben.write("Venue", "Tipitina's")
    await expect(ada.field("Venue")).to_have_value("Tipitina's")
    await ada.tab.clock.fast_forward(3_000)
    await ben.tab.goto("about:blank")
    await expect(ada.toast("Ben left.")).to_be_visible()
    assert await ada.tab.evaluate("window.said") == ["Ben left."]


async def test_who_is_online_is_told_by_name_on_a_phone(hall: Hall) -> None:
    _, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await expect(ben.tab.locator(".avatar")).to_have_count(2)
    await ben.tab.get_by_role("button", name="Online: ").tap()
    people = ben.tab.get_by_role("list", name="Online").get_by_role("listitem")
    await expect(people.filter(has_text="Ada")).to_have_text("Ada active")
    await expect(people.filter(has_text="Ben")).to_have_text("Ben (you) active")
    await fits(ben)
    await is_accessible(ben)
    await ben.tab.keyboard.press("Escape")
    await expect(people.first).to_be_hidden()


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
