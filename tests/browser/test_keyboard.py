"""By keyboard and by ear: what keys do, where the focus goes, and that everything fits whoever looks at it."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_page import is_accessible

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_setlist_is_made_by_keyboard_alone_and_undone_after_a_reload(hall: Hall) -> None:
    ada = await hall.page("ada", at="band")
    press = ada.tab.keyboard.press
    await expect(ada.tab.get_by_role("link", name="Friday").last).to_be_visible()
    await press("Tab")
    await expect(ada.tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    await press("Enter")
    await press("Tab")
    while "Friday" not in await focused(ada):
        await press("Tab")
    await press("Enter")
    await ada.sees_saved()
    await expect(ada.tab.locator("[data-content]")).to_be_focused()
    await press("?")
    keys = ada.tab.get_by_role("dialog", name="Keys")
    await expect(keys.get_by_text("Add a song")).to_be_visible()
    await is_accessible(ada)
    await press("Escape")
    await expect(keys).to_be_hidden()
    await press("Control+Enter")
    await ada.tab.keyboard.type("Liza Jane")
    await press("Enter")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints", "Liza Jane"])
    await ada.sees_saved()
    await ada.tab.reload()
    await ada.sees_saved()
    await press("Control+z")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await ada.sees_saved()
    await ada.tab.reload()
    await ada.sees_saved()
    await press("Control+y")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints", "Liza Jane"])


async def focused(page: Page) -> str:
    text: str = await page.tab.evaluate("document.activeElement.textContent")
    return text


async def test_the_focus_goes_where_one_goes_on(hall: Hall) -> None:
    ada = await hall.page("ada")
    press = ada.tab.keyboard.press
    for title, neighbour in (("Break", "When the Saints"), ("When the Saints", "Iko Iko")):
        await ada.button(f"Remove {title}").focus()
        await press("Enter")
        await expect(ada.button(f"Remove {neighbour}")).to_be_focused()
    await ada.button("Stage").focus()
    await press("Enter")
    await expect(ada.tab.get_by_role("region", name="Now")).to_be_focused()
    await press("Escape")
    await expect(ada.button("Stage")).to_be_focused()
    await ada.button("History").focus()
    await press("Enter")
    await expect(ada.button("Close the history")).to_be_visible()
    await press("Escape")
    await expect(ada.button("Close the history")).to_have_count(0)
    await expect(ada.button("History")).to_be_focused()


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
async def test_every_state_fits_at_320_px_and_axe_finds_nothing(hall: Hall, direction: str) -> None:
    # 640 px at 200 % are as many.
    ada = await hall.page("ada", is_phone=True, at="band")
    await ada.tab.set_viewport_size({"width": 320, "height": 640})
    await ada.tab.emulate_media(reduced_motion="reduce")
    await ada.tab.evaluate(f"document.documentElement.dir = '{direction}'")

    async def fits() -> None:
        assert await ada.tab.evaluate("document.documentElement.scrollWidth") <= 320
        await is_accessible(ada)

    await fits()
    await ada.open_setlist("Friday")
    await ada.button("Notes and details of Iko Iko").click()
    await fits()
    await ada.button("History").click()
    await fits()
    await ada.button("Close the history").click()
    await ada.button("More").click()
    await fits()
    await ada.button("Keys").click()
    await fits()
    await ada.tab.keyboard.press("Escape")
    await ada.button("Stage").click()
    await fits()
    await ada.button("Aa, how it looks here").click()
    await fits()
    await ada.tab.keyboard.press("Escape")
    await ada.tab.keyboard.press("Escape")
    await ada.more("Print")
    await expect(ada.button("Print")).to_be_visible()
    await fits()
    await ada.tab.keyboard.press("Escape")
    await expect(ada.button("Stage")).to_be_visible()
