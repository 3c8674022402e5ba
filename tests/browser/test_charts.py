"""A song's chart, read as music: by each in their own key, on their own device."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_page import is_accessible

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHART = """{start_of_verse: Verse 1}
[F]Hey now, hey [C7]now, un[F]believable and very long line that no small phone has room for [C7]
{end_of_verse}
{comment: drums alone}
{start_of_chorus}
[Bb/D]Iko iko [Dm]an day
{end_of_chorus}
{start_of_tab}
e|--1--3-----------------------------------------------------------------|
{end_of_tab}
"""


async def with_chart(hall: Hall, key: str = "G") -> None:
    """The repertoire has Iko Iko in F, and the setlist has it in another key."""
    async with hall.server.rest("ada") as rest:
        song = {"type": "song", "id": "iko-song", "fields": {"title": "Iko Iko", "key": "F", "chart": CHART}}
        body = {"kind": "repertoire", "title": "Repertoire", "document": {"items": [song]}}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()
    ada = await hall.page("ada")
    await ada.write("Key of Iko Iko", key)
    await ada.sees_saved()


def chords(page: Page) -> Locator:
    return page.tab.locator(".chart-chord")


async def test_two_members_read_one_song_each_in_their_own_key_on_a_phone_and_on_stage(hall: Hall) -> None:
    await with_chart(hall)
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await ben.tab.set_viewport_size({"width": 320, "height": 640})
    await asyncio.gather(*(page.button("Stage").click() for page in (ada, ben)))
    concert = ["G", "D7", "G", "D7", "C/E", "Em"]
    for page in (ada, ben):
        await expect(chords(page)).to_have_text(concert)
    await expect(ada.tab.get_by_role("region", name="Verse 1")).to_be_visible()
    await expect(ada.tab.locator(".chart-section.is-chorus")).to_contain_text("Iko iko")
    await expect(ada.tab.locator("pre")).to_contain_text("e|--1--3--")

    await ben.tab.get_by_text("In G", exact=True).click()
    await ben.field("Instrument").select_option("Bb")
    await expect(chords(ben)).to_have_text(["A", "E7", "A", "E7", "D/F#", "F#m"])
    await expect(ben.tab.locator("summary")).to_have_text("In A, for B♭")
    assert await apart(ben) == []
    assert await ben.tab.evaluate("document.documentElement.scrollWidth") <= 320
    await is_accessible(ben)
    await ben.tab.reload()
    await expect(chords(ben).first).to_have_text("A")

    await ada.tab.get_by_text("In G", exact=True).click()
    await ada.field("My capo").select_option("2")
    await expect(chords(ada)).to_have_text(["F", "C7", "F", "C7", "Bb/D", "Dm"])
    await ada.button("Diagrams").click()
    await expect(ada.tab.get_by_role("img", name="Dm: x x 0 2 3 1")).to_be_visible()
    await expect(ada.tab.get_by_role("img", name="Bb/D: x 1 3 3 3 1")).to_be_visible()
    await is_accessible(ada)
    await ada.button("Numbers").click()
    await expect(chords(ada).first).to_have_text("1")
    await ada.button("Chords").click()
    await expect(chords(ada)).to_have_count(0)
    await expect(ada.tab.locator(".chart-line").first).to_contain_text("Hey now, hey now")
    await expect(chords(ben).first).to_have_text("A")
    for _ in range(2):
        await ben.tab.keyboard.press("ArrowRight")
    await expect(ben.tab.locator("summary")).to_have_text("In C, for B♭")

    await ada.tab.keyboard.press("Escape")
    await ada.more("Print")
    await ada.button("Charts").click()
    await expect(ada.tab.locator(".sheet.is-chart h1")).to_have_text("Iko Iko F, capo 2")
    paper = await ada.tab.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 2


async def apart(page: Page) -> list[str]:
    """The chords that do not stand right above the words that they belong to."""
    found: list[str] = await page.tab.evaluate(
        """[...document.querySelectorAll(".chart-piece")].filter((piece) => {
          const [chord, words] = [...piece.children].map((one) => one.getBoundingClientRect());
          return chord.left !== words.left || chord.bottom > words.top + 1;
        }).map((piece) => piece.textContent)"""
    )
    return found


async def test_a_chart_is_read_and_edited_in_the_repertoire_and_a_pedal_goes_through_a_long_one(hall: Hall) -> None:
    await with_chart(hall)
    ada, ben = await asyncio.gather(hall.page("ada", at="band"), hall.page("ben", is_phone=True, at="band"))
    for page in (ada, ben):
        await page.tab.get_by_role("main").get_by_role("link", name="Repertoire").click()
        await page.button("Notes and details of Iko Iko").click()
        await expect(chords(page).nth(1)).to_have_text("C7")
    await ada.button("Edit the chart").click()
    await ada.field("Chart of Iko Iko").fill("[F]Now\n" + "and [Gm7]on\n" * 80)
    await expect(chords(ben).nth(1)).to_have_text("Gm7")
    await ada.button("Read the chart").click()
    await expect(chords(ada).first).to_have_text("F")

    await ben.tab.get_by_role("link", name="Back to Blue Nile").click()
    await ben.open_setlist("Friday")
    await ben.button("Notes and details of Iko Iko").click()
    await expect(chords(ben).nth(1)).to_have_text("Am7")
    await ben.button("Stage").click()
    await expect(chords(ben).nth(1)).to_have_text("Am7")
    title = ben.tab.locator(".stage h1")
    for _ in range(3):
        await ben.tab.keyboard.press("PageDown")
        await expect(title).to_have_text("Iko Iko")
    assert await ben.tab.locator(".stage-song").evaluate("song => song.scrollTop") > 600
    await ada.button("Edit the chart").click()
    await ada.field("Chart of Iko Iko").fill("[C]Short")
    await ada.sees_saved()
    await ben.tab.keyboard.press("ArrowRight")
    await expect(title).to_have_text("Break")
    await ben.tab.keyboard.press("ArrowLeft")
    await expect(chords(ben)).to_have_text(["D"])
    await ada.field("Chart of Iko Iko").fill("| C . . | G7 :|\n[C]Short")
    await expect(chords(ben)).to_have_text(["|", "D", ".", ".", "|", "A7", ":|", "D"])
    alone = ben.tab.locator(".chart-line.is-alone")
    assert await alone.evaluate("line => line.clientHeight < line.nextElementSibling.clientHeight")
    await ada.field("Chart of Iko Iko").fill("[C]Short")
    await expect(chords(ben)).to_have_text(["D"])
    await ben.cut_line()
    await ben.tab.keyboard.press("Escape")
    await ben.button("Stage").click()
    await expect(chords(ben)).to_have_text(["D"])
