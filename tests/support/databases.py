"""Databases of a PostgreSQL server that tests take in turn: making one takes longer than most tests."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from collab.storage.tables import metadata
from tests.support.postgres import create_database, drop_database

_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

_SCHEMA = """
    SELECT count(*), max(xmin::text::bigint) FROM (
        SELECT xmin FROM pg_class UNION ALL SELECT xmin FROM pg_attribute UNION ALL SELECT xmin FROM pg_constraint
        UNION ALL SELECT xmin FROM pg_trigger UNION ALL SELECT xmin FROM pg_proc
    ) AS catalogue
"""
"""How much the catalogue holds, and the latest transaction that changed it."""

_EMPTY = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))  # noqa: S608  # our names


class Databases:
    """Copies of a template that has the schema and nothing in it."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self.template = template
        self._empty: list[str] = []
        self._schema: object = None

    @contextmanager
    def taken(self) -> Iterator[str]:
        """The URL of an empty database that is nobody else's until the block ends. It is emptied for the next test
        then, and dropped where its schema was changed."""
        url = self._empty.pop() if self._empty else self._made()
        yield url
        with _connection(url) as connection:
            connection.execute(_END_OTHERS)
            is_as_made = connection.execute(_SCHEMA).fetchone() == self._schema
            if is_as_made:
                connection.execute(_EMPTY.encode())
        if is_as_made:
            self._empty.append(url)
        else:
            drop_database(self._server_url, url.rpartition("/")[2])

    def _made(self) -> str:
        url = create_database(self._server_url, f"test_{uuid.uuid4().hex}", self.template)
        if self._schema is None:
            with _connection(url) as connection:
                self._schema = connection.execute(_SCHEMA).fetchone()
        return url


def _connection(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
