"""A bad line is slow, and not broken."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import WebSocket, expect

from collab.domain.bands import User
from collab.domain.ot.ops import Item
from collab.domain.ot.positions import spread
from tests.browser.conftest import Hall
from tests.browser.pages import Page, opened
from tests.support.slow_line import SlowLine, slow_line

pytestmark = pytest.mark.asyncio(loop_scope="session")

SLOWLY_MS = 45_000

WORDS = [
    "love", "you", "night", "river", "blues", "baby", "moon", "street",
    "saints", "march", "tiger", "rag", "home", "train", "sweet", "low",
]  # fmt: skip


async def fill_repertoire(hall: Hall, count: int, chart: str | None = None) -> str:
    songs = [
        Item(
            f"song-{number}",
            "song",
            position,
            {
                "title": f"{WORDS[number % 16]} {WORDS[number // 16 % 16]} {number}".title(),
                "artist": f"The {WORDS[number % 13]} {WORDS[number % 7]}s".title(),
                "key": ("C", "F", "Bb", "Eb")[number % 4],
                "tempo": 60 + number % 150,
                "duration": 120 + number % 240,
                **({} if chart is None else {"chart": f"{number} {chart}"}),
            },
        )
        for number, position in enumerate(spread(count))
    ]
    made = await hall.server.engine.contents.create(
        User("ada", "Ada"), hall.gig.band_id, "repertoire", "Repertoire", {}, songs
    )
    return made.id


@asynccontextmanager
async def at_a_slow_line(
    hall: Hall, user_id: str, bytes_per_s: float, round_trip_s: float = 0.0
) -> AsyncIterator[tuple[Page, SlowLine]]:
    async with (
        slow_line(hall.server.url, bytes_per_s=bytes_per_s, round_trip_s=round_trip_s) as line,
        opened(hall.browser, f"{line.url}/healthz", is_phone=True, scheme="light") as page,
    ):
        page.tab.set_default_timeout(SLOWLY_MS)
        page.link = f"{line.url}/#token={hall.server.token(user_id)}"
        yield page, line


async def test_a_setlist_is_there_before_the_titles_of_a_large_repertoire(hall: Hall) -> None:
    await fill_repertoire(hall, 2_000)
    ben = await hall.page("ben")
    async with at_a_slow_line(hall, "ada", 50_000, round_trip_s=0.4) as (ada, line):
        joining: list[str] = []
        carried_bytes: list[int] = []

        def said(frame: str | bytes) -> None:
            if "join_room" in str(frame):
                joining.append(str(frame))

        def heard(frame: str | bytes) -> None:
            if "Iko Iko" in str(frame):
                carried_bytes.append(line.down.carried_bytes)

        def listen(socket: WebSocket) -> None:
            socket.on("framesent", said)
            socket.on("framereceived", heard)

        ada.tab.on("websocket", listen)
        await ada.go()
        await ada.tab.get_by_role("region", name="Setlists").get_by_role("link", name="Friday").click()
        await ada.field("Key of Iko Iko").wait_for()
        await ada.write("Key of Iko Iko", "G")
        await expect(ben.field("Key of Iko Iko")).to_have_value("G", timeout=SLOWLY_MS)
        # The page, the band and the setlist: at 50 kB/s less than three seconds, and the rest is round trips.
        assert carried_bytes[0] < 150_000

        await ada.field("Add a song").fill("night love 258")
        await ada.tab.get_by_role("option", name=re.compile("Night Love 258.*Bb")).click(timeout=SLOWLY_MS)
        await ben.sees_titles(["Iko Iko", "Break", "When the Saints", "Night Love 258"])
        assert line.down.carried_bytes < 250_000
        assert len(joining) == 2, "the band and the setlist, each once"


async def test_a_repertoire_with_charts_comes_over_a_slow_line_once(hall: Hall) -> None:
    await fill_repertoire(hall, 500, chart="[F]Little [Bb]girl, you [C]know, " * 90)
    async with at_a_slow_line(hall, "ada", 120_000) as (ada, _):
        await ada.go()
        link = ada.tab.get_by_role("region", name="Songs").get_by_role("link", name="Repertoire")
        await link.wait_for()
        sessions = hall.server.engine.sessions.ids()
        assert len(sessions) == 1
        await link.click()
        # A megabyte and a half: longer than an answer is waited for where nothing comes.
        await ada.field("Title of Love Love 0").wait_for()
        await ada.write("Key of Love Love 0", "G")
        await expect(ada.tab.locator("[data-saving]")).to_have_attribute("data-saving", "saved", timeout=SLOWLY_MS)
        assert hall.server.engine.sessions.ids() == sessions
