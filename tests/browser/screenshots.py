"""`uv run poe screenshots`: the README's pictures, taken from the real page."""

import asyncio

from playwright.async_api import expect

from tests.browser.demo_pages import demo_pages
from tests.browser.pages import Page
from tests.web.node import WEB

FOLDER = WEB / "screenshots"


async def settled(page: Page) -> None:
    """The page has heard what the others did, and nothing on it is half faded."""
    await page.tab.wait_for_timeout(250)
    # The names at cursors go after a while on purpose, and are wanted in the picture.
    await page.tab.evaluate(
        """Promise.all(
          document.getAnimations().filter((one) => one.animationName !== "cursor-name").map((one) => one.finished)
        ).then(() => undefined)"""
    )


async def take() -> None:
    FOLDER.mkdir(exist_ok=True)
    async with demo_pages() as open_page:
        ada, ben, cleo = [
            await open_page("ada"),
            await open_page("ben", is_phone=True, scheme="dark"),
            await open_page("cleo"),
        ]
        await ada.tab.set_viewport_size({"width": 1120, "height": 720})
        await ben.button("Notes and details of St. James Infirmary").click()
        await ben.notes("St. James Infirmary").press_sequentially("Ben starts alone, then everybody")
        await cleo.field("Key of Panama").fill("Ab")
        await ada.notes().click()
        await ada.tab.keyboard.press("End")
        await ada.tab.keyboard.type(" Lights off at ten.")
        await ben.sees_saved()
        await expect(ada.tab.locator(".row-names")).to_have_count(2)
        await expect(ada.tab.locator(".toast")).to_have_count(0, timeout=10_000)
        await ben.notes("St. James Infirmary").press("ArrowLeft")
        await settled(ada)
        await ada.tab.screenshot(path=FOLDER / "editing.png")
        await ben.tab.evaluate("scrollTo(0, 260)")
        await settled(ben)
        await ben.tab.screenshot(path=FOLDER / "phone.png")
        await ada.button("Stage").click()
        await ada.button("Lead").click()
        for _ in range(2):
            await ada.tab.keyboard.press("PageDown")
        await expect(ada.tab.locator(".stage h1")).to_have_text("St. James Infirmary")
        await ada.tab.evaluate("document.activeElement.blur()")
        await settled(ada)
        await ada.tab.screenshot(path=FOLDER / "stage.png")
        await ben.button("Stage").click()
        await ben.button("Following Ada").click()
        for _ in range(3):
            await ben.tab.keyboard.press("ArrowRight")
        await expect(ben.tab.locator(".stage h1")).to_have_text("Down by the Riverside")
        await ben.tab.locator("summary").click()
        await ben.field("Instrument").select_option("Bb")
        await ben.tab.locator("summary").click()
        await expect(ben.tab.locator(".toast")).to_have_count(0, timeout=10_000)
        await settled(ben)
        await ben.tab.screenshot(path=FOLDER / "chart.png")


if __name__ == "__main__":
    asyncio.run(take())
