"""The history in the page, versions with names, and what goes out as a file."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.browser.test_page import fits, is_accessible
from tests.support.members import member, set_

pytestmark = pytest.mark.asyncio(loop_scope="session")


def changes_of(page: Page) -> Locator:
    return page.tab.get_by_role("list", name="Changes, the newest first").locator(".change")


async def test_the_history_says_and_shows_who_did_what_and_a_version_has_a_name(hall: Hall) -> None:
    ada = await hall.page("ada", is_phone=True)
    async with member(hall.server, "ben") as ben:
        await ben.ok("join_room", hall.gig.room)
        edit_id = "00000000-0000-4000-8000-000000000001"
        await ben.edit(hall.gig.setlist_id, 0, set_("iko", "key", "G"), edit_id=edit_id)
        await ben.edit(hall.gig.setlist_id, 1, {"op": "move", "item": "saints", "position": "Zz"})
        await ben.edit(hall.gig.setlist_id, 2, {"op": "remove", "item": "rest"})
        undo = {"room_id": hall.gig.room, "edit_id": "00000000-0000-4000-8000-000000000002", "target": edit_id}
        await ben.ok("undo_edit", undo)
    await ada.button("History").click()
    changes = changes_of(ada)
    await expect(changes.nth(0)).to_contain_text("Ben took back: set the key of “Iko Iko” from F to G")
    await expect(changes.nth(1)).to_contain_text("Ben took out “Break”")
    await expect(changes.nth(2)).to_contain_text("Ben moved “When the Saints” from 3 to 1")
    await expect(changes.nth(3)).to_contain_text("Ben set the key of “Iko Iko” from F to G")

    await ada.field("Name it as it is now").fill("As rehearsed")
    await ada.tab.keyboard.press("Enter")
    await expect(changes.nth(0)).to_contain_text("As rehearsed")
    await changes.nth(4).click()
    different = ada.tab.get_by_role("list", name="What is different")
    await expect(different.get_by_role("listitem")).to_have_text(["Iko IkoKey F G"])
    await ada.button("Since then").click()
    since = ["\N{MINUS SIGN} Break from 2 Ben", "↕ When the Saints from 3 to 1 Ben", "Iko IkoKey G F Ben"]
    await expect(different.get_by_role("listitem")).to_have_text(since)
    await ada.tab.get_by_text("All of it, as it was").click()
    then = ada.tab.get_by_role("list", name="The entries then")
    await expect(then.get_by_role("listitem").first).to_have_text("Iko IkoG · 176 · 3:45")
    await fits(ada)
    await is_accessible(ada)

    await ada.button("Bring it back").click()
    await expect(changes.nth(0)).to_contain_text("Ada")
    await ada.button("Close the history").click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ada.field("Key of Iko Iko")).to_have_value("G")


async def test_a_content_goes_out_as_a_file_of_each_sort_also_to_a_viewer(hall: Hall) -> None:
    dex = await hall.page("dex", is_phone=True)
    begins = {"CSV": ("Friday.csv", '"type"'), "ChordPro": ("Friday.cho", "{title: Iko Iko}")}
    others = {"web page": ("Friday.html", "<!doctype html>"), "JSON": ("Friday.json", "{")}
    for label, (name, begin) in {**begins, **others}.items():
        async with dex.tab.expect_download() as downloading:
            await dex.more(f"Save as {label}")
        download = await downloading.value
        assert download.suggested_filename == name
        assert (await download.path()).read_text(encoding="utf-8-sig").lstrip().startswith(begin)
        await expect(dex.toast(f"{name} is saved.")).to_be_visible()
    await dex.button("More").click()
    await is_accessible(dex)
