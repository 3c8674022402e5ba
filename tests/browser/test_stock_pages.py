"""The pages that are not ours, /docs and /admin: they have our security headers, and work with them."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from collab.http.admin import COOKIE
from collab.http.pages import STOCK_HEADERS
from tests.browser.conftest import Hall

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_stock_pages_work_with_the_security_headers(hall: Hall) -> None:
    context = await hall.browser.new_context()
    token = hall.server.token("op", is_operator=True)
    host = urlsplit(hall.server.url).hostname
    await context.add_cookies([{"name": COOKIE, "value": token, "domain": host, "path": "/admin"}])
    tab = await context.new_page()
    refused: list[str] = []
    tab.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: refused.append(str(error)))
    for path, shown in (("/docs", ".opblock"), ("/admin/contents", "tbody tr"), ("/admin/edits", "table")):
        answer = await tab.goto(f"{hall.server.url}{path}")
        assert answer is not None
        for name, value in STOCK_HEADERS.items():
            assert answer.headers[name.lower()] == value
        await expect(tab.locator(shown).first).to_be_visible()
    assert refused == []
    await context.close()
