"""The migrations lead up, down and up again on every database, and leave nothing for autogenerate to find."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from collab.storage.engine import sync_url, writing_engine
from collab.storage.migrate import migrate, revisions
from collab.storage.names import VERSION_TABLE
from collab.storage.tables import bands, contents, edits, metadata, users, webhook_cursors, webhooks
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
    assert _tables(any_database_url) == {VERSION_TABLE}

    migrate(any_database_url)
    assert _tables(any_database_url) == full


def test_the_schema_is_that_of_the_tables(any_database_url: str) -> None:
    engine = create_engine(sync_url(any_database_url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()


def test_a_webhook_goes_on_where_the_time_of_its_first_use_made_it_begin(any_database_url: str) -> None:
    migrate(any_database_url, "0006")
    engine = writing_engine(any_database_url)
    first_use = datetime(2026, 12, 4, 20, tzinfo=UTC)
    before, after = first_use - timedelta(hours=1), first_use + timedelta(hours=1)
    by = {"created_at": before, "created_by": "ada"}
    edited = {"author_id": "ada", "base_version": 0, "ops": [], "inverse": []}
    with engine.begin() as connection:
        connection.execute(insert(users), {"id": "ada", "name": "Ada", "created_at": before})
        connection.execute(insert(bands), {"id": "b", "name": "B", **by})
        edited_at = {"old": [before] * 2, "both": [before, after], "new": [after], "begun": [after] * 3}
        for content_id, times in edited_at.items():
            updated = {"version": len(times), "updated_at": times[-1], "updated_by": "ada"}
            connection.execute(
                insert(contents), {"id": content_id, "band_id": "b", "kind": "setlist", "title": "T", **by, **updated}
            )
            for version, at in enumerate(times, 1):
                key = {"content_id": content_id, "version": version, "edit_id": f"e{version}"}
                connection.execute(insert(edits), {**key, **edited, "created_at": at})
        connection.execute(insert(webhooks), {"id": "hook", "created_at": first_use})
        connection.execute(insert(webhook_cursors), {"webhook_id": "hook", "content_id": "begun", "version": 2})
    migrate(any_database_url)
    with engine.connect() as connection:
        cursors = connection.execute(select(webhook_cursors.c.content_id, webhook_cursors.c.version)).all()
    engine.dispose()
    assert dict(map(tuple, cursors)) == {"old": 2, "both": 1, "new": 0, "begun": 2}


def test_edits_are_the_same_once_their_ids_have_another_index(any_database_url: str) -> None:
    migrate(any_database_url, "0012")
    engine = writing_engine(any_database_url)
    at = datetime(2026, 12, 4, 20, tzinfo=UTC)
    by = {"created_at": at, "created_by": "ada"}
    head = {"kind": "setlist", "title": "T", "version": 2, "updated_at": at, "updated_by": "ada"}
    made = {"author_id": "ada", "base_version": 0, "inverse": [], "created_at": at}
    one = {"content_id": "one", "edit_id": "e1", "ops": [{"op": "move", "item": "i", "position": "a"}], **made}
    other = {**one, "content_id": "other"}
    with engine.begin() as connection:
        connection.execute(insert(users), {"id": "ada", "name": "Ada", "created_at": at})
        connection.execute(insert(bands), {"id": "b", "name": "B", **by})
        connection.execute(insert(contents), [{"id": name, "band_id": "b", **by, **head} for name in ("one", "other")])
        connection.execute(insert(edits), [{**one, "version": 1}, {**other, "version": 1}])
        before = connection.execute(select(edits).order_by(edits.c.content_id)).all()
    migrate(any_database_url)
    with engine.begin() as connection:
        assert connection.execute(select(edits).order_by(edits.c.content_id)).all() == before
        assert connection.execute(text("SELECT count(*) FROM change_history")).scalar_one() == 2
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(edits), {**one, "version": 2})
    engine.dispose()


async def _migrate_at_once(url: str, count: int) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(count)))


def test_several_nodes_may_start_at_once(any_database_url: str) -> None:
    migrate(any_database_url, "base")
    asyncio.run(_migrate_at_once(any_database_url, 4))
    assert _tables(any_database_url) >= set(metadata.tables)


_UPDATE = text(f"UPDATE {VERSION_TABLE} SET version_num = :revision")  # noqa: S608  # our name


def _stamp(url: str, revision: str) -> None:
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        connection.execute(_UPDATE, {"revision": revision})
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
