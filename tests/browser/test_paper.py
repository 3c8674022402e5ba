"""The page for paper, as a browser sets it."""

import pytest
from playwright.async_api import Browser

from collab.domain.charts.playing import played
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item
from collab.services.songs import paper

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHART = "[G]Down by the [D/F#]ri[Em7]ver [Bm7b5/E]boat[E7]man\n" * 60

APART = """() => [...document.querySelectorAll(".group")].filter((group) => {
  const lines = [...group.querySelectorAll(".piece")].map((piece) => Math.round(piece.getBoundingClientRect().bottom));
  return Math.max(...lines) - Math.min(...lines) > 2;
}).length"""
OVER = """() => [...document.querySelectorAll(".piece")].filter((piece) => {
  const words = document.createRange();
  words.selectNodeContents(piece.lastChild);
  const chord = piece.querySelector("b");
  return chord && Math.abs(chord.getBoundingClientRect().left - words.getBoundingClientRect().left) > 2;
}).length"""


def _page() -> str:
    item = Item("i", "song", "a0", {"title": "River Light", "key": "A"})
    document = Document("c", "b", "setlist", 1, {"title": "Friday"}, {"i": item})
    return paper.as_html(document, {"i": played(CHART, {"key": "G"}, item.fields)}).decode()


async def test_each_chord_stands_over_its_syllable_however_narrow_the_page_and_the_title_is_on_each(
    browser: Browser,
) -> None:
    page = await browser.new_page()
    await page.set_content(_page())
    for width in (900, 390, 240):
        await page.set_viewport_size({"width": width, "height": 800})
        assert await page.evaluate(APART) == 0
        assert await page.evaluate(OVER) == 0
    await page.emulate_media(media="print")
    head = page.locator(".chart > thead")
    assert await head.evaluate("head => getComputedStyle(head).display") == "table-header-group"
    assert "River Light" in await head.inner_text()
    assert await page.locator(".columns").evaluate("columns => getComputedStyle(columns).columnCount") == "2"
    assert (await page.pdf(format="A4")).startswith(b"%PDF")
    await page.close()
