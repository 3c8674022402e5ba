"""A real Chromium, a real server, and band members at their pages. All share one event loop: a browser starts once."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.pages import Page, opened
from tests.conftest import Gig, make_gig
from tests.support.serving import RunningEngine, serving, settings_for, sqlite_url

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """The browser to test with: `COLLAB_CHROMIUM`, else what is installed."""
    # The first has no windows and takes half the CPU.
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("COLLAB_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium() is None:
        reason = "no Chromium found: install one or name it in COLLAB_CHROMIUM"
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = chromium()
    assert executable, "expected a Chromium: install one or name it in COLLAB_CHROMIUM"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        await browser.close()


class Hall:
    """A server with a band, and the pages of its members."""

    def __init__(
        self, browser: Browser, server: RunningEngine, gig: Gig, stack: AsyncExitStack, database_url: str
    ) -> None:
        self.browser = browser
        self.server = server
        self.gig = gig
        self._stack = stack
        self._database_url = database_url

    @property
    def port(self) -> int:
        return int(self.server.url.rsplit(":", 1)[1])

    def link(self, user_id: str) -> str:
        return f"{self.server.url}/#token={self.server.token(user_id)}"

    async def page(self, user_id: str, *, is_phone: bool = False, scheme: str = "light", at: str = "setlist") -> Page:
        """A page of its own browser profile, at the setlist unless `at` says the band."""
        page = await self._stack.enter_async_context(
            opened(self.browser, self.link(user_id), is_phone=is_phone, scheme=scheme)
        )
        if at == "setlist":
            await page.open_setlist("Friday")
        return page

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """The server is down for the length of the block, and then back on its database and port."""
        port = self.port
        await self._server_stack.aclose()
        yield
        self.server = await self._server_stack.enter_async_context(serving(settings_for(self._database_url), port=port))

    _server_stack: AsyncExitStack


@pytest_asyncio.fixture(loop_scope="session")
async def hall(browser: Browser, empty_sqlite: Path, tmp_path: Path) -> AsyncIterator[Hall]:
    file = tmp_path / "collab.db"
    shutil.copy(empty_sqlite, file)
    database_url = sqlite_url(file)
    async with AsyncExitStack() as server_stack:
        server = await server_stack.enter_async_context(serving(settings_for(database_url)))
        async with AsyncExitStack() as pages:
            hall = Hall(browser, server, await make_gig(server), pages, database_url)
            hall._server_stack = server_stack  # noqa: SLF001  # the fixture and its class are one
            yield hall
