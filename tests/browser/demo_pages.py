"""The demo's band at its pages, for what is made from the real page: screenshots and measurements."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from collab import demo
from collab.storage.migrate import migrate
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.pages import Page, opened
from tests.support.serving import RunningEngine, serving, settings_for, sqlite_url

Open = Callable[..., Awaitable[Page]]


@asynccontextmanager
async def demo_pages() -> AsyncIterator[Open]:
    """Yields a function that opens a page of a member of the demo's band, at its setlist."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = sqlite_url(folder / "collab.db")
        await asyncio.to_thread(migrate, url)
        server: RunningEngine = await stack.enter_async_context(serving(settings_for(url)))
        await demo.seed(server.engine)
        playwright = await stack.enter_async_context(async_playwright())
        browser: Browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        names = {user.id: user.name for user, _ in demo.MEMBERS}

        async def open_page(user_id: str, *, is_phone: bool = False, scheme: str = "light") -> Page:
            link = f"{server.url}/#token={server.token(user_id, name=names[user_id])}"
            page = await stack.enter_async_context(opened(browser, link, is_phone=is_phone, scheme=scheme))
            await page.open_setlist("Friday")
            return page

        yield open_page
