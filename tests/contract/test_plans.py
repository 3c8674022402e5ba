"""What is asked of a large database goes by index: no plan reads a whole table, on any database."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.services.ports import EditFilter
from collab.storage.engine import reading_engine, sync_url
from collab.storage.readers import StoredHistory
from tests.docs.pages import DOCS, section
from tests.scale.filling import fill
from tests.scale.installation import BEGIN, DEEP, END, Installation
from tests.support.plans import noted, read_whole, work
from tests.support.postgres import create_database
from tests.support.serving import sqlite_url

SMALL = 0.01
"""Three thousand edits; half of them are of one content."""


@pytest.fixture(scope="module")
def installed_sqlite(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = sqlite_url(tmp_path_factory.mktemp("scale") / "collab.db")
    fill(url, Installation(SMALL, deep_every=2))
    return url


@pytest.fixture(scope="module")
def installed_postgresql(postgres: str) -> str:
    url = create_database(postgres, "scale")
    fill(url, Installation(SMALL, deep_every=2))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def installed_url(request: pytest.FixtureRequest) -> str:
    """A database that holds a small installation; nothing is to be changed in it."""
    url: str = request.getfixturevalue(f"installed_{request.param}")
    return url


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
