"""Browsing for the admin pages: beside all else, on connections and threads of its own, a bounded piece at a time."""

import asyncio
import base64
import binascii
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, func, select, text

from collab.domain.errors import Invalid
from collab.services.browsing import Count, Listing, Rows, Wanted
from collab.storage.engine import browsing_engine
from collab.storage.faults import translated
from collab.storage.listings import SOURCES, Source
from collab.storage.names import prefix_of

PAGE_ROWS = 50

COUNTED = 1_000
"""What is more is not counted."""

PIECE_ROWS = 200
PIECE_BYTES = 256_000
"""A piece of an export ends with the row that brings it to so many letters."""

THREADS = 2

T = TypeVar("T")


class StoredBrowser:
    """Implements `services.browsing.Browser`."""

    def __init__(self, url: str) -> None:
        self._engine = browsing_engine(url, THREADS)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="collab-admin")

    @property
    def engine(self) -> Engine:
        """What it reads with."""
        return self._engine

    @property
    def listings(self) -> Mapping[str, Listing]:
        return {name: source.listing for name, source in SOURCES.items()}

    async def page(self, name: str, wanted: Wanted) -> Rows:
        source = SOURCES[name]
        after = _place(source, wanted.after)
        return await self._run(lambda connection: _read(connection, source, wanted, after, PAGE_ROWS, is_brief=True))

    async def count(self, name: str, wanted: Wanted) -> Count:
        source = SOURCES[name]
        return await self._run(lambda connection: _count(connection, source, wanted))

    async def row(self, name: str, key: Sequence[str]) -> Mapping[str, Any] | None:
        source = SOURCES[name]
        try:
            statement = source.row(key)
        except ValueError:
            return None
        found = await self._run(lambda connection: connection.execute(statement).one_or_none())
        return None if found is None else dict(zip(source.listing.columns, found, strict=True))

    async def pieces(self, name: str, wanted: Wanted) -> AsyncIterator[Rows]:
        source = SOURCES[name]
        after = _place(source, wanted.after)
        while True:
            began = time.perf_counter()
            # Each piece is a transaction of its own: none keeps SQLite's log, or PostgreSQL's old rows, for long.
            piece = await self._run(partial(_read_piece, source, wanted, after))
            if piece.rows:
                yield piece
            if piece.next_after is None:
                return
            after = _place(source, piece.next_after)
            await asyncio.sleep(time.perf_counter() - began)

    def close(self) -> None:
        """Reads no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    async def _run(self, read: Callable[[Connection], T]) -> T:
        def in_thread() -> T:
            with self._engine.connect() as connection:
                return read(connection)

        async with translated():
            return await asyncio.get_running_loop().run_in_executor(self._threads, in_thread)


def _read_piece(source: Source, wanted: Wanted, after: Sequence[Any] | None, connection: Connection) -> Rows:
    return _read(connection, source, wanted, after, PIECE_ROWS, is_brief=False)


def _read(
    connection: Connection, source: Source, wanted: Wanted, after: Sequence[Any] | None, limit: int, *, is_brief: bool
) -> Rows:
    width = len(source.listing.brief if is_brief else source.listing.columns)
    statement = source.rows(connection.dialect.name, wanted, after, limit + 1, is_brief=is_brief)
    rows: list[Sequence[Any]] = []
    size, last = 0, ""
    with connection.execution_options(stream_results=True, max_row_buffer=20).execute(statement) as found:
        for row in found:
            if len(rows) == limit or size > PIECE_BYTES:
                return Rows(rows, last)
            rows.append(row[:width])
            size += sum(len(value) for value in row if isinstance(value, str))
            last = _cursor(row[width:])
    return Rows(rows, None)


def _count(connection: Connection, source: Source, wanted: Wanted) -> Count:
    conditions = source.conditions(connection.dialect.name, wanted)
    some = select(source.table.c[source.listing.time]).where(*conditions).limit(COUNTED + 1).subquery()
    counted = connection.execute(select(func.count()).select_from(some)).scalar_one()
    if counted <= COUNTED:
        return Count(counted, "exact")
    return Count(COUNTED, "more") if conditions else Count(_estimate(connection, source.table.name), "about")


def _estimate(connection: Connection, table: str) -> int:
    """How many rows a table has: as SQLite numbers them, or as PostgreSQL last found."""
    if connection.dialect.name == "sqlite":
        return int(connection.execute(text(f"SELECT max(rowid) FROM {table}")).scalar_one())  # noqa: S608  # our names
    named = {"table": prefix_of(connection) + table}
    found = connection.execute(text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)"), named)
    return max(COUNTED, int(found.scalar_one()))


def _cursor(place: Sequence[Any]) -> str:
    """A place in a list, for an address."""
    return base64.urlsafe_b64encode(orjson.dumps([*place])).decode()


def _place(source: Source, cursor: str | None) -> Sequence[Any] | None:
    if cursor is None:
        return None
    try:
        at, *key = orjson.loads(base64.urlsafe_b64decode(cursor))
        if [type(part) for part in key] == [column.type.python_type for column in source.order[1:]]:
            return [datetime.fromisoformat(at), *key]
    except (binascii.Error, ValueError, TypeError):
        pass
    raise Invalid.at("after", f"expected the place that a page ends with, got {cursor[:50]!r}")
