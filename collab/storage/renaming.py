"""Renaming: all rows that name somebody are made to name somebody else, or go, beside members who edit.

By index and a few rows at a time, each turn in a transaction of its own (turns.py). Some columns have no index by who
it is: there the rows are found by reading alone, a page of a table at a time, which nobody waits for. Each turn finds
what it changes anew, so that the work may be ended anywhere, begun again, and done by two at once.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.leaving import GONE_NAME, Departure
from collab.services.pace import Pace
from collab.storage.arrays import is_one_of
from collab.storage.faults import translated
from collab.storage.tables import (
    bands,
    checkpoints,
    contents,
    departures,
    devices,
    door_log,
    edit_keys,
    edits,
    folded_edits,
    invitations,
    jobs,
    memberships,
    presence_sessions,
)
from collab.storage.turns import ALONE_WORK_S, WORK_S, TurnSize
from collab.storage.writer import Writer

FOUND_AT_ONCE = 1_000
"""Rows that are found in one reading."""

CONTENTS_AT_ONCE = 100
"""Contents that are looked through in one reading."""


@dataclass(frozen=True, slots=True)
class _Timed:
    """A table with an index by who it is and when. `values` are what its rows get beside the other id; without any
    they go."""

    who: Column[Any]
    at: Column[Any]
    values: dict[str, Any] | None = None


_TIMED = (
    _Timed(edits.c.author_id, edits.c.created_at, {}),
    # A stay says where somebody was, by which address and browser, and nothing that anybody else needs.
    _Timed(presence_sessions.c.user_id, presence_sessions.c.started_at),
    _Timed(door_log.c.user_id, door_log.c.at, {"remote_addr": None}),
)

_UNTIMED = (
    folded_edits.c.author_id,
    contents.c.updated_by,
    contents.c.created_by,
    bands.c.created_by,
    checkpoints.c.created_by,
    jobs.c.started_by,
    invitations.c.created_by,
    departures.c.pseudonym_id,
)


class Renaming:
    """What is overwritten is told to others, in edits of theirs: with `since` only in those made since then, where the
    others were looked at before."""

    def __init__(
        self, engine: AsyncEngine, writer: Writer, leaving: Departure, pace: Pace, since: datetime | None
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._leaving = leaving
        self._pace = pace
        self._since = since
        self._size = TurnSize()

    async def turns(self) -> AsyncIterator[int]:
        """As `services.leaving.LeavingStore.turns`."""
        leaving = self._leaving
        yield await self._turn(lambda connection, _: shut_out(connection, leaving.user_id))
        for table in _TIMED:
            since: datetime | None = None
            while True:
                since, changed = await self._timed_turn(table, since)
                yield changed
                if since is None:
                    break
        async for changed in self._in_contents():
            yield changed
        for who in _UNTIMED:
            async for changed in self._named_by(who):
                yield changed

    async def _turn(self, work: Callable[[Connection, int], int]) -> int:
        """Has some work done in a transaction, of about so many rows as it is told, and returns how many those were."""

        def measured(connection: Connection) -> int:
            began_s = perf_counter()
            if connection.dialect.name == "postgresql":
                # What a crash loses is done again; the end of it waits for the disk, and so for all before it.
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            done = work(connection, self._size.rows)
            self._size.learn(perf_counter() - began_s, done, ALONE_WORK_S if self._pace.is_quiet else WORK_S)
            return done

        return await self._writer.run(measured)

    async def _timed_turn(self, table: _Timed, since: datetime | None) -> tuple[datetime | None, int]:
        """Changes the next rows in the order of their times. Returns the time to go on from, None at the end."""
        theirs = table.who == self._leaving.user_id
        if since is not None:
            theirs &= table.at >= since
        upto: datetime | None = None

        def work(connection: Connection, most: int) -> int:
            nonlocal upto
            # Rows of one time go together: what was committed or imported at once.
            upto = connection.scalar(select(table.at).where(theirs).order_by(table.at).offset(most).limit(1))
            these = theirs if upto is None else theirs & (table.at <= upto)
            if table.values is None:
                return connection.execute(delete(table.who.table).where(these)).rowcount
            values = {table.who.name: self._leaving.pseudonym_id, **table.values}
            return connection.execute(update(table.who.table).where(these).values(values)).rowcount

        changed = await self._turn(work)
        return upto, changed

    async def _named_by(self, who: Column[Any]) -> AsyncIterator[int]:
        """What names them in a column without an index by time."""
        key = list(who.table.primary_key)
        page = select(*key).where(who == self._leaving.user_id).order_by(*key).limit(FOUND_AT_ONCE)
        change = update(who.table).where(*map(_is_it, key), who == self._leaving.user_id)
        found = await self._read(page)
        while found:
            async for changed in self._each(
                change.values({who.name: self._leaving.pseudonym_id}), _keys_of(key, found)
            ):
                yield changed
            found = await self._read(page.where(_is_after(key, found[-1])))

    async def _in_contents(self) -> AsyncIterator[int]:
        """What names them in the contents that they have edited: where others overwrote them, and the index by
        author."""
        theirs = select(edits.c.content_id).where(edits.c.author_id == self._leaving.pseudonym_id).distinct()
        content_ids = [row.content_id for row in await self._read(theirs.order_by(edits.c.content_id))]
        for begin in range(0, len(content_ids), CONTENTS_AT_ONCE):
            some = content_ids[begin : begin + CONTENTS_AT_ONCE]
            async for changed in self._overwrites(some):
                yield changed
            async for changed in self._edit_keys(some):
                yield changed

    async def _overwrites(self, content_ids: Sequence[str]) -> AsyncIterator[int]:
        key = [edits.c.content_id, edits.c.version]
        is_such = is_one_of(edits.c.content_id, content_ids) & edits.c.overwrote.is_not(None)
        if self._since is not None:
            is_such &= edits.c.created_at >= self._since
        page = select(*key, edits.c.overwrote).where(is_such).order_by(*key).limit(FOUND_AT_ONCE)
        change = update(edits).where(*map(_is_it, key)).values(overwrote=bindparam("told"))
        found = await self._read(page)
        while found:
            naming = [
                row for row in found if any(entry["author"]["id"] == self._leaving.user_id for entry in row.overwrote)
            ]
            told = [{"told": _renamed(row.overwrote, self._leaving)} for row in naming]
            rows = [{**place, **said} for place, said in zip(_keys_of(key, naming), told, strict=True)]
            async for changed in self._each(change, rows):
                yield changed
            found = await self._read(page.where(_is_after(key, found[-1])))

    async def _edit_keys(self, content_ids: Sequence[str]) -> AsyncIterator[int]:
        key = [edit_keys.c.content_id, edit_keys.c.version]
        theirs = edit_keys.c.key == f"author:{self._leaving.user_id}"
        is_such = is_one_of(edit_keys.c.content_id, content_ids) & theirs
        page = select(*key).where(is_such).order_by(*key).limit(FOUND_AT_ONCE)
        change = update(edit_keys).where(*map(_is_it, key), theirs).values(key=f"author:{self._leaving.pseudonym_id}")
        while found := await self._read(page):
            async for changed in self._each(change, _keys_of(key, found)):
                yield changed

    async def _each(self, change: Any, rows: Sequence[dict[str, Any]]) -> AsyncIterator[int]:
        """Carries a change out for each row."""
        while rows:
            few, rows = rows[: self._size.rows], rows[self._size.rows :]
            yield await self._turn(partial(_change_each, change, few))

    async def _read(self, statement: Select[Any]) -> list[Any]:
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(statement))


def _change_each(change: Any, rows: Sequence[dict[str, Any]], connection: Connection, _most: int) -> int:
    connection.execute(change, list(rows))
    return len(rows)


def _is_it(column: Column[Any]) -> ColumnElement[bool]:
    return column == bindparam(f"key_{column.name}")


def _keys_of(key: Sequence[Column[Any]], rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The parameters of `_is_it`, in the order of the keys: whoever locks several contents does it in that."""
    return [{f"key_{column.name}": getattr(row, column.name) for column in key} for row in rows]


def _is_after(key: Sequence[Column[Any]], row: Any) -> ColumnElement[bool]:
    return tuple_(*key) > tuple_(*(literal(getattr(row, column.name), column.type) for column in key))


def _renamed(overwrote: Sequence[dict[str, Any]], leaving: Departure) -> list[dict[str, Any]]:
    """What was overwritten, as said to who did it: whose it was, they learn no more."""
    nobody = {"id": leaving.pseudonym_id, "name": GONE_NAME}
    return [{**entry, "author": nobody} if entry["author"]["id"] == leaving.user_id else entry for entry in overwrote]


def shut_out(connection: Connection, user_id: str) -> int:
    """Takes away what they come in by. Returns how many rows that were."""
    ways_in = (memberships.c.user_id, devices.c.user_id, invitations.c.user_id)
    return sum(connection.execute(delete(way.table).where(way == user_id)).rowcount for way in ways_in)
