"""On stage and on paper."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_offline import is_kept_on_the_device
from tests.browser.test_page import is_accessible

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
    await is_kept_on_the_device(ben)
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


async def test_a_button_that_has_the_focus_takes_no_key_of_a_pedal(hall: Hall) -> None:
    ada = await hall.page("ada")
    await on_stage(ada)
    await ada.button("Lead").click()
    await ada.tab.keyboard.press("Enter")
    await sees(ada, "Break")
    await ada.button("Leading").focus()
    for key, title in [("Space", "When the Saints"), ("PageUp", "Break")]:
        await ada.tab.keyboard.press(key)
        await sees(ada, title)
    await expect(ada.button("Leading")).to_be_focused()
    await ada.tab.keyboard.press("Enter")
    await expect(ada.button("Lead")).to_be_visible()
    await sees(ada, "Break")


LONG = "\n".join(f"Line {n} of many" for n in range(60))


async def with_long_notes(hall: Hall, **fields: object) -> None:
    async with hall.server.rest("ada") as rest:
        items = [
            {"id": "long", "type": "song", "fields": {"title": "Long", "notes": LONG, **fields}},
            {"id": "short", "type": "song", "fields": {"title": "Short"}},
        ]
        body = {"kind": "setlist", "title": "Notes", "document": {"items": items}}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()


async def open_long(hall: Hall, *, is_phone: bool = False) -> Page:
    page = await hall.page("ada", is_phone=is_phone, at="band")
    await page.open_setlist("Notes")
    await page.button("Stage").click()
    await sees(page, "Long")
    return page


async def scrolled(page: Page) -> float:
    return float(await page.tab.locator(".stage-song").evaluate("song => song.scrollTop"))


async def test_a_pedal_a_tap_and_a_swipe_go_through_long_notes_and_on(hall: Hall) -> None:
    await with_long_notes(hall)
    ada = await open_long(hall, is_phone=True)
    await ada.tab.keyboard.press("PageDown")
    first = await scrolled(ada)
    assert first > 200
    await ada.tab.touchscreen.tap(300, 400)
    assert await scrolled(ada) > first
    await ada.tab.touchscreen.tap(40, 400)
    assert await scrolled(ada) == pytest.approx(first, abs=2)
    await sees(ada, "Long")
    await swipe(ada, 300, 60)
    await sees(ada, "Short")
    await swipe(ada, 60, 300)
    await sees(ada, "Long")
    assert await scrolled(ada) == 0
    for _ in range(20):
        await ada.tab.keyboard.press("Space")
    await sees(ada, "Short")


async def swipe(page: Page, start: int, end: int) -> None:
    fingers = await page.context.new_cdp_session(page.tab)

    async def touch(kind: str, *xs: int) -> None:
        await fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": 400} for x in xs]})

    await touch("touchStart", start)
    await touch("touchMove", (start + end) // 2)
    await touch("touchMove", end)
    await touch("touchEnd")


async def test_a_song_scrolls_by_itself_in_the_time_that_it_takes(hall: Hall) -> None:
    await with_long_notes(hall, duration=100)
    ada = await open_long(hall)
    await ada.tab.clock.install()
    await ada.button("Scroll").click()
    await ada.tab.clock.run_for(50_000)
    whole = await ada.tab.locator(".stage-song").evaluate("song => song.scrollHeight - song.clientHeight")
    assert await scrolled(ada) == pytest.approx(whole / 2, rel=0.1)
    await ada.tab.clock.run_for(60_000)
    assert await scrolled(ada) == pytest.approx(whole, abs=2)
    await expect(ada.button("Scroll")).to_have_attribute("aria-pressed", "false")


async def test_each_device_has_its_own_look_and_keeps_it(hall: Hall) -> None:
    await with_long_notes(hall, tempo=120, duration=100)
    ada = await open_long(hall, is_phone=True)
    title = ada.tab.locator(".stage h1")
    small = await title.evaluate("title => parseFloat(getComputedStyle(title).fontSize)")
    await ada.button("Aa, how it looks here").click()
    for name in ("A+, larger letters", "Light", "Flash the tempo"):
        await ada.button(name).click()
    await ada.tab.keyboard.press("Escape")
    await sees(ada, "Long")
    await ada.tab.reload()
    await expect(ada.tab.locator(".stage.is-light .stage-beat")).to_have_count(1)
    assert await title.evaluate("title => parseFloat(getComputedStyle(title).fontSize)") > small
    playing = "beat => beat.getAnimations().length"
    assert await ada.tab.locator(".stage-beat").evaluate(playing) == 1
    await ada.tab.emulate_media(reduced_motion="reduce")
    assert await ada.tab.locator(".stage-beat").evaluate(playing) == 0
    await is_accessible(ada)


async def test_the_drawer_jumps_to_a_song_and_the_clock_of_the_set_goes_on_over_a_reload(hall: Hall) -> None:
    ada = await hall.page("ada", is_phone=True)
    await on_stage(ada)
    await ada.tab.get_by_role("button", name="Clock of the set").click()
    await ada.tab.get_by_role("button", name="all songs").click()
    songs = ada.tab.get_by_role("list", name="All songs")
    await is_accessible(ada)
    await songs.get_by_role("button", name="When the Saints").click()
    await expect(songs).to_be_hidden()
    await sees(ada, "When the Saints")
    await ada.tab.reload()
    await sees(ada, "When the Saints")
    clock = ada.tab.get_by_role("button", name="Clock of the set")
    await expect(clock).to_have_attribute("aria-pressed", "true")
    await expect(clock).to_have_text(re.compile(r"[0-9]:[0-9]{2} / 3:20|[0-9]:[0-9]{2}"))


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
    sizes = "spans => spans.map((span) => parseFloat(getComputedStyle(span).fontSize))"
    assert min(await ada.tab.locator(".sheet li span, .sheet li small").evaluate_all(sizes)) >= 13.3  # 10 pt in px
    paper = await ada.tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
