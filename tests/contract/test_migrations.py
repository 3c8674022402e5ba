"""The migrations lead up, down and up again on every database, and leave nothing for autogenerate to find."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from collab.storage.engine import sync_url
from collab.storage.migrate import migrate, revisions
from collab.storage.tables import metadata
from tests.support.processes import served


def _tables(url: str) -> set[str]:
    engine = create_engine(sync_url(url))
    try:
        return set(inspect(engine).get_table_names()) | set(inspect(engine).get_view_names())
    finally:
        engine.dispose()


def test_up_down_and_up_again(any_database_url: str) -> None:
    full = _tables(any_database_url)
    assert full >= {*metadata.tables, "edit_history"}

    migrate(any_database_url, "base")
    assert _tables(any_database_url) == {"alembic_version"}

    migrate(any_database_url)
    assert _tables(any_database_url) == full


def test_the_schema_is_that_of_the_tables(any_database_url: str) -> None:
    engine = create_engine(sync_url(any_database_url))
    try:
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    finally:
        engine.dispose()


async def _migrate_at_once(url: str, count: int) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(count)))


def test_several_nodes_may_start_at_once(any_database_url: str) -> None:
    migrate(any_database_url, "base")
    asyncio.run(_migrate_at_once(any_database_url, 4))
    assert _tables(any_database_url) >= set(metadata.tables)


def _stamp(url: str, revision: str) -> None:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()


def test_an_older_version_starts_with_the_schema_of_a_newer_one_and_of_no_other(any_database_url: str) -> None:
    try:
        _stamp(any_database_url, "9999")
        with pytest.raises(ValueError, match="which a newer version of collab has made"):
            migrate(any_database_url)
        migrate(any_database_url, may_be_newer=True)
        _stamp(any_database_url, "a1b2c3")
        with pytest.raises(ValueError, match="a1b2c3"):
            migrate(any_database_url, may_be_newer=True)
    finally:
        _stamp(any_database_url, revisions()[0])


@pytest.mark.asyncio
async def test_it_serves_it(sqlite_database_url: str) -> None:
    _stamp(sqlite_database_url, "9999")
    async with served(sqlite_database_url) as node, node.rest(None) as probe:
        assert (await probe.get("/readyz")).status_code == 200
