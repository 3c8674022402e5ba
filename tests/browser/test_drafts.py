"""What somebody typed is never gone without a word: they are told what it was, and get it back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Hall
from tests.browser.pages import Page
from tests.support.members import member

pytestmark = pytest.mark.asyncio(loop_scope="session")

Loss = Callable[[Hall], Awaitable[None]]

PAUSE_MS = 700
"""A little longer than the pause after which a value goes out."""


async def hold_clock(page: Page) -> None:
    """Lets the page's time stand still, so that no draft goes out by itself."""
    await page.tab.clock.install()
    await page.tab.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))


async def archived(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        (await rest.delete(f"/api/contents/{hall.gig.setlist_id}")).raise_for_status()


async def taken_out(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        (await rest.delete(f"/api/bands/{hall.gig.band_id}/members/ben")).raise_for_status()


async def made_a_viewer(hall: Hall) -> None:
    async with hall.server.rest("ada") as rest:
        path = f"/api/bands/{hall.gig.band_id}/members/ben"
        (await rest.put(path, json={"role": "viewer"})).raise_for_status()


async def test_a_row_that_goes_while_somebody_types_in_it_comes_back_with_what_they_typed(hall: Hall) -> None:
    ada = await hall.page("ada")
    await hold_clock(ada)
    await ada.field("Key of Iko Iko").fill("Bb")
    async with member(hall.server, "ben") as ben:
        await ben.edit(hall.gig.setlist_id, 0, {"op": "remove", "item": "iko"})
    toast = ada.toast("“Iko Iko” was taken out while you were changing it. What you wrote: Bb")
    await expect(toast).to_be_visible()
    await ada.sees_titles(["Break", "When the Saints"])
    await toast.get_by_role("button", name="Put it back").click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ada.field("Key of Iko Iko")).to_have_value("Bb")
    await ada.sees_saved()


async def test_a_half_typed_value_that_goes_with_its_row_is_told(hall: Hall) -> None:
    ada = await hall.page("ada")
    await hold_clock(ada)
    await ada.field("Length of Iko Iko").fill("4 minutes or so")
    async with member(hall.server, "ben") as ben:
        await ben.edit(hall.gig.setlist_id, 0, {"op": "remove", "item": "iko"})
    await expect(ada.toast("“4 minutes or so” is no length")).to_be_visible()


@pytest.mark.parametrize("lose", [archived, taken_out, made_a_viewer])
async def test_who_may_not_edit_any_more_is_told_what_they_had_typed(hall: Hall, lose: Loss) -> None:
    ben = await hall.page("ben")
    await ben.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await hold_clock(ben)
    await ben.field("Key of Iko Iko").fill("Bb")
    await lose(hall)
    if lose is taken_out:
        await expect(ben.tab.get_by_role("heading", name="Name your band")).to_be_visible()
    elif lose is made_a_viewer:
        await expect(ben.field("Key of Iko Iko")).to_have_attribute("readonly", "")
    await ben.tab.clock.run_for(PAUSE_MS)
    toast = ben.toast("This can no longer be changed. What you wrote: Bb")
    await expect(toast).to_be_visible()
    await toast.get_by_role("button", name="Copy it").click()
    assert await ben.tab.evaluate("navigator.clipboard.readText()") == "Bb"


@pytest.mark.parametrize("lose", [archived, taken_out, made_a_viewer])
async def test_so_is_who_edited_without_a_line_meanwhile(hall: Hall, lose: Loss) -> None:
    ben = await hall.page("ben")
    await ben.cut_line()
    await ben.write("Venue", "Tipitina's")
    await ben.write("Key of Iko Iko", "Bb")
    await ben.sees_saving("offline", "2 edits waiting")
    await lose(hall)
    await ben.mend_line()
    toasts = ben.tab.locator(".toast", has_text="This can no longer be changed")
    await expect(toasts.first).to_be_visible()
    await asyncio.gather(*(expect(ben.toast(words)).to_be_visible() for words in ("Tipitina's", "Bb")))


async def test_what_is_being_composed_in_a_row_that_goes_comes_back_too(hall: Hall) -> None:
    ada = await hall.page("ada")
    await ada.button("Notes and details of Iko Iko").click()
    await ada.notes("Iko Iko").click()
    keyboard = await ada.context.new_cdp_session(ada.tab)
    await keyboard.send("Input.imeSetComposition", {"text": "ﾄﾗ", "selectionStart": 2, "selectionEnd": 2})
    async with member(hall.server, "ben") as ben:
        await ben.edit(hall.gig.setlist_id, 0, {"op": "remove", "item": "iko"})
    toast = ada.toast("“Iko Iko” was taken out while you were changing it. What you wrote: ﾄﾗ")
    await toast.get_by_role("button", name="Put it back").click()
    await ada.sees_titles(["Iko Iko", "Break", "When the Saints"])
    await expect(ada.notes("Iko Iko")).to_have_value("ﾄﾗ")
