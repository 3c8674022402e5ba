"""How the page comes: what begins connects while the rest is on its way, and the parts that come later may fail to."""

import asyncio
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Hall
from tests.browser.pages import opened
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST_SCREEN = re.compile(r"/assets/show-")
STAGE = re.compile(r"/assets/StageView-")
HISTORY = re.compile(r"/assets/History-.*js")


async def test_the_page_is_let_in_before_its_first_screen_has_come(hall: Hall) -> None:
    async with opened(hall.browser, f"{hall.server.url}/healthz", is_phone=True, scheme="light") as ada:
        come = asyncio.Queue[str]()
        may_come = asyncio.Event()

        def hear(frame: str | bytes) -> None:
            if str(frame).startswith('42["session"'):
                come.put_nowait("session")

        async def hold(route: Route) -> None:
            await may_come.wait()
            await route.continue_()

        ada.tab.on("websocket", lambda socket: socket.on("framereceived", hear))
        ada.tab.on("response", lambda response: come.put_nowait(urlsplit(response.url).path))
        await ada.tab.route(FIRST_SCREEN, hold)
        ada.link = hall.link("ada")
        await ada.go()
        missing = {"session", "/api/me", "/api/kinds"}
        async with asyncio.timeout(30):
            while missing:
                missing.discard(await come.get())
        await expect(ada.tab.get_by_role("heading")).to_have_text("One moment…")
        may_come.set()
        await ada.open_setlist("Friday")
        await ada.sees_saved()


async def test_a_part_of_the_page_that_does_not_come_is_told_and_asked_for_again(hall: Hall) -> None:
    async with opened(hall.browser, f"{hall.server.url}/healthz", is_phone=True, scheme="light") as ada:
        ada.is_line_bad = True
        # As where the page came by http: nothing else fetches what is missing.
        await ada.tab.add_init_script("delete Navigator.prototype.serviceWorker")
        await ada.tab.route(STAGE, lambda route: route.abort())
        ada.link = hall.link("ada")
        await ada.go()
        await ada.open_setlist("Friday")
        await ada.button("Stage").click()
        await expect(ada.toast("has not come")).to_be_visible()
        # Asked for before all others, it does not hold them up.
        come: set[str] = set()
        ada.tab.on("response", lambda response: come.add(response.url))
        await ada.tab.reload()
        await expect(ada.toast("has not come")).to_be_visible()
        await until(lambda: any(map(HISTORY.search, come)))
        await ada.tab.unroute(STAGE)
        await ada.button("Try again").click()
        await expect(ada.tab.get_by_role("heading", name="Iko Iko")).to_be_visible()
