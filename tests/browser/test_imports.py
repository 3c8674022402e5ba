"""Songs come in from files and from what is pasted, on a desk and on a phone."""

import asyncio

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_page import fits, is_accessible

pytestmark = pytest.mark.asyncio(loop_scope="session")

OURS = [
    {"title": "Iko Iko", "artist": "The Dixie Cups", "key": "F", "chart": "[F]Hey now\n[C]Hey now"},
    {"title": "Panama", "key": "Ab"},
    {"title": "Stay"},
]
CSV = """title,artist,key,tempo,chart,shoe
Iko Iko,The Dixie Cups,G,176,"[F]Hey now\n[G]Iko iko",42
Panama,,Bb,,,
Stay,Jackson Browne,,,,
Tiger Rag,,Bb,TBD,,
,,F,,,
"""


async def at_the_repertoire(hall: Hall, user_id: str, *, is_phone: bool = False) -> Page:
    page = await hall.page(user_id, is_phone=is_phone, at="band")
    await page.tab.get_by_role("main").get_by_role("link", name="Repertoire").click()
    await expect(page.tab.locator(".row").first).to_be_visible()
    return page


async def with_songs(hall: Hall) -> str:
    async with hall.server.rest("ada") as rest:
        items = [{"type": "song", "fields": fields} for fields in OURS]
        body = {"kind": "repertoire", "title": "Repertoire", "document": {"items": items}}
        return str(
            (await rest.post(f"/api/bands/{hall.gig.band_id}/contents", json=body)).raise_for_status().json()["id"]
        )


async def choose(page: Page, files: dict[str, str]) -> None:
    payloads: list[FilePayload] = [
        {"name": name, "mimeType": "application/octet-stream", "buffer": body.encode()} for name, body in files.items()
    ]
    await page.tab.get_by_label("Files").set_input_files(payloads)


async def test_a_file_is_shown_before_it_comes_in_and_each_song_has_a_choice(hall: Hall) -> None:
    await with_songs(hall)
    ada, ben = await asyncio.gather(at_the_repertoire(hall, "ada"), at_the_repertoire(hall, "ben", is_phone=True))
    await ada.button("Import").click()
    await choose(ada, {"songs.csv": CSV})
    dialog = ada.tab.get_by_role("dialog", name="songs.csv")
    await expect(dialog.get_by_role("alert")).to_have_text("4 songs found, 1 line lost.")
    await expect(dialog).to_contain_text("'TBD'")
    await expect(dialog).to_contain_text("columns that no song has were left out: 'shoe'")
    changed = dialog.get_by_role("region", name="Changed").locator(".import-songs > li")
    await expect(changed.nth(0)).to_contain_text("Key F → G")
    await expect(changed.nth(0)).to_contain_text("Chart [C]Hey now → [G]Iko iko")
    await expect(changed.nth(1)).to_contain_text("Key Ab → Bb")
    await expect(dialog.get_by_role("region", name="Unsure")).to_contain_text("You have one without an artist.")
    await expect(dialog.get_by_label("What becomes of Stay")).to_have_value("both")
    await dialog.get_by_label("What becomes of Stay").select_option("Take the file's")
    await is_accessible(ada)

    await dialog.get_by_label("What becomes of Iko Iko").select_option("Fill only what is empty")
    await expect(changed.nth(0).locator("b")).to_have_text(["F", "176", "[C]Hey now"])
    await ada.cut_line()
    await dialog.get_by_role("button", name="Import 4 songs").click()
    await expect(dialog.get_by_text("The server can't be reached.")).to_be_visible()
    await ada.mend_line()
    await dialog.get_by_role("button", name="Import 4 songs").click()
    await expect(ada.tab.get_by_role("dialog", name="Imported")).to_contain_text("1 added, 3 changed.")
    await ada.tab.keyboard.press("Escape")
    for page in (ada, ben):
        await page.sees_titles(["Iko Iko", "Panama", "Stay", "Tiger Rag"])
        await expect(page.field("Key of Iko Iko")).to_have_value("F")
        await expect(page.field("Tempo of Iko Iko")).to_have_value("176")
        await expect(page.field("Key of Panama")).to_have_value("Bb")


async def test_on_a_phone_a_list_is_pasted_files_come_together_and_no_song_of_a_pdf_is_promised(hall: Hall) -> None:
    await with_songs(hall)
    ben, dex = await asyncio.gather(
        at_the_repertoire(hall, "ben", is_phone=True), at_the_repertoire(hall, "dex", is_phone=True)
    )
    await expect(dex.button("Import")).to_have_count(0)

    await ben.button("Import").click()
    await choose(ben, {"score.pdf": "%PDF-1.7 not a song"})
    await expect(ben.tab.get_by_role("alert")).to_have_text("No song was found in score.pdf.")
    await expect(ben.tab.get_by_role("dialog")).to_contain_text("PDF")
    await expect(ben.tab.get_by_role("button", name="Import 0 songs")).to_have_count(0)
    await fits(ben)

    await ben.button("Another file").click()
    await choose(
        ben, {"air.cho": "{title: Air}\n[G]la", "bourree.cho": "{title: Bourree}\n[Em]la", "Panama.cho": "[F]la"}
    )
    await ben.button("Import 3 songs").click()
    await expect(ben.tab.get_by_role("dialog", name="Imported")).to_contain_text("2 added, 1 changed.")
    await fits(ben)

    await ben.button("Another file").click()
    await ben.field("Or paste songs").fill("1. Tiger Rag - Nick LaRocca\n2. Stay\n")
    await ben.button("Look at it").click()
    await ben.button("Import 2 songs").click()
    await expect(ben.tab.get_by_role("dialog", name="Imported")).to_contain_text("1 added, 1 left as it was.")
    await ben.button("Close").click()
    for page in (ben, dex):
        await page.sees_titles(["Iko Iko", "Panama", "Stay", "Air", "Bourree", "Tiger Rag"])


async def test_a_setlist_that_went_out_comes_back_as_one(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        file = (await rest.get(f"/api/contents/{hall.gig.setlist_id}/export", params={"format": "json"})).text
    ada = await hall.page("ada", at="band")
    await ada.button("Import").click()
    dropped = await ada.tab.evaluate_handle(
        "text => { const data = new DataTransfer(); data.items.add(new File([text], 'Friday.json')); return data; }",
        file,
    )
    await ada.tab.locator(".import-drop").dispatch_event("drop", {"dataTransfer": dropped})
    await ada.button("Make a setlist of 3 entries").click()
    await ada.button("Show it").click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ada.tab.get_by_role("navigation").get_by_role("link", name="Friday")).to_have_count(2)
