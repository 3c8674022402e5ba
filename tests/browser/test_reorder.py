"""Entries are put elsewhere by keyboard, by mouse and by touch."""

import asyncio

import pytest
from playwright.async_api import Locator, Page, expect

from collab.client import CollabClient
from tests.browser.conftest import Hall
from tests.support.waiting import until

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


async def test_chosen_entries_are_copied_to_the_next_gig_by_touch_and_that_is_taken_back(hall: Hall) -> None:
    later, sooner = await asyncio.gather(another(hall, "Later", "2099-12-05"), another(hall, "Sooner", "2099-12-04"))
    ben, ada = await asyncio.gather(hall.page("ben", is_phone=True), hall.page("ada"))
    await ben.button("Choose Iko Iko").tap()
    await ben.button("Choose When the Saints").tap()
    await ben.button("Copy to…").tap()
    await expect(ben.tab.locator(".carry strong")).to_have_text(["Sooner", "Later"])
    await ben.tab.get_by_role("dialog").get_by_role("button", name="Sooner").tap()
    notice = ben.toast("2 entries are copied to “Sooner”.")
    await expect(notice).to_be_visible()
    assert await titles_of(hall, sooner) == ["Opener", "Iko Iko", "When the Saints"]
    await expect(ben.button("Choose Iko Iko")).to_be_focused()
    # It is taken back where one looks at it, too.
    await ada.tab.get_by_role("navigation").get_by_role("link", name="Sooner").click()
    await ada.sees_titles(["Opener", "Iko Iko", "When the Saints"])
    await notice.get_by_role("button", name="Take back").tap()
    await ada.sees_titles(["Opener"])
    await ben.sees_titles(["Iko Iko", "Break", "When the Saints"])
    assert await titles_of(hall, later) == ["Opener"]


async def test_an_entry_is_moved_by_keyboard_and_neither_list_loses_it(hall: Hall) -> None:
    later = await another(hall, "Later", "2099-12-05")
    ada = await hall.page("ada")
    await ada.button("Notes and details of Break").press("Enter")
    await ada.button("Move to…").press("Enter")
    await expect(ada.tab.get_by_role("dialog", name="Move “Break” to")).to_be_visible()
    await ada.tab.get_by_role("button", name="Later").press("Enter")
    await ada.sees_titles(["Iko Iko", "When the Saints"])
    await expect(ada.button("Choose When the Saints")).to_be_focused()
    assert await titles_of(hall, later) == ["Opener", "Break"]
    await ada.button("Open it").press("Enter")
    await ada.sees_titles(["Opener", "Break"])
    await ada.tab.get_by_role("navigation").get_by_role("link", name="Friday").click()

    # Without a line what is moved might be in neither; a list that is on the device takes a copy.
    await ada.cut_line()
    await ada.button("Choose Iko Iko").click()
    await ada.button("Move to…").click()
    await expect(ada.tab.get_by_text("to move them takes a line")).to_be_visible()
    await expect(ada.tab.get_by_role("button", name="Later")).to_be_disabled()
    await ada.tab.keyboard.press("Escape")
    await ada.button("Copy to…").click()
    await ada.tab.get_by_role("button", name="Later").click()
    await expect(ada.toast("“Iko Iko” is copied to “Later”.")).to_be_visible()
    assert await titles_of(hall, later) == ["Opener", "Break"]
    async with CollabClient(hall.server.url, hall.server.token("ben")) as ben:
        theirs = await ben.open(later)
        await ada.mend_line()
        await until(lambda: len(theirs.document.items) == 3)

    await ada.button("Choose When the Saints").click()
    await ada.button("Move to…").click()
    await ada.tab.get_by_role("dialog").get_by_role("button", name="New setlist").click()
    await ada.sees_titles(["Iko Iko"])
    notice = ada.toast("“When the Saints” is moved to “New setlist”.")
    await notice.get_by_role("button", name="Take back").click()
    await ada.sees_titles(["Iko Iko", "When the Saints"])


async def another(hall: Hall, title: str, date: str) -> str:
    """Another setlist of the band, with one song."""
    document = {"fields": {"date": date}, "items": [{"type": "song", "fields": {"title": "Opener"}}]}
    async with hall.server.rest("ada") as rest:
        body = {"kind": "setlist", "title": title, "document": document}
        answer = await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)
        return str(answer.raise_for_status().json()["id"])


async def titles_of(hall: Hall, setlist: str) -> list[str]:
    """The titles of a setlist's entries, as the server has them."""
    async with hall.server.rest("ada") as rest:
        items = (await rest.get(f"/api/contents/{setlist}")).json()["items"]
    return [item["fields"]["title"] for item in items]
