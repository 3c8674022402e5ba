"""Long lists: only the rows on the screen exist, and nobody misses the others."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from collab.client import CollabClient
from collab.domain.ot import positions
from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_reorder import at_rest, center

pytestmark = pytest.mark.asyncio(loop_scope="session")

SONGS = 300


async def make_setlist(hall: Hall, title: str, count: int, kind: str = "setlist") -> str:
    songs = [
        {"id": f"song-{at}", "type": "song", "position": key, "fields": {"title": f"Song {at}", "duration": 240}}
        for at, key in enumerate(positions.spread(count))
    ]
    async with hall.server.rest("ada") as rest:
        body = {"kind": kind, "title": title, "document": {"items": songs}}
        answer = await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)
        return str(answer.raise_for_status().json()["id"])


@pytest_asyncio.fixture(loop_scope="session")
async def setlist(hall: Hall) -> AsyncIterator[str]:
    yield await make_setlist(hall, "Marathon", SONGS)


async def opened_by(hall: Hall, user: str, *, is_phone: bool = False) -> Page:
    page = await hall.page(user, is_phone=is_phone, at="band")
    await page.open_setlist("Marathon")
    return page


@pytest.mark.usefixtures("setlist")
async def test_only_the_rows_on_the_screen_exist_and_a_reader_is_told_of_all(hall: Hall) -> None:
    ada = await opened_by(hall, "ada")
    rows = ada.tab.locator(".rows > li")
    assert await rows.count() < 40
    await expect(rows.first).to_have_attribute("aria-setsize", str(SONGS))
    # The first time the end is where the rows were thought to end, before one of them was seen.
    await ada.tab.keyboard.press("End")
    await expect(rows.last).to_have_attribute("aria-posinset", str(SONGS))
    await ada.tab.keyboard.press("End")
    await expect(ada.field(f"Title of Song {SONGS - 1}")).to_be_in_viewport()
    assert await rows.count() < 40
    assert await ada.tab.evaluate("document.querySelectorAll('*').length") < 900


@pytest.mark.usefixtures("setlist")
async def test_who_writes_in_a_row_goes_on_though_it_is_scrolled_away(hall: Hall) -> None:
    ada = await opened_by(hall, "ada")
    await ada.button("Notes and details of Song 2").click()
    await ada.notes("Song 2").click()
    await ada.tab.evaluate("scrollTo(0, 9000)")
    await expect(ada.field("Title of Song 170")).to_be_in_viewport()
    await expect(ada.notes("Song 2")).to_be_focused()
    await ada.tab.keyboard.type("slowly")
    await expect(ada.notes("Song 2")).to_have_value("slowly")
    # The browser has brought it back.
    await expect(ada.notes("Song 2")).to_be_in_viewport()
    await ada.field("Title of Song 1").click()
    await ada.tab.evaluate("scrollTo(0, 9000)")
    await expect(ada.notes("Song 2")).to_have_count(0)
    await ada.tab.evaluate("scrollTo(0, 0)")
    await expect(ada.button("Notes and details of Song 2")).to_have_attribute("aria-expanded", "true")


@pytest.mark.usefixtures("setlist")
async def test_what_one_looks_at_stays_where_it_is_while_others_add_above(hall: Hall, setlist: str) -> None:
    ada = await opened_by(hall, "ada")
    await ada.tab.evaluate("scrollTo(0, 9000)")
    looked_at = ada.field("Title of Song 172")
    await expect(looked_at).to_be_in_viewport()
    _, before = await center(looked_at)
    async with CollabClient(hall.server.url, hall.server.token("ben")) as ben:
        theirs = await ben.open(setlist)
        for at in range(3):
            theirs.insert({"title": f"New {at}"}, before="song-0")
        await expect(ada.tab.locator(".rows > li").first).to_have_attribute("aria-setsize", str(SONGS + 3))
    _, after = await center(looked_at)
    assert abs(after - before) < 3


@pytest.mark.usefixtures("setlist")
async def test_a_song_is_moved_by_keyboard_beyond_the_screen(hall: Hall) -> None:
    ada = await opened_by(hall, "ada", is_phone=True)
    spoken = ada.tab.locator("[id^=DndLiveRegion]")
    await ada.button("Move Song 1").focus()
    await ada.tab.keyboard.press("Space")
    await expect(spoken).to_have_text(f"Song 1: place 2 of {SONGS}.")
    for place in range(3, 15):
        await at_rest(ada.tab)
        await ada.tab.keyboard.press("ArrowDown")
        await expect(spoken).to_have_text(f"Song 1: place {place} of {SONGS}.")
    await ada.tab.keyboard.press("Space")
    await expect(ada.tab.locator(".rows > li[aria-posinset='14']")).to_have_attribute("data-item", "song-1")


@pytest.mark.usefixtures("setlist")
async def test_a_song_held_at_the_edge_scrolls_the_list_and_not_beyond_it(hall: Hall) -> None:
    ada = await opened_by(hall, "ada")
    await ada.tab.evaluate("scrollTo(0, document.documentElement.scrollHeight - innerHeight - 700)")
    await at_rest(ada.tab)
    height = await ada.tab.evaluate("document.documentElement.scrollHeight")
    last = ada.tab.locator(f".rows > li[aria-posinset='{SONGS}']")
    grip = ada.tab.locator(".rows > li .grip:visible").nth(8)
    x, y = await center(grip)
    await ada.tab.mouse.move(x, y)
    await ada.tab.mouse.down()
    await ada.tab.mouse.move(x, 890, steps=5)
    await expect(ada.tab.locator(".held")).to_be_visible()
    await expect(last).to_be_in_viewport(ratio=1)
    await at_rest(ada.tab)
    assert await ada.tab.evaluate("document.documentElement.scrollHeight") <= height + 60
    list_end = await ada.tab.evaluate("document.querySelector('.rows').getBoundingClientRect().bottom")
    assert list_end > 900 - 200
    await ada.tab.mouse.up()
    await ada.sees_saved()


@pytest.mark.usefixtures("setlist")
async def test_all_rows_are_on_paper(hall: Hall) -> None:
    ada = await opened_by(hall, "ada")
    await ada.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert await ada.tab.locator(".rows > li").count() == SONGS
    await ada.tab.evaluate("dispatchEvent(new Event('afterprint'))")
    await expect(ada.tab.locator(".rows > li").nth(60)).to_have_count(0)


async def test_an_edit_of_somebody_else_takes_hardly_more_work_in_a_long_list(hall: Hall) -> None:
    await make_setlist(hall, "Short", 30)
    await make_setlist(hall, "Marathon", SONGS)
    short, marathon = [await calls_of_an_edit(hall, title) for title in ("Short", "Marathon")]
    assert marathon < 2 * short


async def calls_of_an_edit(hall: Hall, title: str) -> int:
    """How many functions a page calls when somebody else changes one song, and until that is shown."""
    page = await hall.page("ada", at="band")
    await page.open_setlist(title)
    await page.sees_saved()
    setlist = page.tab.url.rsplit("/", 1)[1]
    profiler = await page.context.new_cdp_session(page.tab)
    async with CollabClient(hall.server.url, hall.server.token("ben")) as ben:
        theirs = await ben.open(setlist)
        await at_rest(page.tab)
        await profiler.send("Profiler.enable")
        await profiler.send("Profiler.startPreciseCoverage", {"callCount": True, "detailed": False})
        theirs.set("song-3", "tempo", 99)
        await expect(page.field("Tempo of Song 3")).to_have_value("99")
        taken = await profiler.send("Profiler.takePreciseCoverage")
    functions = [
        function for script in taken["result"] if "/assets/" in script["url"] for function in script["functions"]
    ]
    return sum(function["ranges"][0]["count"] for function in functions)
