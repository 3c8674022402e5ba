"""`uv run poe page-speed`: what a large setlist costs the page, in milliseconds of script, beside what it did."""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from playwright.async_api import CDPSession, async_playwright, expect

from collab.client import CollabClient, Content
from collab.domain.access import Role
from collab.domain.bands import Band, User
from collab.domain.ot import positions
from collab.domain.ot.ops import Item
from collab.storage.migrate import migrate
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.pages import Page, opened
from tests.support.serving import RunningEngine, serving, settings_for, sqlite_url

SONGS, KNOWN_SONGS, CHART_LETTERS, TIMES = 300, 2_000, 90_000, 15
ADA, BEN = User("ada", "Ada"), User("ben", "Ben")

FIGURES = {
    "a remote edit": (69.7, 8),
    "a key in notes": (97.6, 8),
    "a drop": (386.8, 40),
    "elements": (5_836, 900),
    "a key in a chart of 90 kB": (56.7, 10),
}
"""Before only the rows on the screen existed, on two cores of a server, and what each may be."""

PLAYED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestIdleCallback(done))))"""


def _songs(count: int, **more: str) -> list[Item]:
    keys = positions.spread(count)
    fields = {"key": "Bb", "tempo": 120, "duration": 240}
    return [
        Item(f"song-{at}", "song", key, {"title": f"Song {at}", **fields, **(more if at == 0 else {})})
        for at, key in enumerate(keys)
    ]


class Stopwatch:
    """How long scripts ran in a page."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self._page = page
        self._devtools = devtools

    @classmethod
    async def of(cls, page: Page) -> "Stopwatch":
        devtools = await page.context.new_cdp_session(page.tab)
        await devtools.send("Performance.enable")
        return cls(page, devtools)

    async def median(self, act: Callable[[int], Awaitable[None]], count: int = TIMES) -> float:
        """The milliseconds of script that `act` takes, with all that follows from it."""
        taken: list[float] = []
        for turn in range(count):
            await self._page.tab.evaluate(PLAYED)
            before = await self._script_s()
            await act(turn)
            await self._page.tab.evaluate(PLAYED)
            taken.append((await self._script_s() - before) * 1_000)
        return statistics.median(taken)

    async def _script_s(self) -> float:
        found = (await self._devtools.send("Performance.getMetrics"))["metrics"]
        return next(float(metric["value"]) for metric in found if metric["name"] == "ScriptDuration")


async def _remote_edits(page: Page, watch: Stopwatch, theirs: Content) -> float:
    async def edit(turn: int) -> None:
        key = "CDEFGAB"[turn % 7]
        theirs.set("song-3", "key", key)
        await expect(page.field("Key of Song 3")).to_have_value(key)

    return await watch.median(edit)


async def _keys(page: Page, watch: Stopwatch, field: str) -> float:
    await page.field(field).click()
    await page.tab.keyboard.press("End")

    async def press(_turn: int) -> None:
        await page.tab.keyboard.press("x")

    found = await watch.median(press)
    await page.sees_saved()
    return found


async def _drops(page: Page, watch: Stopwatch) -> float:
    async def drop(turn: int) -> None:
        grips = page.tab.locator(".grip")
        upper, lower = [await grips.nth(at).bounding_box() for at in (1, 5)]
        assert upper
        assert lower
        start, end = (upper, lower) if turn % 2 == 0 else (lower, upper)
        mouse = page.tab.mouse
        await mouse.move(start["x"] + 8, start["y"] + 16)
        await mouse.down()
        await mouse.move(start["x"] + 8, start["y"] + 30)
        await mouse.move(end["x"] + 8, end["y"] + 18)
        await mouse.up()

    return await watch.median(drop)


@asynccontextmanager
async def _ready() -> AsyncIterator[tuple[Page, Content, Band, dict[str, str]]]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = sqlite_url(folder / "collab.db")
        await asyncio.to_thread(migrate, url)
        server: RunningEngine = await stack.enter_async_context(serving(settings_for(url)))
        band = await server.engine.membership.create_band(ADA, "Blue Nile")
        await server.engine.membership.put_member(ADA, band.id, BEN.id, Role.EDITOR, BEN.name)
        contents = server.engine.contents
        setlist = await contents.create(ADA, band.id, "setlist", "Friday", {"notes": "doors at 8"}, _songs(SONGS))
        chart = "[G]Down by the [D]river\n" * (CHART_LETTERS // 24)
        book = await contents.create(ADA, band.id, "repertoire", "Book", {}, _songs(KNOWN_SONGS, chart=chart))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        stack.push_async_callback(browser.close)
        link = f"{server.url}/#token={server.token('ada')}"
        page = await stack.enter_async_context(opened(browser, link, is_phone=False, scheme="light"))
        await page.open_setlist("Friday")
        ben = await stack.enter_async_context(CollabClient(server.url, server.token("ben")))
        theirs = await ben.open(setlist.id)
        yield page, theirs, band, {"setlist": setlist.id, "book": book.id}


async def measure() -> dict[str, float]:
    """Each figure by its name: milliseconds, and the number of elements."""
    async with _ready() as (page, theirs, band, ids):
        watch = await Stopwatch.of(page)
        found = {"a remote edit": await _remote_edits(page, watch, theirs)}
        found["a key in notes"] = await _keys(page, watch, "Notes for the night")
        found["elements"] = await page.tab.evaluate("document.querySelectorAll('*').length")
        found["a drop"] = await _drops(page, watch)
        await page.tab.goto(f"{page.link.split('#')[0]}#/{band.id}/{ids['book']}")
        await page.button("Notes and details of Song 0").click()
        await page.button("Edit the chart").click()
        found["a key in a chart of 90 kB"] = await _keys(page, watch, "Chart of Song 0")
        return found


if __name__ == "__main__":
    figures = asyncio.run(measure())
    sys.stdout.write(f"{SONGS} songs, {KNOWN_SONGS} in the repertoire; medians of {TIMES}, ms of script\n")
    for name, (before, most) in FIGURES.items():
        sys.stdout.write(f"{name:28} {figures[name]:8,.1f}   at most {most:4}   once {before:8,.1f}\n")
