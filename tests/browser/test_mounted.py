"""The band's page, wherever the engine is mounted: its files, its calls and its socket are beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect
from starlette.types import ASGIApp

from collab import Engine, Settings, attach
from collab.app import own_app
from collab.tokens import Tokens
from tests.browser.pages import opened
from tests.browser.test_offline import is_kept_on_the_device
from tests.conftest import make_gig
from tests.support.serving import RunningEngine, listening, settings_for

pytestmark = pytest.mark.asyncio(loop_scope="session")


def mounted(engine: Engine) -> ASGIApp:
    host = FastAPI()
    host.mount("/collab", attach(engine, own_app(engine.settings)))
    return host


def at_the_root_of_its_own(engine: Engine) -> ASGIApp:
    return attach(engine, own_app(engine.settings))


APART = {"rest_prefix": "/live/band", "socket_path": "/ws"}

WAYS: dict[str, tuple[Callable[[Engine], ASGIApp], dict[str, str], str]] = {
    "at a path": (mounted, {}, "/collab/"),
    "with a prefix and a path": (at_the_root_of_its_own, APART, "/live/band/"),
    "with both, at a path": (mounted, APART, "/collab/live/band/"),
}


@asynccontextmanager
async def page_at(way: str, database_url: str) -> AsyncIterator[tuple[RunningEngine, str]]:
    """A server, and where the page is."""
    make, paths, path = WAYS[way]
    settings: Settings = settings_for(database_url, **paths)
    engine = Engine(settings)
    async with listening(make(engine)) as url:
        server = RunningEngine(url, Tokens(settings), engine)
        await engine.ready()
        try:
            yield server, url + path
        finally:
            # As the end of the event loop does; this one goes on with other tests.
            for keeper in [task for task in asyncio.all_tasks() if task.get_name() == "collab-engine"]:
                keeper.cancel()
                await asyncio.wait([keeper])


@pytest.mark.parametrize("way", WAYS)
async def test_two_members_edit_and_the_device_keeps_the_page(
    way: str, browser: Browser, sqlite_database_url: str
) -> None:
    async with page_at(way, sqlite_database_url) as (server, page):
        await make_gig(server)
        ada_s, ben_s = (f"{page}#token={server.token(user_id)}" for user_id in ("ada", "ben"))
        async with (
            opened(browser, ada_s, is_phone=True, scheme="light") as ada,
            opened(browser, ben_s, is_phone=True, scheme="light") as ben,
        ):
            for member in (ada, ben):
                await member.open_setlist("Friday")
            await ada.write("Venue", "Tipitina's")
            await ada.sees_saved()
            await expect(ben.field("Venue")).to_have_value("Tipitina's")
            assert ben.tab.url.startswith(page)
            await is_kept_on_the_device(ben)
            await ben.cut_line()
            await ben.reopen()
            await ben.open_setlist("Friday")
            await expect(ben.field("Venue")).to_have_value("Tipitina's")
