"""The parts of the page, as another front end builds them in: the gallery that shows each in its states."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.pages import PHONE, Page
from tests.browser.test_page import is_accessible
from tests.javascript import NODE
from tests.web.node import WEB

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESS = "http://gallery.test/"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery, built."""
    made = tmp_path_factory.mktemp("gallery")
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    build = [str(NODE), str(vite), "build", "--logLevel", "error", "--outDir", str(made)]
    subprocess.run(build, cwd=WEB / "examples" / "gallery", check=True)
    return made


async def test_each_part_works_beside_no_server_and_takes_a_host_s_colours(browser: Browser, gallery: Path) -> None:
    context = await browser.new_context(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]  # a TypedDict

    async def serve(route: Route) -> None:
        await route.fulfill(path=gallery / (urlsplit(route.request.url).path.strip("/") or "index.html"))

    await context.route("**/*", serve)
    page = Page(context, await context.new_page(), ADDRESS)
    await page.go()
    await page.field("Notes").press("End")
    await page.tab.keyboard.type("!")
    await expect(page.field("Notes, to read")).to_have_value("doors at 8!")
    await expect(page.tab.locator(".cursor")).to_have_count(2)
    await page.field("Venue").press("Home")
    await page.tab.keyboard.type("The ")
    await expect(page.field("Venue")).to_have_value("The Blue Nile")
    await page.write("Length", "426")
    await expect(page.field("Length")).to_have_value("4:26")
    await page.write("Key", "loud")
    await expect(page.field("Key")).to_have_attribute("aria-invalid", "true")
    await page.button("One with a way back").click()
    await expect(page.toast("Ben changed the key").get_by_role("button", name="Take mine")).to_be_visible()
    own = page.button("A host's own colours")
    before = await own.evaluate("button => getComputedStyle(button).backgroundColor")
    await is_accessible(page)
    await own.click()
    assert await own.evaluate("button => getComputedStyle(button).backgroundColor") != before
    await is_accessible(page)
    await page.button("With somebody who leads").click()
    await expect(page.tab.get_by_role("heading", name="When the Saints")).to_be_visible()
    await expect(page.button("Following Ben Okafor")).to_be_visible()
    await page.tab.keyboard.press("Escape")
    await page.button("Without a line").click()
    await expect(page.tab.get_by_text("Offline")).to_be_visible()
    await is_accessible(page)
    await context.close()
    assert page.faults == []
