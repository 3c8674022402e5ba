"""Every field of every kind is shown and edited, those too that the page's code does not name."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from collab import Kind, register_kind
from collab.domain.fields import Choice, Date, Flag, Line, Number, Tags, TextField
from collab.domain.kinds import REPERTOIRE, SETLIST
from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_page import fits, is_accessible

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOOD = Line(60)
STAGE_PLOT = Kind(
    "stage_plot",
    fields={"title": Line(), "width": Number(1, 50, "metres")},
    item_types={"mic": {"label": Line(40), "x": Number(0, 100, "percent")}},
)


@pytest.fixture
def more_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """Songs have a field of each type that they had none of, and one of a type that they had."""
    songs: Any = (SETLIST.item_types["song"], REPERTOIRE.item_types["song"])
    added = {
        "mood": MOOD,
        "energy": Choice(["low", "high"]),
        "is_new": Flag(),
        "rating": Number(1, 5, "stars", is_whole=True),
        "first_played": Date(),
        "players": Tags(),
        "lyrics": TextField(),
    }
    for fields in songs:
        for name, field_type in added.items():
            monkeypatch.setitem(fields, name, field_type)
    monkeypatch.setitem(SETLIST.fields, "dress_code", MOOD)


async def make_repertoire(hall: Hall, **fields: Any) -> None:
    async with hall.server.rest("ada") as rest:
        document = {"items": [{"id": "liza", "type": "song", "fields": {"title": "Liza Jane", **fields}}]}
        body = {"kind": "repertoire", "title": "Repertoire", "document": document}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()


async def open_details(page: Page, title: str) -> None:
    await page.button(f"Notes and details of {title}").click()


@pytest.mark.usefixtures("more_fields")
async def test_a_field_that_the_page_does_not_name_is_edited_live_on_two_pages(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await asyncio.gather(open_details(ada, "Iko Iko"), open_details(ben, "Iko Iko"))
    await ada.write("Mood of Iko Iko", "happy")
    await expect(ben.field("Mood of Iko Iko")).to_have_value("happy")
    await ben.field("Energy of Iko Iko").select_option("high")
    await expect(ada.field("Energy of Iko Iko")).to_have_value("high")
    await ben.field("Is new of Iko Iko").check()
    await expect(ada.field("Is new of Iko Iko")).to_be_checked()
    await ben.write("Rating of Iko Iko", "4")
    await expect(ada.field("Rating of Iko Iko")).to_have_value("4")
    await ada.field("First played of Iko Iko").fill("2026-11-20")
    await expect(ben.field("First played of Iko Iko")).to_have_value("2026-11-20")
    await ada.write("Players of Iko Iko", "Ada, Ben,  Cleo, Ada")
    await expect(ben.field("Players of Iko Iko")).to_have_value("Ada, Ben, Cleo")
    await ada.field("Lyrics of Iko Iko").press_sequentially("Hey now")
    await expect(ben.field("Lyrics of Iko Iko")).to_have_value("Hey now")
    await ben.write("Dress code", "black")
    await expect(ada.field("Dress code")).to_have_value("black")
    await fits(ben)
    await is_accessible(ben)
    await ada.sees_saved()
    await ben.sees_saved()
    async with hall.server.rest("ada") as rest:
        stored = (await rest.get(f"/api/contents/{hall.gig.setlist_id}")).json()
    song = next(item for item in stored["items"] if item["id"] == "iko")["fields"]
    assert (song["energy"], song["is_new"], song["rating"], song["players"]) == (
        "high",
        True,
        4,
        ["Ada", "Ben", "Cleo"],
    )
    assert stored["fields"]["dress_code"] == "black"


@pytest.mark.usefixtures("more_fields")
async def test_a_song_from_the_repertoire_brings_every_field_that_its_entry_has(hall: Hall) -> None:
    await make_repertoire(hall, mood="happy", players=["Ada"], style="second line", notes="for the rehearsal")
    ada = await hall.page("ada")
    await ada.field("Add a song").type("liza")
    await expect(ada.tab.get_by_role("option", name="Liza Jane")).to_be_visible()
    await ada.tab.keyboard.press("Enter")
    await open_details(ada, "Liza Jane")
    await expect(ada.field("Mood of Liza Jane")).to_have_value("happy")
    await expect(ada.field("Players of Liza Jane")).to_have_value("Ada")
    await ada.sees_saved()
    async with hall.server.rest("ada") as rest:
        stored = (await rest.get(f"/api/contents/{hall.gig.setlist_id}")).json()
    assert stored["items"][-1]["fields"] == {
        "title": "Liza Jane",
        "mood": "happy",
        "players": ["Ada"],
        "song_id": "liza",
    }


async def test_all_that_the_repertoire_says_of_a_song_is_edited_on_a_phone(hall: Hall) -> None:
    await make_repertoire(hall, chart="[F]Little")
    ada, ben = await asyncio.gather(hall.page("ada", at="band"), hall.page("ben", is_phone=True, at="band"))
    for page in (ada, ben):
        await page.tab.get_by_role("region", name="Songs").get_by_role("link", name="Repertoire").click()
        await open_details(page, "Liza Jane")
    names = {
        "Subtitle": "Lil' Liza",
        "Composer": "Trad.",
        "Style": "second line",
        "Year": "1916",
        "Tags": "street, encore",
    }
    for name, value in names.items():
        await ben.write(f"{name} of Liza Jane", value)
    for name, value in names.items():
        await expect(ada.field(f"{name} of Liza Jane")).to_have_value(value)
    for page in (ada, ben):
        await page.button("Edit the chart").click()
    await ben.field("Chart of Liza Jane").press("End")
    await ben.field("Chart of Liza Jane").press_sequentially(" [C7]Liza")
    await expect(ada.field("Chart of Liza Jane")).to_have_value("[F]Little [C7]Liza")
    await ben.write("Title", "The book")
    await expect(ada.field("Title")).to_have_value("The book")
    await ben.field("Year of Liza Jane").fill("19 16")
    await ben.field("Year of Liza Jane").press("Enter")
    await expect(ben.toast("“19 16” is no year. A whole number of years from 1000 to 2999.")).to_be_visible()
    await expect(ben.field("Year of Liza Jane")).to_have_value("19 16")
    await ben.field("Year of Liza Jane").press("Escape")
    await expect(ben.field("Year of Liza Jane")).to_have_value("1916")
    await ben.field("Search the songs").fill("encore")
    await expect(ben.tab.locator(".row")).to_have_count(1)
    await fits(ben)
    await is_accessible(ben)


async def test_values_are_understood_as_musicians_type_them_and_shown_whole(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    for field, typed, value in (
        ("Length", "426", "4:26"),
        ("Tempo", "120 bpm", "120"),
        ("Key", "Gm7", "Gm"),
        ("Key", "f# minor", "F# minor"),
        ("Length", "10640", "1:06:40"),
    ):
        await ada.write(f"{field} of Iko Iko", typed)
        await expect(ben.field(f"{field} of Iko Iko")).to_have_value(value)
    await ben.tab.set_viewport_size({"width": 320, "height": 640})
    await is_shown_whole(ben, "Key of Iko Iko")
    await ben.button("Notes and details of Iko Iko").click()
    for page in (ada, ben):
        for field in ("Key", "Tempo", "Length"):
            await is_shown_whole(page, f"{field} of Iko Iko")
    assert await ben.tab.evaluate("document.documentElement.scrollWidth") <= 320


async def is_shown_whole(page: Page, name: str) -> None:
    assert await page.field(name).evaluate("field => field.scrollWidth - field.clientWidth") <= 0, name


async def test_what_is_not_understood_stays_in_its_field_until_it_is_mended(hall: Hall) -> None:
    ada = await hall.page("ada")
    key = ada.field("Key of Iko Iko")
    await ada.write("Key of Iko Iko", "loud")
    await expect(ada.toast("“loud” is no key.")).to_be_visible()
    await ada.button("Dismiss").click()
    await ada.sees_saved()
    await ada.tab.reload()
    await expect(key).to_have_value("loud")
    await expect(key).to_have_attribute("aria-invalid", "true")
    await expect(key).to_have_accessible_description("A key such as Bb, F#m or 'C minor'")
    await is_accessible(ada)
    await ada.write("Key of Iko Iko", "Cis")
    await expect(key).to_have_value("C#")
    await expect(key).not_to_have_attribute("aria-invalid", "true")
    await ada.tab.reload()
    await expect(key).to_have_value("C#")


async def test_a_link_can_be_opened(hall: Hall) -> None:
    ada = await hall.page("ada")
    await open_details(ada, "Iko Iko")
    await ada.write("Link of Iko Iko", "example.org/iko")
    link = ada.tab.get_by_role("link", name="Open the link of Iko Iko")
    await expect(link).to_have_attribute("href", "https://example.org/iko")
    await is_accessible(ada)


@pytest.mark.usefixtures("own_kinds")
async def test_a_kind_of_the_host_s_own_is_made_and_edited(hall_of_plots: Hall) -> None:
    ada, ben = await asyncio.gather(hall_of_plots.page("ada", at="band"), hall_of_plots.page("ben", at="band"))
    await ada.tab.get_by_role("region", name="Stage plot").get_by_role("button", name="New stage plot").click()
    await ada.button("Mic").click()
    await ben.tab.get_by_role("navigation").get_by_role("link", name="New stage plot").click()
    await ben.write("Label of Mic", "Ada's trumpet")
    await expect(ada.field("Label of Ada's trumpet")).to_have_value("Ada's trumpet")
    await open_details(ada, "Ada's trumpet")
    await ada.write("X of Ada's trumpet", "30,5")
    await ada.write("Width", "8")
    await open_details(ben, "Ada's trumpet")
    await expect(ben.field("X of Ada's trumpet")).to_have_value("30.5")
    await expect(ben.field("Width")).to_have_value("8")


@pytest.fixture
def plots(own_kinds: None) -> None:
    register_kind(STAGE_PLOT)


@pytest.fixture
def hall_of_plots(plots: None, hall: Hall) -> Hall:
    return hall


async def test_what_was_undone_while_its_field_has_the_focus_stays_undone(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.field("Key of Iko Iko").fill("G")
    await expect(ben.field("Key of Iko Iko")).to_have_value("G")
    await ada.tab.keyboard.press("Control+z")
    await expect(ada.field("Key of Iko Iko")).to_have_value("F")
    await ada.field("Key of Iko Iko").blur()
    await ada.write("Venue", "Tipitina's")
    await expect(ben.field("Venue")).to_have_value("Tipitina's")
    await expect(ben.field("Key of Iko Iko")).to_have_value("F")


async def test_what_somebody_else_sets_in_a_field_that_has_the_focus_stays(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.field("Key of Iko Iko").fill("G")
    await expect(ben.field("Key of Iko Iko")).to_have_value("G")
    await ben.write("Key of Iko Iko", "C")
    await expect(ada.field("Key of Iko Iko")).to_have_value("C")
    await ada.write("Venue", "Tipitina's")
    await expect(ben.field("Venue")).to_have_value("Tipitina's")
    await expect(ben.field("Key of Iko Iko")).to_have_value("C")


async def test_a_word_that_has_not_gone_out_is_taken_back_alone(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.write("Venue", "Tipitina's")
    await ada.field("Key of Iko Iko").press_sequentially("#")
    await ada.tab.keyboard.press("Control+z")
    await expect(ada.field("Key of Iko Iko")).to_have_value("F")
    await expect(ada.field("Venue")).to_have_value("Tipitina's")


async def test_letters_that_others_write_while_one_is_composed_stay(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.notes().click()
    await ada.tab.keyboard.press("End")
    keyboard = await ada.context.new_cdp_session(ada.tab)
    await keyboard.send("Input.imeSetComposition", {"text": "ﾄ", "selectionStart": 1, "selectionEnd": 1})
    await ben.notes().click()
    await ben.tab.keyboard.press("Home")
    await ben.tab.keyboard.type("all: ")
    await ben.sees_saved()
    async with hall.server.rest("ada") as rest:
        await ada.tab.wait_for_function("() => document.querySelectorAll('.head .cursor').length > 0")
        await keyboard.send("Input.insertText", {"text": "ト"})
        await expect(ben.notes()).to_have_value("all: doors at 8ト")
        await expect(ada.notes()).to_have_value("all: doors at 8ト")
        stored = (await rest.get(f"/api/contents/{hall.gig.setlist_id}")).json()
    assert stored["fields"]["notes"] == "all: doors at 8ト"
