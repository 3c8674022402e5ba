"""Members edit one setlist at once."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.test_reorder import center

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_three_members_write_in_one_text_at_once_and_agree(hall: Hall) -> None:
    pages = await asyncio.gather(hall.page("ada"), hall.page("ben"), hall.page("ada"))
    words = ["trumpet ", "sousa 🎺 ", "encore "]

    async def write(index: int) -> None:
        page, keyboard = pages[index], pages[index].tab.keyboard
        await page.notes().click()
        await keyboard.press(["Home", "End", "ArrowRight"][index])
        await keyboard.type(words[index], delay=8)

    await asyncio.gather(*map(write, range(3)))
    written = "doors at 8" + "".join(words)
    for page in pages:
        await page.sees_saved()
        await page.tab.wait_for_function(
            "n => [...document.querySelector('.head textarea').value].length === n", arg=len(written)
        )
    text = await pages[0].notes().input_value()
    assert text.startswith("trumpet ")
    assert sorted(text) == sorted(written)
    for page in pages:
        await expect(page.notes()).to_have_value(text)
    async with hall.server.rest("ada") as rest:
        stored = (await rest.get(f"/api/contents/{hall.gig.setlist_id}")).json()
    assert stored["fields"]["notes"] == text


async def test_a_value_is_seen_by_the_others_and_bad_ones_stay_out(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.write("Key of Iko Iko", "f#m")
    await ada.write("Length of Iko Iko", "4:05")
    await expect(ben.field("Key of Iko Iko")).to_have_value("F#m")
    await expect(ben.field("Length of Iko Iko")).to_have_value("4:05")
    await ben.field("Tempo of Iko Iko").fill("9000")
    await expect(ben.field("Tempo of Iko Iko")).to_have_attribute("aria-invalid", "true")
    await ben.field("Tempo of Iko Iko").press("Enter")
    # What is not understood stays to be mended, with who wrote it alone.
    await expect(ben.field("Tempo of Iko Iko")).to_have_value("9000")
    await expect(ada.field("Tempo of Iko Iko")).to_have_value("176")
    await ben.field("Tempo of Iko Iko").press("Escape")
    await expect(ben.field("Tempo of Iko Iko")).to_have_value("176")
    await ben.write("Title", "Saturday")
    await expect(ada.tab.get_by_role("navigation").get_by_role("link", name="Saturday")).to_be_visible()


async def test_a_viewer_sees_everything_and_changes_nothing(hall: Hall) -> None:
    dex = await hall.page("dex")
    await expect(dex.field("Key of Iko Iko")).to_have_attribute("readonly", "")
    await expect(dex.tab.get_by_role("button", name="Remove")).to_have_count(0)
    await expect(dex.field("Add a song")).to_have_count(0)
    await expect(dex.button("Choose Iko Iko")).to_be_disabled()
    await dex.button("Notes and details of Iko Iko").click()
    await expect(dex.field("Artist of Iko Iko")).to_have_attribute("readonly", "")
    await expect(dex.button("Copy to…")).to_have_count(0)


async def test_a_song_comes_from_the_repertoire_by_typing(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        song = {"type": "song", "fields": {"title": "Lil' Liza Jane", "key": "Bb", "tempo": 208, "duration": 210}}
        body = {"kind": "repertoire", "title": "Repertoire", "document": {"items": [song]}}
        (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status()
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.field("Add a song").type("liza")
    await expect(ada.tab.get_by_role("option", name="Lil' Liza Jane")).to_be_visible()
    await ada.tab.keyboard.press("Enter")
    await ada.button("Break").click()
    await ada.field("Add a song").type("A new one")
    await ada.tab.keyboard.press("Enter")
    await ben.sees_titles(["Iko Iko", "Break", "When the Saints", "Lil' Liza Jane", "Break", "A new one"])
    await expect(ben.field("Key of Lil' Liza Jane")).to_have_value("Bb")


async def test_times_and_totals_follow_the_edits(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.field("Start time").fill("20:30")
    await ada.write("Target length", "1:00")
    await expect(ada.tab.locator(".row-at").nth(2)).to_have_text("20:48")
    await expect(ada.tab.locator(".total p")).to_have_text("23 min · 37 min to fill · ends 20:52")
    await ada.write("Length of When the Saints", "50:00")
    await expect(ada.tab.locator(".total p")).to_have_text("1 h 09 · 9 min over · ends 21:38")
    await expect(ada.tab.locator(".set-end")).to_have_text(["Set 1 · 3:45", "Set 2 · 50:00"])


async def test_undo_and_redo_by_button_and_by_key(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.button("Remove Iko Iko").click()
    await ben.sees_titles(["Break", "When the Saints"])
    await ada.button("Undo").click()
    await ben.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await ada.notes().click()
    await ada.tab.keyboard.press("End")
    await ada.tab.keyboard.type(" sharp")
    await expect(ben.notes()).to_have_value("doors at 8 sharp")
    await ada.tab.keyboard.press("Control+z")
    await expect(ben.notes()).to_have_value("doors at 8")
    await ada.button("Redo").click()
    await expect(ben.notes()).to_have_value("doors at 8 sharp")
    await expect(ada.button("Redo")).to_be_disabled()


async def test_two_who_write_in_one_title_at_once_both_have_their_words_in_it(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben", is_phone=True))
    await asyncio.gather(ada.field("Title").press("Home"), ben.field("Title").press("End"))
    await expect(ada.tab.locator(".head .cursor")).to_have_attribute("data-user", "ben")
    await asyncio.gather(
        ada.tab.keyboard.type("Black ", delay=20), ben.tab.keyboard.type(" in the Blue Nile, 🎷", delay=20)
    )
    for page in (ada, ben):
        await expect(page.field("Title")).to_have_value("Black Friday in the Blue Nile, 🎷")
    # Where they are is told with what they write.
    x, y = await center(ada.tab.locator(".head .cursor"))
    title = await ada.field("Title").bounding_box()
    assert title
    assert title["x"] + 200 < x < title["x"] + title["width"]
    assert title["y"] < y < title["y"] + title["height"]
    await ada.tab.keyboard.press("Control+z")
    await expect(ben.field("Title")).to_have_value("Friday in the Blue Nile, 🎷")
    await ada.button("History").click()
    changes = ada.tab.get_by_role("list", name="Changes, the newest first").get_by_role("button")
    await expect(changes.first).to_contain_text("took back: wrote in the title")
    await expect(changes.filter(has_text="took back")).to_have_count(1)
    await expect(changes.filter(has_text="wrote the title: “Black Friday in the Blue Nile, 🎷”")).to_have_count(1)


async def test_both_sides_of_a_conflict_are_told_and_have_both_ways_on_a_phone(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada", is_phone=True), hall.page("ben", is_phone=True))
    for page in (ada, ben):
        await page.tab.set_viewport_size({"width": 320, "height": 640})
    long = "Iko Iko, as on the record of 1965 by the Dixie Cups, but slower"
    await ada.write("Title of Iko Iko", long)
    await expect(ben.field(f"Key of {long}")).to_be_visible()
    await ada.cut_line()
    await ada.write(f"Key of {long}", "G")
    await ben.write(f"Key of {long}", "C")
    await ben.sees_saved()
    await ada.mend_line()
    won = ada.toast(f"You changed the key of “{long}” to G; Ben had just set C.")
    lost = ben.toast(f"Ada changed the key of “{long}” to G; you had set C.")
    await won.get_by_role("button", name="Keep mine").tap()
    await expect(won).to_have_count(0)
    for part in (lost, lost.get_by_role("button", name="Keep theirs"), lost.get_by_role("button", name="Take mine")):
        await expect(part).to_be_in_viewport(ratio=1)
    words = await lost.locator("p").bounding_box()
    assert words
    assert words["width"] > 200
    await lost.get_by_role("button", name="Take mine").tap()
    await expect(ada.field(f"Key of {long}")).to_have_value("C")
    await expect(lost).to_have_count(0)


async def test_who_sets_a_value_over_one_that_came_in_under_the_draft_is_told_and_so_is_the_other(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ben.field("Key of Iko Iko").fill("Q")
    await ada.write("Key of Iko Iko", "Eb")
    await ada.write("Venue", "Tipitina's")
    await expect(ben.field("Venue")).to_have_value("Tipitina's")
    await ben.write("Key of Iko Iko", "C")
    await expect(ada.toast("Ben changed the key of “Iko Iko” to C; you had set Eb.")).to_be_visible()
    told = ben.toast("You changed the key of “Iko Iko” to C; Ada had just set Eb.")
    await expect(told).to_be_visible()
    for wrong in ("Q", "I", "J"):
        await ben.write("Key of Iko Iko", wrong)
    await expect(ben.toast("is no key.")).to_have_count(2)
    await told.get_by_role("button", name="Take theirs").click()
    await expect(ada.field("Key of Iko Iko")).to_have_value("Eb")


async def test_an_entry_taken_out_under_ones_hands_can_be_put_back(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.cut_line()
    await ada.write("Key of Iko Iko", "G")
    await ben.button("Remove Iko Iko").click()
    await ben.sees_titles(["Break", "When the Saints"])
    await ada.mend_line()
    notice = ada.toast("“Iko Iko” was taken out while you were changing it.")
    await notice.get_by_role("button", name="Put it back").click()
    await ben.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ben.field("Key of Iko Iko")).to_have_value("G")


async def test_a_copy_of_a_setlist_is_a_setlist_of_its_own(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.more("Duplicate")
    await expect(ada.field("Title")).to_have_value("Friday (copy)")
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await ada.button("Remove Iko Iko").click()
    await ada.tab.get_by_role("navigation").get_by_role("link", name="Friday", exact=True).click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
