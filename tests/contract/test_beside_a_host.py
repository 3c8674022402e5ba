"""In the database of a host, which has `users` and an `alembic_version` of its own, both stay whole."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from collab.domain.errors import Conflicting, Invalid
from collab.domain.ot.ops import Set
from collab.settings import Settings
from collab.storage import dumps, sqlite_copy
from collab.storage.engine import plain_engine, sync_url
from collab.storage.migrate import migrate, revisions
from collab.storage.names import VERSION_TABLE, own_names
from tests.support.serving import settings_for, sqlite_url
from tests.support.storage import make_setlist, node

HOST = (
    "CREATE TABLE users (id integer CONSTRAINT pk_users PRIMARY KEY, email varchar(100))",
    "CREATE TABLE nodes (id integer PRIMARY KEY, users integer)",
    "CREATE INDEX ix_bands_created_by ON nodes (users)",
    "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)",
    "INSERT INTO users VALUES (1, 'ada@band.example')",
    "INSERT INTO alembic_version VALUES ('0001')",
)


def _run(url: str, *statements: str) -> None:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()


def _names(url: str) -> set[str]:
    engine = plain_engine(url)
    try:
        return {*inspect(engine).get_table_names(), *inspect(engine).get_view_names()}
    finally:
        engine.dispose()


@pytest.fixture
def host_url(any_database_url: str) -> str:
    """The database of a host, without anything of ours."""
    migrate(any_database_url, "base")
    _run(any_database_url, f"DROP TABLE {VERSION_TABLE}", *HOST)
    return any_database_url


def _require_whole(url: str) -> None:
    assert _rows(url, "SELECT * FROM users") == [(1, "ada@band.example")]
    assert _rows(url, "SELECT * FROM alembic_version") == [("0001",)]


async def _edit(url: str) -> list[int]:
    async with node(url) as ours:
        await make_setlist(ours)
        await ours.edit(Set(None, "notes", "Bring the sousaphone"), base=0)
        return [edit.version for edit in await ours.stored()]


def test_names_with_a_prefix_leave_the_host_its_own(host_url: str) -> None:
    prefixed = f"{host_url}?table_prefix=collab_"
    before = _names(host_url)

    migrate(prefixed)
    migrate(prefixed)
    versions = asyncio.run(_edit(prefixed))

    assert len(versions) > 0
    assert _rows(host_url, "SELECT count(*) FROM collab_edits") == [(len(versions),)]
    assert len(_rows(host_url, "SELECT * FROM collab_edit_history")) == len(versions)
    assert all(name.startswith("collab_") for name in _names(host_url) - before)
    _require_whole(host_url)

    migrate(prefixed, "base")
    assert _names(host_url) == {*before, f"collab_{VERSION_TABLE}"}
    _require_whole(host_url)


def test_without_one_nothing_is_changed_and_the_way_is_said(host_url: str) -> None:
    before = _names(host_url)
    with pytest.raises(ValueError, match=r"a table 'nodes' that is not ours.*table_prefix"):
        migrate(host_url)
    assert _names(host_url) == before
    _require_whole(host_url)


@pytest.mark.parametrize("prefix", ["Collab_", "1_", "a-b", "a" * 21])
def test_a_prefix_that_begins_no_name_is_refused(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(ValueError, match="table_prefix"):
        migrate(f"{sqlite_url(tmp_path / 'collab.db')}?table_prefix={prefix}")


def test_a_schema_of_our_own_is_named_by_the_search_path(postgresql_database_url: str) -> None:
    url = postgresql_database_url
    migrate(url, "base")
    _run(url, f"DROP TABLE {VERSION_TABLE}", *HOST)
    ours = f"{url}?options=-csearch_path%3Dengine"
    with pytest.raises(ValueError, match="CREATE SCHEMA"):
        migrate(ours)

    _run(url, "CREATE SCHEMA engine")
    migrate(ours)
    assert len(asyncio.run(_edit(ours))) > 0

    _require_whole(url)
    assert VERSION_TABLE not in _names(url)
    assert _rows(url, "SELECT count(*) > 0 FROM engine.edits") == [(True,)]


@pytest.fixture
def of_an_older_version(any_database_url: str) -> str:
    """A database as the versions left it whose revision stood in `alembic_version`."""
    revision = revisions()[0]
    _run(
        any_database_url,
        f"DROP TABLE {VERSION_TABLE}",
        "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('{revision}')",  # noqa: S608  # our name
    )
    return any_database_url


def test_the_revision_of_an_older_version_is_taken_over(of_an_older_version: str) -> None:
    url = of_an_older_version
    asyncio.run(_edit(url))
    migrate(url)
    migrate(url)
    expected = [(revisions()[0],)]
    assert _rows(url, f"SELECT version_num FROM {VERSION_TABLE}") == expected  # noqa: S608  # our name
    # What the older version reads, which may start again.
    assert _rows(url, "SELECT version_num FROM alembic_version") == expected
    assert len(_rows(url, "SELECT * FROM edits")) > 0

    # A host comes that has a history of its own.
    _run(url, "DROP VIEW alembic_version", HOST[3], HOST[5])
    migrate(url)
    assert _rows(url, "SELECT version_num FROM alembic_version") == [("0001",)]


def test_an_engine_stands_for_its_database(any_database_url: str) -> None:
    engine = create_engine(sync_url(any_database_url))
    plain = settings_for(any_database_url)
    for given in (engine, engine.url, create_async_engine(any_database_url)):
        settings = Settings(database_url=given, jwt_secret=plain.jwt_secret)
        assert len(asyncio.run(_edit(settings.database_url))) > 0
        migrate(settings.database_url, "base")
        migrate(settings.database_url)
    engine.dispose()


def test_a_copy_is_not_restored_over_the_host(tmp_path: Path) -> None:
    copy, own_url = tmp_path / "copy.db", f"{sqlite_url(tmp_path / 'own.db')}?table_prefix=collab_"
    migrate(own_url)
    sqlite_copy.copy_sqlite(own_url, copy)
    url = sqlite_url(tmp_path / "host.db")
    _run(url, *HOST)
    with pytest.raises(Conflicting, match="restore a dump"):
        sqlite_copy.restore_sqlite(f"{url}?table_prefix=collab_", copy)
    _require_whole(url)


def test_a_copy_is_restored_under_the_names_that_it_has(sqlite_database_url: str, tmp_path: Path) -> None:
    copy, prefixed = tmp_path / "copy.db", f"{sqlite_url(tmp_path / 'new.db')}?table_prefix=collab_"
    sqlite_copy.copy_sqlite(sqlite_database_url, copy)
    with pytest.raises(Invalid, match="collab_edits"):
        sqlite_copy.restore_sqlite(prefixed, copy)
    assert not (tmp_path / "new.db").exists()


def test_a_dump_leads_from_plain_names_to_others_and_back(sqlite_database_url: str, tmp_path: Path) -> None:
    asyncio.run(_edit(sqlite_database_url))
    rows = dumps.dump(sqlite_database_url, tmp_path / "plain.jsonl")
    prefixed = f"{sqlite_url(tmp_path / 'host.db')}?table_prefix=collab_"
    dumps.restore(prefixed, tmp_path / "plain.jsonl")
    assert dumps.dump(prefixed, tmp_path / "prefixed.jsonl") == rows
    assert (tmp_path / "prefixed.jsonl").read_bytes() == (tmp_path / "plain.jsonl").read_bytes()
    engine = plain_engine(prefixed)
    assert _names(prefixed) == own_names(engine)
    engine.dispose()
