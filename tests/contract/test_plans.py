"""What is asked of a large database goes by index: no plan reads a whole table, on any database."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import current_thread

import pytest
import pytest_asyncio
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.services.browsing import Wanted
from collab.services.ports import EditFilter
from collab.services.pruning import Cutoffs
from collab.storage import browsing
from collab.storage.browsing import PIECE_ROWS, StoredBrowser
from collab.storage.engine import reading_engine, sync_url
from collab.storage.listings import SOURCES
from collab.storage.presence import StoredPresence
from collab.storage.pruning import prune_turn
from collab.storage.readers import StoredHistory
from collab.storage.writer import Writer
from tests.docs.pages import DOCS, section
from tests.scale.installation import BAND, BEGIN, BEN, DEEP, END
from tests.support.plans import noted, read_whole, work


@pytest_asyncio.fixture
async def engine(installed_url: str) -> AsyncIterator[AsyncEngine]:
    made = reading_engine(installed_url)
    yield made
    await made.dispose()


_FILTERS = (
    EditFilter(item_id="nothing"),
    EditFilter(author_id="nobody"),
    EditFilter(since=END),
    EditFilter(until=BEGIN),
    EditFilter(author_id="nobody", item_id="nothing", since=BEGIN, until=END),
)


@pytest.fixture
def browser(installed_url: str) -> Iterator[StoredBrowser]:
    made = StoredBrowser(installed_url)
    yield made
    made.close()


_DAY = timedelta(days=1)

_ALL_OF_IT = (f"SELECT version, ops FROM edits WHERE content_id = '{DEEP}'", ())  # noqa: S608


@pytest.fixture
def database(installed_url: str) -> Iterator[Engine]:
    made = create_engine(sync_url(installed_url))
    yield made
    made.dispose()


@pytest.mark.asyncio
@pytest.mark.parametrize("only", _FILTERS, ids=str)
async def test_a_history_of_which_nothing_is_meant_is_not_read(
    engine: AsyncEngine, database: Engine, only: EditFilter
) -> None:
    with noted(engine.sync_engine) as statements:
        assert await StoredHistory(engine).page(DEEP, 0, 100, 1_000_000, only) == ([], False)
    assert [line for statement in statements for line in read_whole(database, statement)] == []
    assert sum(work(database, statement) for statement in statements) < work(database, _ALL_OF_IT) / 3


def test_what_admins_ask_in_sql_is_about_as_much_as_is_answered(database: Engine) -> None:
    for question in re.findall(r"```sql\n(.*?)```", section(DOCS / "use.md", "Reading the history in SQL"), re.DOTALL):
        rows = f"SELECT count(*) FROM ({question.rstrip().rstrip(';')}) AS found"  # noqa: S608
        everything = "SELECT count(value) FROM change_history"
        assert work(database, (rows, ())) < work(database, (everything, ())) / 2, question


@pytest.mark.asyncio
async def test_a_time_is_looked_up(engine: AsyncEngine, database: Engine) -> None:
    with noted(engine.sync_engine) as statements:
        assert await StoredHistory(engine).version_at(DEEP, END) == 1_500
        assert await StoredHistory(engine).version_at(DEEP, BEGIN) == 0
    assert sum(work(database, statement) for statement in statements) < work(database, _ALL_OF_IT) / 3


_TOGETHER: Mapping[str, Sequence[Wanted]] = {
    "edits": (
        Wanted({"content_id": DEEP}, until=END - _DAY),
        Wanted({"author_id": BEN}, since=END - _DAY),
        Wanted({"band_id": BAND}),
        Wanted({"band_id": BAND}, since=BEGIN, until=END - _DAY),
        Wanted(begins="Gig", until=END - _DAY),
    ),
    "stays": (Wanted({"user_id": BEN}, since=BEGIN), Wanted({"room": f"band_{BAND}"}, until=END)),
    "members": (Wanted({"band_id": BAND}, "B"),),
}


def _asked(name: str) -> Iterator[Wanted]:
    """Each that can be asked of a list alone, and some of it together."""
    yield Wanted()
    yield Wanted(since=END - _DAY, until=END)
    yield from (Wanted({by: "x"}) for by in SOURCES[name].listing.filters)
    if SOURCES[name].search is not None:
        yield Wanted(begins="B")
    yield from _TOGETHER.get(name, ())


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SOURCES)
async def test_a_list_of_the_admin_pages_reads_what_it_shows(
    browser: StoredBrowser, database: Engine, name: str
) -> None:
    with noted(browser.engine) as statements:
        for wanted in _asked(name):
            page = await browser.page(name, wanted)
            if page.next_after is not None:
                await browser.page(name, replace(wanted, after=page.next_after))
            await browser.count(name, wanted)
    for statement in statements:
        if "max(rowid)" not in statement[0]:
            assert read_whole(database, statement) == [], statement[0]


@pytest.mark.asyncio
async def test_the_latest_stays_of_a_band_are_read_and_no_others(
    engine: AsyncEngine, database: Engine, installed_url: str
) -> None:
    presence = StoredPresence(engine, Writer(installed_url))
    with noted(engine.sync_engine) as statements:
        page = await presence.visits(BAND, 10, None)
        assert await presence.visits(BAND, 10, page[4].id) != page
    every = "SELECT room, user_agent FROM presence_sessions"
    for statement in statements:
        assert read_whole(database, statement) == [], statement[0]
        assert work(database, statement) < work(database, (every, ())) / 3


def test_what_is_over_is_found_by_its_time(database: Engine) -> None:
    with noted(database) as statements, database.connect() as connection:
        assert prune_turn(connection, Cutoffs(END - 3_000 * _DAY, END - 3_000 * _DAY), 200).stays == 200
        assert prune_turn(connection, Cutoffs(None, None, END), 200).door == 0
        connection.rollback()
    assert [line for statement in statements for line in read_whole(database, statement)] == []


@pytest.mark.asyncio
async def test_an_export_is_read_piece_by_piece_in_a_thread_of_its_own(
    browser: StoredBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()
    event.listen(browser.engine, "before_cursor_execute", lambda *_: threads.add(current_thread().name))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    at_work = asyncio.create_task(others())
    versions, sizes, turns_before = [], [], 0
    async for piece in browser.pieces("edits", Wanted({"content_id": DEEP})):
        assert turns > turns_before
        turns_before = turns
        sizes.append(len(piece.rows))
        versions += [row[5] for row in piece.rows]
    at_work.cancel()
    assert versions == [*range(1_500, 0, -1)]
    assert max(sizes) == PIECE_ROWS
    assert {name.partition("_")[0] for name in threads} == {"collab-admin"}

    monkeypatch.setattr(browsing, "PIECE_BYTES", 10_000)
    async for piece in browser.pieces("edits", Wanted({"content_id": DEEP})):
        assert len(piece.rows) < PIECE_ROWS / 2
