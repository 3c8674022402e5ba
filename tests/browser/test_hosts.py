"""A host's own page, made by Vite with the package as it is published."""

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Route
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from tests.browser.hosts import imported, packed, query, two_members_edit, two_members_write, vite_site
from tests.conftest import make_gig
from tests.support.serving import listening, serving, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_two_members_edit_in_a_page_that_vite_made(
    browser: Browser, sqlite_database_url: str, tmp_path: Path
) -> None:
    made = vite_site(packed(tmp_path))
    imported("collab-bands/parts", made)
    site = StaticFiles(directory=made, html=True)
    async with (
        listening(Starlette(routes=[Mount("/", site)])) as host,
        serving(settings_for(sqlite_database_url, allowed_origins=(host,))) as server,
    ):
        gig = await make_gig(server)

        async def give(user_id: str, route: Route) -> None:
            await route.fulfill(body=server.token(user_id))

        def link(user_id: str) -> str:
            return f"{host}/{query(gig, user_id)}&url={quote(server.url)}"

        await two_members_edit(browser, link, give)
        await two_members_write(browser, lambda user_id: f"{link(user_id)}&parts=1", give)
