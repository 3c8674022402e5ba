"""From the first link to five phones that edit one setlist; and whoever is to stay outside."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from collab.protocol.ids import new_id
from collab.services.door.door import first_link_of
from collab.services.stores import UNLIMITED
from collab.storage.database import Database
from collab.storage.door import StoredDoor
from tests.browser.pages import Page, opened
from tests.browser.test_shared_device import KEPT
from tests.support.clock import ManualClock
from tests.support.serving import RunningEngine, serving, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="session")

Come = Callable[[str], Awaitable[Page]]


async def first_secret(database_url: str) -> str:
    database = Database.at(database_url)
    store = StoredDoor(database.reading, database.writer, UNLIMITED)
    secret = await first_link_of(store, new_id, ManualClock().now())
    await database.writer.close()
    await database.reading.dispose()
    assert secret
    return secret


class House:
    """A server with a door, and browsers of people who come to it; each has a profile of its own."""

    def __init__(self, browser: Browser, server: RunningEngine, first: str, stack: AsyncExitStack) -> None:
        self.server = server
        self.first = f"{server.url}/#join={first}"
        self._browser = browser
        self._stack = stack

    async def phone(self, link: str) -> Page:
        return await self._stack.enter_async_context(opened(self._browser, link, is_phone=True, scheme="light"))

    async def member(self, link: str, name: str) -> Page:
        page = await self.phone(link)
        await come_in(page, name)
        return page

    async def founder(self) -> Page:
        ada = await self.member(self.first, "Ada")
        await ada.field("The band's name").fill("Blue Nile")
        await ada.button("Begin").click()
        await expect(ada.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()
        return ada


async def come_in(page: Page, name: str) -> None:
    await page.field("Your name").fill(name)
    await page.button("Come in").click()


async def invites(owner: Page, *, role: str = "Edits", how_many: str = "up to 5 people") -> str:
    await owner.button("People").click()
    await owner.field("What they may do").select_option(role)
    await owner.field("How many").select_option(how_many)
    await owner.button("Make a link").click()
    link = await owner.tab.locator(".people-url").inner_text()
    await expect(owner.tab.get_by_role("img", name="The link as a QR code")).to_be_visible()
    await owner.button("Done").click()
    await owner.button("Close").click()
    return link


@pytest_asyncio.fixture(loop_scope="session")
async def house(browser: Browser, sqlite_database_url: str) -> AsyncIterator[House]:
    first = await first_secret(sqlite_database_url)
    async with (
        serving(settings_for(sqlite_database_url, sign_in="invitations")) as server,
        AsyncExitStack() as stack,
    ):
        yield House(browser, server, first, stack)


async def test_five_members_come_in_and_edit_one_setlist(house: House) -> None:
    ada = await house.founder()
    link = await invites(ada)
    others = [await house.member(link, name) for name in ("Ben", "Cleo", "Dex", "Eli")]
    await ada.button("New setlist").last.click()
    await ada.sees_saved()
    for other in others:
        await expect(other.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()
        await other.tab.get_by_role("region", name="Setlists").get_by_role("link", name="New setlist").click()
    for number, page in enumerate((ada, *others)):
        await page.write("Venue", f"Venue {number}")
        await page.sees_saved()
    for page in (ada, *others):
        await expect(page.field("Venue")).to_have_value("Venue 4")

    # The next day: nobody needs a link any more, nor has any address a secret in it.
    await others[0].tab.goto(f"{house.server.url}/")
    await expect(others[0].tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()
    assert "join" not in others[0].tab.url

    # The link was for so many, and is used up.
    intruder = await house.phone(house.first)
    await expect(intruder.tab.get_by_text("this link was used up")).to_be_visible()
    intruder.faults = [fault for fault in intruder.faults if "404" not in fault]


async def test_an_intruder_gets_in_by_no_link_that_is_none(house: House) -> None:
    ada = await house.founder()
    link = await invites(ada, how_many="one person")
    await ada.button("People").click()
    await ada.button("Take back").click()
    await expect(ada.button("Take back")).to_have_count(0)
    for shown, words in ((link, "this link was taken back"), (f"{house.server.url}/#join=guessed", "no such link")):
        intruder = await house.phone(shown)
        await expect(intruder.tab.get_by_text(words)).to_be_visible()
        # Nor does a link say where to go.
        await intruder.tab.goto(f"{house.server.url}/#join=//evil.example")
        assert intruder.tab.url.startswith(house.server.url)
        intruder.faults = [fault for fault in intruder.faults if "404" not in fault]


async def test_who_signs_out_leaves_nothing_and_the_next_one_sees_nothing(house: House) -> None:
    ada = await house.founder()
    link = await invites(ada)
    ben = await house.member(link, "Ben")
    await expect(ben.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()
    await ben.button("Sign out").click()
    await expect(ben.tab.get_by_role("heading", name="Open your link")).to_be_visible()
    assert await ben.tab.evaluate(KEPT) == []
    assert await ben.context.cookies() == []

    # Cleo, on Ben's phone.
    ben.link = link
    await ben.reopen()
    await come_in(ben, "Cleo")
    await expect(ben.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()
    kept = json.dumps(await ben.tab.evaluate("Object.values(localStorage)"))
    assert "Cleo" in kept
    assert "Ben" not in kept


async def test_a_second_device_comes_in_by_a_link_and_is_signed_out_from_the_first(house: House) -> None:
    ada = await house.founder()
    await ada.button("People").click()
    await ada.button("My other device").click()
    laptop = await house.phone(await ada.tab.locator(".people-url").inner_text())
    await expect(laptop.tab.get_by_text("You come in as Ada.")).to_be_visible()
    await laptop.button("Come in").click()
    await expect(laptop.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()

    await ada.button("Done").click()
    await ada.tab.get_by_role("region", name="Your devices").get_by_role("button", name="Sign out").click()
    await expect(ada.tab.get_by_role("region", name="Your devices").get_by_role("listitem")).to_have_count(1)
    await laptop.tab.reload()
    await expect(laptop.tab.get_by_role("heading", name="You are signed out here")).to_be_visible()
    laptop.faults = [fault for fault in laptop.faults if "401" not in fault]


async def test_members_are_demoted_and_leave_and_the_last_owner_stays(house: House) -> None:
    ada = await house.founder()
    ben = await house.member(await invites(ada, how_many="one person"), "Ben")
    await expect(ben.button("New setlist").last).to_be_visible()
    await ada.button("People").click()
    async with ada.tab.expect_download() as saved:
        await ada.button("Download what is mine").click()
    mine = json.loads((await (await saved.value).path()).read_text())
    assert (mine["user"]["name"], [entry["role"] for entry in mine["bands"]]) == ("Ada", ["owner"])
    await ada.field("What Ben may do").select_option("Reads")
    await expect(
        ben.toast("From now on you read it, and nothing that you change is stored: Blue Nile.")
    ).to_be_visible()
    await expect(ben.button("New setlist")).to_have_count(0)
    await ada.button("Leave the band").click()
    await ada.button("Yes: Leave the band").click()
    await expect(ada.toast("expected the band to keep an owner")).to_be_visible()
    ada.faults = [fault for fault in ada.faults if "409" not in fault]
    await ada.button("Take Ben out").click()
    await ada.button("Yes: Take Ben out").click()
    await expect(ben.toast("You are not in Blue Nile any more.")).to_be_visible()
    await expect(ben.tab.get_by_role("heading", name="Name your band")).to_be_visible()


async def test_a_second_band_is_made_renamed_archived_and_left_for_the_first_on_a_phone(house: House) -> None:
    ada = await house.founder()
    await ada.button("Blue Nile").click()
    await ada.field("The new band's name").fill("Red Nile")
    await ada.button("Begin").dblclick()
    await expect(ada.tab.get_by_role("heading", name="Red Nile", exact=True)).to_be_visible()
    await ada.button("Red Nile").click()
    dialog = ada.tab.get_by_role("dialog", name="Your bands")
    await expect(dialog.get_by_role("link")).to_have_text(["Blue Nile", "Red Nile"])
    await ada.field("Its name").fill("White Nile")
    await ada.button("Rename").click()
    await expect(dialog.get_by_role("link")).to_have_text(["Blue Nile", "White Nile"])
    await ada.button("Close").click()

    # The next day: the one that was open last.
    await ada.tab.goto(f"{house.server.url}/")
    await expect(ada.tab.get_by_role("heading", name="White Nile", exact=True)).to_be_visible()
    await ada.button("White Nile").click()
    await ada.button("Archive the band").click()
    await expect(dialog.get_by_role("region", name="Archived bands").get_by_role("link")).to_have_text(["White Nile"])
    await dialog.get_by_role("link", name="Blue Nile").click()
    await expect(ada.tab.get_by_role("heading", name="Blue Nile", exact=True)).to_be_visible()

    # Nothing of an archived one is gone.
    await ada.button("Blue Nile").click()
    await dialog.get_by_role("link", name="White Nile").click()
    await ada.button("White Nile").click()
    await ada.button("Bring the band back").click()
    await expect(dialog.get_by_role("region", name="Archived bands")).to_have_count(0)
