"""Entries are put elsewhere by keyboard, by mouse and by touch."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Hall

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOVED = ["Break", "When the Saints", "Iko Iko"]


async def test_a_song_is_moved_by_keyboard_and_it_is_said_aloud(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.button("Move Iko Iko").focus()
    spoken = ada.tab.locator("[id^=DndLiveRegion]")
    await ada.tab.keyboard.press("Space")
    await expect(spoken).to_have_text("Iko Iko: place 1 of 3.")
    await at_rest(ada.tab)
    await ada.tab.keyboard.press("ArrowDown")
    await expect(spoken).to_have_text("Iko Iko: place 2 of 3.")
    await at_rest(ada.tab)
    await ada.tab.keyboard.press("ArrowDown")
    await expect(spoken).to_have_text("Iko Iko: place 3 of 3.")
    await ada.tab.keyboard.press("Space")
    await ben.sees_titles(MOVED)
    await ada.sees_titles(MOVED)
    await ada.sees_saved()


async def test_a_song_is_moved_by_mouse(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    x, y = await center(ada.button("Move Iko Iko"))
    _, bottom = await center(ada.button("Move When the Saints"))
    mouse = ada.tab.mouse
    await mouse.move(x, y)
    await mouse.down()
    await mouse.move(x, bottom + 4, steps=12)
    await mouse.up()
    await ben.sees_titles(MOVED)
    await ada.sees_titles(MOVED)


async def test_a_song_is_moved_by_touch_on_a_phone(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada", is_phone=True), hall.page("ben"))
    grip = ada.button("Move Iko Iko")
    await grip.scroll_into_view_if_needed()
    x, y = await center(grip)
    _, bottom = await center(ada.button("Move When the Saints"))
    finger = await ada.context.new_cdp_session(ada.tab)

    async def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    await touch("touchStart", (x, y))
    for step in range(1, 13):
        await touch("touchMove", (x, y + (bottom + 4 - y) * step / 12))
    await touch("touchEnd")
    await ben.sees_titles(MOVED)
    await ada.sees_titles(MOVED)


async def at_rest(tab: Page) -> None:
    """Once the page has nothing left to do: dnd-kit hears the arrows some milliseconds after it has said where an
    entry is, sooner than any finger and later than a script."""
    await tab.evaluate(
        "() => new Promise((done) => requestIdleCallback(() => setTimeout(() => requestIdleCallback(done))))"
    )


async def center(locator: Locator) -> tuple[float, float]:
    box = await locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def test_entries_that_were_chosen_are_moved_and_taken_out_together(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await ada.button("Choose Iko Iko").click()
    await ada.button("Choose Break").click()
    chosen = ada.tab.get_by_role("toolbar", name="Chosen entries")
    await expect(chosen.get_by_role("status")).to_contain_text("2 chosen")
    await ada.button("Move Break").focus()
    spoken = ada.tab.locator("[id^=DndLiveRegion]")
    await ada.tab.keyboard.press("Space")
    await expect(spoken).to_have_text("Break and 1 more: place 2 of 3.")
    await at_rest(ada.tab)
    await ada.tab.keyboard.press("ArrowDown")
    await expect(spoken).to_have_text("Break and 1 more: place 3 of 3.")
    await ada.tab.keyboard.press("Space")
    for page in (ada, ben):
        await page.sees_titles(["When the Saints", "Iko Iko", "Break"])
    await ben.button("Choose Break").tap()
    await ben.button("Choose When the Saints").tap()
    await ben.button("Take out").tap()
    for page in (ada, ben):
        await page.sees_titles(["Iko Iko"])
    await expect(chosen.get_by_role("status")).to_contain_text("1 chosen")
    await ada.button("Choose none").click()
    await expect(chosen).to_have_count(0)
