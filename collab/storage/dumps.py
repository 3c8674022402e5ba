"""Dumps of a database in use, whole or of one band: JSON Lines that any of the databases takes.

A dump holds one consistent state. Its first line says what it is, each further one is a row, and the last one counts
the rows, so that half a dump is told from a whole one.
"""

import gzip
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import orjson
from sqlalchemy import ColumnElement, Connection, Select, Table, func, insert, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import CompileError, IntegrityError

from collab.domain.errors import Conflicting, Invalid, NotFound
from collab.domain.strings import cleaned_json, json_problem
from collab.storage.arrays import is_one_of
from collab.storage.engine import plain_engine, writing_engine
from collab.storage.mending import mend
from collab.storage.migrate import migrate
from collab.storage.progress import OnProgress, unwatched
from collab.storage.tables import UtcDateTime, bands, contents, metadata, users
from collab.storage.webhooks import begin_at_heads
from collab.storage.whole_files import written_whole

FORMAT = 1
_INSERT_ROWS = 500
_LEASES = {"jobs": ("runner", "lease_until")}
"""Columns that say which running node holds something."""

# Who was connected, and to which node, means nothing elsewhere; nor does what was delivered from here, nor who may come
# in here by which link or device, or not any more.
_LOCAL = (
    "nodes",
    "presence_sessions",
    "webhooks",
    "webhook_cursors",
    "invitations",
    "devices",
    "door_log",
    "departures",
)
# The database makes these anew from the rest.
_MADE = ("edit_keys",)
# It counts the changes in one database.
_LOCAL_COLUMN = bands.c.revision

_TABLES = [table for table in metadata.sorted_tables if table.name not in (*_LOCAL, *_MADE)]


def dump(url: str, file: Path, band_id: str | None = None, on_progress: OnProgress = unwatched) -> Counter[str]:
    """Writes all, or all of one band, as JSON Lines to a file that does not exist yet (gzip where it ends in .gz).

    Returns how many rows of each table. `NotFound` where there is no such band.
    """
    engine = plain_engine(url)
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with (
            written_whole(file) as unfinished,
            engine.connect() as connection,
            _opened(unfinished, "wb", file) as out,
        ):
            if connection.dialect.name == "sqlite":
                # The driver would begin no transaction for reads, and each would see another state.
                connection.exec_driver_sql("BEGIN")
            if band_id is not None and not connection.scalar(select(func.count()).where(bands.c.id == band_id)):
                raise NotFound(f"expected the id of a band, got {band_id!r}")
            counts: Counter[str] = Counter()
            rows = {table: _select(table).where(*_rows_of_band(table, band_id)) for table in _TABLES}
            total = sum(
                connection.scalar(select(func.count()).select_from(chosen.subquery())) or 0 for chosen in rows.values()
            )
            out.write(_line({"collab": FORMAT, "band": band_id}))
            for table, chosen in rows.items():
                name = str(table.name)
                statement = chosen.order_by(*table.primary_key)
                for row in connection.execution_options(yield_per=_INSERT_ROWS).execute(statement).mappings():
                    out.write(_line({"table": name, "row": _to_json(row)}))
                    counts[name] += 1
                    if counts[name] % _INSERT_ROWS == 0:
                        on_progress(counts.total(), total)
                on_progress(counts.total(), total)
            out.write(_line({"end": counts}))
    finally:
        engine.dispose()
    return counts


@dataclass(frozen=True, slots=True)
class Restored:
    """How many rows of each table came in, and in how many something was mended that is not stored any more."""

    rows: Counter[str]
    mended: int


def restore(url: str, file: Path, on_progress: OnProgress = unwatched) -> Restored:
    """Brings the rows of a dump into a database, all or none; users that it has already stay as they are.

    NUL characters are left out, which PostgreSQL does not store, and all that mending.py mends is mended. `Invalid`
    where the dump is not whole, `Conflicting` where a band of it is there already.
    """
    migrate(url)
    engine = writing_engine(url)
    try:
        with engine.begin() as connection, file.open("rb") as read, _unpacked(read, file) as lines:
            cleaning = _Cleaning()
            rows = _insert(connection, map(cleaning.cleaned, map(orjson.loads, _watched(lines, read, on_progress))))
            return Restored(rows, cleaning.count + mend(connection))
    except (orjson.JSONDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise Invalid.at("file", f"expected a dump by `collab backup`: {error}") from None
    except (IntegrityError, CompileError) as error:
        raise Invalid.at("file", f"expected a whole dump by this version of collab: {_first_line(error)}") from None
    finally:
        engine.dispose()


def _insert(connection: Connection, lines: Iterator[Any]) -> Counter[str]:
    head = next(lines, None)
    if not isinstance(head, dict) or head.get("collab") != FORMAT:
        raise Invalid.at("file", f"expected a dump by `collab backup` of format {FORMAT}")
    counts: Counter[str] = Counter()
    end: Any = None
    rows: list[dict[str, Any]] = []
    table: Table | None = None
    for line in lines:
        if "end" in line:
            end = line["end"]
            break
        if table is None or table.name != line["table"] or len(rows) == _INSERT_ROWS:
            _insert_rows(connection, table, rows)
            table, rows = metadata.tables.get(line["table"]), []
            if table is None:
                raise Invalid.at("file", f"expected a dump by this version of collab, got a table {line['table']!r}")
        rows.append(_from_json(table, line["row"]))
        counts[table.name] += 1
    _insert_rows(connection, table, rows)
    if end != counts:
        raise Invalid.at("file", f"expected a whole dump, with {end or 'a count of its rows at its end'}, got {counts}")
    return counts


class _Cleaning:
    """Leaves out of the lines of a dump what can't be stored, and counts those that had some."""

    def __init__(self) -> None:
        self.count = 0

    def cleaned(self, line: Any) -> Any:
        if json_problem(line) is None:
            return line
        self.count += 1
        return cleaned_json(line)


def _insert_rows(connection: Connection, table: Table | None, rows: list[dict[str, Any]]) -> None:
    if table is None or not rows:
        return
    if table is bands:
        there = connection.scalars(select(bands.c.name).where(is_one_of(bands.c.id, [row["id"] for row in rows]))).all()
        if there:
            raise Conflicting(
                f"expected a database without these bands, it has {', '.join(there)}; nothing was restored"
            )
    if table is users:
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(make(users).on_conflict_do_nothing(), rows)
    else:
        connection.execute(insert(table), rows)
    if table is contents:
        # Their history was delivered where it comes from.
        begin_at_heads(connection, is_one_of(contents.c.id, [row["id"] for row in rows]))


def _select(table: Table) -> Select[Any]:
    return select(*(column for column in table.c if column is not _LOCAL_COLUMN))


def _rows_of_band(table: Table, band_id: str | None) -> Iterator[ColumnElement[bool]]:
    """The condition that picks a band's rows of a table; none where all are meant."""
    if band_id is not None:
        yield _of_band(table, band_id)


def _of_band(table: Table, band_id: str) -> ColumnElement[bool]:
    """Which rows of a table belong to a band: they name it, or one of its contents, or they are its people."""
    if table is bands:
        return bands.c.id == band_id
    if "band_id" in table.c:
        return table.c.band_id == band_id
    if "content_id" in table.c:
        return table.c.content_id.in_(select(contents.c.id).where(contents.c.band_id == band_id))
    people = (
        select(key.parent).where(_of_band(other, band_id))
        for other in _TABLES
        for key in other.foreign_keys
        if key.column.table is users
    )
    return users.c.id.in_(union(*people))


def _to_json(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _from_json(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, UtcDateTime)
        else value
        for name, value in row.items()
    }
    return {**made, **dict.fromkeys(_LEASES.get(table.name, ()))}


def _line(data: Any) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)


def _unpacked(read: IO[bytes], file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(read) if file.suffix == ".gz" else read)


def _watched(lines: IO[bytes], read: IO[bytes], on_progress: OnProgress) -> Iterator[bytes]:
    """The lines; how far they are is told by how much of the file has been read."""
    size = os.fstat(read.fileno()).st_size
    for number, line in enumerate(lines):
        if number % _INSERT_ROWS == 0:
            on_progress(read.tell(), size)
        yield line


def _opened(file: Path, mode: str, name: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file, mode) if name.suffix == ".gz" else file.open(mode))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
