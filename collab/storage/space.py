"""The space of a database on its disk: how much it takes, and what is free in an SQLite file, given back."""

import asyncio
from contextlib import suppress
from math import nan
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.storage.engine import sqlite_file, writing_engine
from collab.storage.turns import Wait, pauses_of

_PAGES = 50
"""Pages that are moved in a turn: some milliseconds."""

_INCREMENTAL = 2

_LOOK_S = 1.0
"""Whoever asks for the size does not wait longer for a database that does not answer."""


_POSTGRESQL_SIZE = select(func.pg_database_size(func.current_database()))


def size_bytes(file: Path) -> tuple[int, int]:
    """How long the file of a database is, and its log (WAL)."""
    return _size_bytes(file), _size_bytes(file.with_name(f"{file.name}-wal"))


class PostgresSpace:
    """How much a PostgreSQL database took when it was last looked at, and answered; NaN before that."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.size_bytes = nan

    async def look(self) -> None:
        """Asks the database, which sums up the lengths of its files."""
        with suppress(SQLAlchemyError, TimeoutError):
            async with asyncio.timeout(_LOOK_S), self._engine.connect() as connection:
                self.size_bytes = float(await connection.scalar(_POSTGRESQL_SIZE) or 0)


def _size_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def give_back(url: str, wait: Wait = sleep) -> int | None:
    """Shortens the file by what is free in it, and its log to nothing. Returns by how many bytes; None where that can't
    be done beside a server: PostgreSQL uses its space again, and a file that was made before collab had it keep a map
    of its pages needs `VACUUM`."""
    file = sqlite_file(url)
    if file is None:
        return None
    engine = writing_engine(url)
    try:
        with engine.connect() as connection, pauses_of(url, wait) as pauses:
            cursor = connection.connection.cursor()
            # Not in a transaction: it would be one for all of it.
            if cursor.execute("PRAGMA auto_vacuum").fetchone() != (_INCREMENTAL,):
                return None
            before = sum(size_bytes(file))
            while cursor.execute("PRAGMA freelist_count").fetchone() != (0,):
                began_s = perf_counter()
                # Each row that is asked for moves a page.
                cursor.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
                pauses.after(perf_counter() - began_s)
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.close()
            return max(0, before - sum(size_bytes(file)))
    finally:
        engine.dispose()
