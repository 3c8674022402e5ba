"""The line breaks, the tab closes, the server restarts: nothing is lost, nothing happens twice."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page, opened
from tests.conftest import make_gig
from tests.support.proxy import proxy
from tests.support.serving import serving, settings_for, sqlite_url

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def stored(hall: Hall) -> tuple[dict[str, object], int]:
    """The setlist's fields as the server has them, and its version."""
    async with hall.server.rest("ada") as rest:
        document = (await rest.get(f"/api/contents/{hall.gig.setlist_id}")).json()
    return document["fields"], document["version"]


async def is_kept_on_the_device(page: Page) -> None:
    """The service worker has the page, so that it opens without a network."""
    await page.tab.evaluate("navigator.serviceWorker.ready")
    await page.tab.wait_for_function("navigator.serviceWorker.controller !== null")


async def test_edits_made_offline_survive_a_closed_tab_and_are_sent_once(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await is_kept_on_the_device(ada)
    await ada.cut_line()
    await ada.sees_saving("offline", r"^\s*Offline\s*$")
    await ada.notes().click()
    await ada.tab.keyboard.press("End")
    await ada.tab.keyboard.type(", sharp")
    await ada.write("Key of Iko Iko", "G")
    await ada.button("Remove Break").click()
    await ada.sees_saving("offline", "3 edits waiting")
    await ben.notes().click()
    await ben.tab.keyboard.press("Home")
    await ben.tab.keyboard.type("All: ")
    await ben.sees_saved()
    assert (await stored(hall))[0]["notes"] == "All: doors at 8"

    await ada.reopen()
    await ada.open_setlist("Friday")
    await expect(ada.notes()).to_have_value("doors at 8, sharp")
    await ada.sees_titles(["Iko Iko", "When the Saints"])
    await ada.sees_saving("offline", "3 edits waiting")

    _, before = await stored(hall)
    await ada.mend_line()
    await ada.sees_saved()
    for page in (ada, ben):
        await expect(page.notes()).to_have_value("All: doors at 8, sharp")
        await page.sees_titles(["Iko Iko", "When the Saints"])
        await expect(page.field("Key of Iko Iko")).to_have_value("G")
    fields, version = await stored(hall)
    assert fields["notes"] == "All: doors at 8, sharp"
    assert version == before + 3
    await ada.reopen()
    await ada.open_setlist("Friday")
    await ada.sees_saved()
    assert (await stored(hall))[1] == version


async def test_a_second_tab_sends_what_a_closed_one_left(hall: Hall) -> None:
    ada = await hall.page("ada")
    await is_kept_on_the_device(ada)
    await ada.cut_line()
    await ada.write("Venue", "Tipitina's")
    await ada.sees_saving("offline", "1 edit waiting")
    await ada.tab.close()
    await ada.mend_line()
    ada.tab = await ada.context.new_page()
    await ada.go()
    await ada.open_setlist("Friday")
    await ada.sees_saved()
    assert (await stored(hall))[0]["venue"] == "Tipitina's"


async def test_what_two_closed_tabs_left_is_sent_by_a_third(hall: Hall) -> None:
    ada = await hall.page("ada")
    await is_kept_on_the_device(ada)
    other = await ada.context.new_page()
    await other.goto(ada.link)
    await other.get_by_role("region", name="Setlists").get_by_role("link", name="Friday").click()
    await expect(other.get_by_label("Key of Iko Iko")).to_have_value("F")
    await ada.cut_line()
    await ada.write("Venue", "Tipitina's")
    await other.get_by_label("Key of Iko Iko").fill("G")
    await other.get_by_label("Key of Iko Iko").press("Enter")
    await expect(other.locator("[data-pending='1']")).to_be_visible()
    await ada.sees_saving("offline", "1 edit waiting")
    await other.close()
    await ada.tab.close()
    await ada.mend_line()
    ada.tab = await ada.context.new_page()
    await ada.go()
    await ada.open_setlist("Friday")
    await expect(ada.field("Venue")).to_have_value("Tipitina's")
    await expect(ada.field("Key of Iko Iko")).to_have_value("G")
    await ada.sees_saved()
    fields, version = await stored(hall)
    assert (fields["venue"], version) == ("Tipitina's", 2)


async def test_a_word_that_is_not_finished_when_the_tab_goes_is_kept(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    await ada.field("Key of Iko Iko").fill("G")
    await ada.tab.goto("about:blank")
    # Whether the last message still left is the browser's business; if not, the device has it for the next time.
    ada.tab = await ada.context.new_page()
    await ada.go()
    await ada.open_setlist("Friday")
    await expect(ben.field("Key of Iko Iko")).to_have_value("G")


async def test_a_restart_of_the_server_costs_nothing(hall: Hall) -> None:
    ada, ben = await asyncio.gather(hall.page("ada"), hall.page("ben"))
    ada.is_line_bad = ben.is_line_bad = True
    async with hall.stopped():
        await ada.sees_saving("offline", "Offline")
        await ada.notes().click()
        await ada.tab.keyboard.press("End")
        await ada.tab.keyboard.type(", sharp")
        await ben.write("Key of Iko Iko", "G")
        await ada.sees_saving("offline", "1 edit waiting")
        await ben.sees_saving("offline", "1 edit waiting")
    for page in (ada, ben):
        await page.sees_saved()
        await expect(page.notes()).to_have_value("doors at 8, sharp")
        await expect(page.field("Key of Iko Iko")).to_have_value("G")
    assert (await stored(hall))[1] == 2


async def test_saved_is_never_said_of_what_the_server_has_not_confirmed(hall: Hall) -> None:
    ada = await hall.page("ada")
    # The line is there, but the answer does not come: the one thread that writes stands still.
    writer = hall.server.engine._writer  # noqa: SLF001  # nothing outside can make a database slow
    release = threading.Event()
    holding = writer.run(lambda _: release.wait())
    try:
        await ada.write("Key of Iko Iko", "G")
        await ada.sees_saving("saving", "Saving…")
    finally:
        release.set()
    await holding
    await ada.sees_saved()
    assert (await stored(hall))[1] == 1


async def test_a_server_that_goes_silent_is_noticed_and_gets_what_was_edited(
    browser: Browser, empty_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(empty_sqlite, tmp_path / "collab.db")
    settings = settings_for(sqlite_url(tmp_path / "collab.db"), ping_interval_s=1, ping_timeout_s=1)
    async with serving(settings) as server, proxy(server.url) as line:
        gig = await make_gig(server)
        link = f"{line.url}/#token={server.token('ben')}"
        async with opened(browser, link, is_phone=True, scheme="light") as ben:
            ben.is_line_bad = True
            await ben.open_setlist("Friday")
            line.freeze()
            await ben.write("Key of Iko Iko", "G")
            await ben.sees_saving("offline", "1 edit waiting")
            line.thaw()
            await ben.sees_saved()
        async with server.rest("ada") as rest:
            history = (await rest.get(f"/api/contents/{gig.setlist_id}/edits")).json()
        assert [edit["ops"] for edit in history["edits"]] == [
            [{"op": "set", "item": "iko", "field": "key", "value": "G"}]
        ]
