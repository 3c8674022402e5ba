"""A member at the page: what they see and do, in words. Every page is watched for errors and outside requests."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Request, expect
from playwright.async_api import Page as BrowserPage

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1200, "height": 900}
TIMEOUT_MS = 8_000

expect.set_options(timeout=TIMEOUT_MS)


_OF_THE_LINE = re.compile(r"net::ERR_|WebSocket connection|An unknown error occurred when fetching the script")
"""What Chromium says of a line that is cut; the last of the service worker, whose script it looks at again."""


class Page:
    """One tab."""

    def __init__(self, context: BrowserContext, tab: BrowserPage, link: str) -> None:
        self.context = context
        self.tab = tab
        self.link = link
        self.faults: list[str] = []
        self.is_line_bad = False
        """Whether the test cuts the line: a browser then says on its console what it could not load."""
        self._watch(tab)

    def _watch(self, tab: BrowserPage) -> None:
        tab.set_default_timeout(TIMEOUT_MS)
        tab.on("console", self._hear)
        tab.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        tab.on("request", self._requested)

    def _hear(self, message: ConsoleMessage) -> None:
        is_of_the_line = self.is_line_bad and _OF_THE_LINE.search(message.text)
        if message.type in ("error", "warning") and not is_of_the_line:
            self.faults.append(f"console {message.type}: {message.text}")

    def _requested(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.link).netloc and not request.url.startswith(
            ("data:", "blob:")
        ):
            self.faults.append(f"outside request: {request.url}")

    async def go(self) -> None:
        await self.tab.goto(self.link)

    async def paste(self, link: str) -> None:
        """Opens another link in this tab, which changes no more than the fragment."""
        await self.tab.goto(link)
        await self.tab.wait_for_url(lambda url: "token" not in url)

    async def open_setlist(self, title: str) -> None:
        await self.tab.get_by_role("region", name="Setlists").get_by_role("link", name=title).click()
        await expect(self.tab.locator(".row").first).to_be_visible()

    async def reopen(self) -> None:
        """Closes the tab and opens the link in another."""
        await self.tab.close()
        self.tab = await self.context.new_page()
        self._watch(self.tab)
        await self.go()

    async def cut_line(self) -> None:
        self.is_line_bad = True
        await self.context.set_offline(True)

    async def mend_line(self) -> None:
        await self.context.set_offline(False)

    def button(self, name: str) -> Locator:
        return self.tab.get_by_role("button", name=name, exact=True)

    async def more(self, name: str) -> None:
        """Chooses what is done seldom, from the menu."""
        await self.button("More").click()
        await self.tab.get_by_role("list", name="More").get_by_role("button", name=name).click()

    def field(self, name: str) -> Locator:
        return self.tab.get_by_label(name, exact=True)

    def notes(self, of: str = "") -> Locator:
        return self.field(f"Notes of {of}" if of else "Notes for the night")

    async def write(self, name: str, value: str) -> None:
        """Gives a field a value, as one does who types it and presses Enter."""
        await self.field(name).fill(value)
        await self.field(name).press("Enter")

    async def titles(self) -> list[str]:
        found: list[str] = await self.tab.locator(".row-title").evaluate_all("fields => fields.map(one => one.value)")
        return found

    async def sees_titles(self, titles: Sequence[str]) -> None:
        await expect(self.tab.locator(".row-title")).to_have_count(len(titles))
        for index, title in enumerate(titles):
            await expect(self.tab.locator(".row-title").nth(index)).to_have_value(title)

    async def sees_saving(self, state: str, words: str) -> None:
        indicator = self.tab.locator("[data-saving]")
        await expect(indicator).to_have_attribute("data-saving", state)
        await expect(indicator).to_have_text(re.compile(words))

    async def sees_saved(self) -> None:
        await self.sees_saving("saved", "Saved")

    def toast(self, words: str) -> Locator:
        return self.tab.get_by_role("status", name="Notices").locator(".toast", has_text=words)

    async def online(self) -> list[str]:
        found: list[str] = await self.tab.locator(".avatar").evaluate_all("all => all.map(one => one.dataset.user)")
        return found


@asynccontextmanager
async def opened(browser: Browser, link: str, *, is_phone: bool, scheme: str) -> AsyncIterator[Page]:
    """A page with a profile of its own; at the end it must have had no fault."""
    context = await browser.new_context(
        viewport=PHONE if is_phone else DESK,  # type: ignore[arg-type]  # a TypedDict of the same keys
        has_touch=is_phone,
        is_mobile=is_phone,
        color_scheme=scheme,  # type: ignore[arg-type]  # a Literal
        locale="en-GB",
    )
    page = Page(context, await context.new_page(), link)
    await page.go()
    try:
        yield page
    finally:
        await context.close()
    assert page.faults == []
