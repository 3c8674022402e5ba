"""`uv run poe latency`: from a keystroke in one page to the letter on another, over 200 letters."""

import asyncio
import statistics
import sys

from tests.browser.demo_pages import demo_pages

LETTERS = 200
PAUSE_MS = 60

NOTE_KEYS = """() => {
  window.times = [];
  document.addEventListener("keydown", (event) => times.push(performance.timeOrigin + event.timeStamp), true);
}"""

NOTE_LETTERS = """() => {
  const mirror = document.querySelector(".head .text-mirror");
  const count = () => mirror.textContent.split("x").length - 1;
  window.times = [];
  new MutationObserver(() => {
    while (times.length < count()) times.push(performance.timeOrigin + performance.now());
  }).observe(mirror, { subtree: true, childList: true, characterData: true });
}"""


async def measure() -> list[float]:
    """Milliseconds, one a letter."""
    async with demo_pages() as open_page:
        ada, ben = await open_page("ada"), await open_page("ben")
        await ada.notes().fill("")
        await ada.notes().click()
        await ada.sees_saved()
        await ada.tab.evaluate(NOTE_KEYS)
        await ben.tab.evaluate(NOTE_LETTERS)
        await ada.tab.keyboard.type("x" * LETTERS, delay=PAUSE_MS)
        await ben.tab.wait_for_function("n => times.length === n", arg=LETTERS)
        typed, seen = [await page.tab.evaluate("times") for page in (ada, ben)]
        return [after - before for before, after in zip(typed, seen, strict=True)]


if __name__ == "__main__":
    milliseconds = asyncio.run(measure())
    cuts = statistics.quantiles(milliseconds, n=20)
    sys.stdout.write(
        f"{LETTERS} letters, {PAUSE_MS} ms apart: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, "
        f"worst {max(milliseconds):.0f} ms\n"
    )
