"""Asks an installation what members, operators and admins ask, and says how long each takes."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.services.browsing import Wanted
from collab.services.ports import EditFilter
from collab.storage.browsing import StoredBrowser
from collab.storage.engine import reading_engine
from collab.storage.listings import SOURCES
from collab.storage.presence import StoredPresence
from collab.storage.readers import StoredHistory
from collab.storage.writer import Writer
from tests.docs.pages import DOCS, section
from tests.scale.installation import BAND, BEGIN, BEN, DEEP, END

Question: TypeAlias = Callable[[], Awaitable[object]]

_TIMES = 5
_PAGE = 100


async def ask(url: str) -> AsyncIterator[tuple[str, float]]:
    """Each question with the milliseconds that its quickest answer of five took: what else the machine does is not
    what is asked."""
    async with _questions(url) as questions:
        for name, question in questions.items():
            took = []
            for _ in range(_TIMES):
                began = time.perf_counter()
                await question()
                took.append(time.perf_counter() - began)
            yield name, min(took) * 1_000


@asynccontextmanager
async def _questions(url: str) -> AsyncIterator[dict[str, Question]]:
    engine, browser = reading_engine(url), StoredBrowser(url)
    try:
        yield {**_in_sql(engine), **_of_operators(browser), **_of_members(engine, Writer(url))}
    finally:
        browser.close()
        await engine.dispose()


def _in_sql(engine: AsyncEngine) -> dict[str, Question]:
    """The questions of the docs, word for word."""
    shown = section(DOCS / "use.md", "Reading the history in SQL")
    asked = re.findall(r"([^\n]+\?)\n\n```sql\n(.*?)```", shown, re.DOTALL)

    def question(statement: str) -> Question:
        async def answer() -> None:
            async with engine.connect() as connection:
                (await connection.execute(text(statement))).all()

        return answer

    return {name: question(statement) for name, statement in asked}


def _of_operators(browser: StoredBrowser) -> dict[str, Question]:
    def listed(name: str, wanted: Wanted) -> Question:
        async def answer() -> None:
            await browser.page(name, wanted)
            await browser.count(name, wanted)

        return answer

    return {
        **{f"admin: {name}": listed(name, Wanted()) for name in SOURCES},
        "admin: the oldest edits": listed("edits", Wanted(until=BEGIN + timedelta(days=1))),
        "admin: edits of a content": listed("edits", Wanted({"content_id": DEEP})),
        "admin: edits of an author": listed("edits", Wanted({"author_id": BEN})),
        "admin: edits of a band": listed("edits", Wanted({"band_id": BAND})),
        "admin: edits by title": listed("edits", Wanted(begins="Gig 4")),
        "admin: an edit by its id": listed("edits", Wanted({"edit_id": "nothing"})),
        "admin: contents by name": listed("contents", Wanted(begins="Gig 4")),
    }


def _of_members(engine: AsyncEngine, writer: Writer) -> dict[str, Question]:
    history, presence = StoredHistory(engine), StoredPresence(engine, writer)

    def found(only: EditFilter) -> Question:
        return lambda: history.page(DEEP, 0, _PAGE, 1_000_000, only)

    return {
        "history: an item that is not there": found(EditFilter(item_id="nothing")),
        "history: an author who is not there": found(EditFilter(author_id="nobody")),
        "history: since today": found(EditFilter(since=END)),
        "history: until the beginning": found(EditFilter(until=BEGIN)),
        "presence: the latest visits of a band": lambda: presence.visits(BAND, _PAGE, None),
        "opening the deepest content": lambda: history.document(DEEP),
    }
