"""A PostgreSQL database that a test has left is as empty as a new one for the next test."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, String, Text, create_engine, inspect, text
from sqlalchemy.types import TypeEngine

from collab.storage.engine import sync_url
from collab.storage.tables import UtcDateTime, metadata
from tests.support.databases import Databases

A_VALUE: dict[type[TypeEngine[Any]], Any] = {
    String: "x",
    Text: "x",
    Integer: 1,
    Boolean: False,
    JSON: {},
    UtcDateTime: datetime(2026, 12, 4, tzinfo=UTC),
}
OF_A_COLUMN: dict[str, Any] = {"role": "owner", "status": "running", "ops": [], "purpose": "band", "ending": "revoked"}
"""What the database itself checks, or reads."""


@pytest.fixture
def databases(postgres: str, postgresql_databases: Databases) -> Databases:
    """Of this test alone: the first that is taken is new."""
    return Databases(postgres, postgresql_databases.template)


def _fill(url: str) -> None:
    """Puts a row into every table; all ids are alike, so that each refers to another that is there."""
    engine = create_engine(sync_url(url))
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.insert().values({column.name: _value(column) for column in table.columns}))
    engine.dispose()


def _value(column: Column[Any]) -> Any:
    return OF_A_COLUMN.get(column.name, A_VALUE[type(column.type)])


def _held(url: str) -> dict[str, Any]:
    """The rows of every table, and how far every sequence has come."""
    engine = create_engine(sync_url(url))
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        held: dict[str, Any] = {table: connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables}  # noqa: S608  # its own names
        held["sequences"] = connection.execute(text("SELECT * FROM pg_sequences")).all()
    engine.dispose()
    return held


def test_one_that_was_filled_is_taken_again_as_empty_as_a_new_one(databases: Databases) -> None:
    with databases.taken() as first:
        new = _held(first)
        _fill(first)
        filled = _held(first)
    with databases.taken() as second:
        assert second == first
        assert _held(second) == new
    assert {name for name in filled if filled[name] != new[name]} == set(metadata.tables)


def test_what_a_killed_process_has_left_open_is_ended(databases: Databases) -> None:
    with databases.taken() as first:
        _fill(first)
        left = psycopg.connect(first.replace("+psycopg", ""))
        left.execute("UPDATE users SET name = 'nobody'")
    with databases.taken() as second:
        assert second == first
        assert not _held(second)["users"]
    with pytest.raises(psycopg.OperationalError):
        left.commit()
    left.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ALTER COLUMN name DROP NOT NULL",
        "DROP INDEX ix_jobs_status",
        "ALTER TABLE memberships DROP CONSTRAINT ck_memberships_role",
        "CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER more BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_one_whose_schema_was_changed_is_not_taken_again(databases: Databases, change: str) -> None:
    with databases.taken() as first, psycopg.connect(first.replace("+psycopg", "")) as connection:
        connection.execute(change.encode())
    with databases.taken() as second:
        assert second != first
