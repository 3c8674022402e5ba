"""The edit log: the statements that every commit of edits needs, straight to the driver.

SQLAlchemy states and compiles them, once a database. To have each carried out by it as well would cost more CPU
than the database needs itself, and most commits hold one edit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ARRAY, Connection, Dialect, Select, String, any_, bindparam, func, insert, select, update
from sqlalchemy.sql import ClauseElement, ColumnElement

from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit
from collab.storage.rows import row_of
from collab.storage.tables import contents, edits

Row: TypeAlias = dict[str, Any]

Head: TypeAlias = tuple[str, int, bool]
"""The id of a content, its version, and whether it is archived."""

_STORE_EDITS = insert(edits)
_STORE_HEADS = (
    update(contents)
    .where(contents.c.id == bindparam("content_id"))
    .values(version=bindparam("head"), updated_at=bindparam("at"), updated_by=bindparam("author"))
)
_STORE_TITLES = update(contents).where(contents.c.id == bindparam("content_id")).values(title=bindparam("new_title"))

_WRITES_TITLE = '"item":null,"field":"title",'
"""How an op that sets a content's title, or is typing in it, is stored (`Set.to_json`, `Text.to_json`)."""


_LOCK_NOT_AVAILABLE = "55P03"


class Locked(Exception):
    """Another transaction keeps the head of a content, or the row of an author, which their edits refer to."""


class EditLog:
    """Reads and writes on a connection of one dialect, within its transaction; `named` puts the names of a database
    into a statement."""

    def __init__(self, dialect: Dialect, named: Callable[[str], str] = str) -> None:
        is_sqlite = dialect.name == "sqlite"
        self._time: Callable[[datetime], Any] = _sqlite_time if is_sqlite else _aware
        self._ids: Callable[[Sequence[str]], Any] = _json if is_sqlite else list
        # The driver makes one round trip of it where it can: other nodes wait for the heads meanwhile.
        self._at_once: Callable[[Any], AbstractContextManager[Any]] = nullcontext if is_sqlite else _pipeline
        self._driver: Any = dialect.loaded_dbapi
        self._lock_heads = _Statement(_heads(is_sqlite=is_sqlite).with_for_update(), dialect, named)
        self._lock_free_heads = _Statement(
            _heads(is_sqlite=is_sqlite).with_for_update(skip_locked=True), dialect, named
        )
        self._store_edits = _Statement(_STORE_EDITS, dialect, named)
        self._store_heads = _Statement(_STORE_HEADS, dialect, named)
        self._store_titles = _Statement(_STORE_TITLES, dialect, named)

    def lock_heads(self, connection: Connection, content_ids: Sequence[str]) -> list[Head]:
        """The head of each content, in the order of their ids; nobody else changes them until the commit.

        Raises `Locked` where somebody else keeps one of them for longer than a commit takes.
        """
        with self._locks():
            return self._lock_heads.rows(connection, {"ids": self._ids(content_ids)})

    def lock_free_heads(self, connection: Connection, content_ids: Sequence[str]) -> list[Head]:
        """As `lock_heads`, without those that somebody else keeps."""
        return self._lock_free_heads.rows(connection, {"ids": self._ids(content_ids)})

    def store(self, connection: Connection, changed: Iterable[tuple[Document, Sequence[Row]]]) -> None:
        """Adds the new edits of some contents and puts down their heads, each with the document that it is now. Raises
        `Locked`."""
        heads: list[Row] = []
        rows: list[Row] = []
        titles: list[Row] = []
        for document, new in changed:
            rows.extend(new)
            heads.append(
                {
                    "content_id": document.id,
                    "head": document.version,
                    "at": new[-1]["created_at"],
                    "author": new[-1]["author_id"],
                }
            )
            # It has an index, which SQLite writes whatever the title was.
            if any(_WRITES_TITLE in row["ops"] for row in new):
                titles.append({"content_id": document.id, "new_title": document.title})
        with self._locks(), self._at_once(connection.connection.driver_connection):
            self._store_edits.run(connection, rows)
            self._store_heads.run(connection, heads)
            if titles:
                self._store_titles.run(connection, titles)

    @contextmanager
    def _locks(self) -> Iterator[None]:
        try:
            yield
        except self._driver.Error as error:
            if getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise Locked from error
            raise

    def row(self, edit: Edit) -> Row:
        """The edit as it is stored."""
        return row_of(edit, self._time(edit.at))


def row_bytes(row: Row) -> tuple[int, int]:
    """What its author is told of an edit, where everybody else is told less; and of what is stored of it, what grows
    with it."""
    told_bytes = _bytes(row["ops"]) + _bytes(row["dropped"]) + _bytes(row["overwrote"])
    return told_bytes, told_bytes + _bytes(row["inverse"])


class _Statement:
    """A statement in the words of a driver, and its parameters in the driver's form."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, named: Callable[[str], str]) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self._sql = named(str(compiled))
        self._names: list[str] | None = compiled.positiontup

    def rows(self, connection: Connection, row: Row) -> list[Any]:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, row if self._names is None else [row[name] for name in self._names])
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Carries it out for each row, which has several parameters."""
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(self._sql, rows if self._names is None else list(map(itemgetter(*self._names), rows)))
        finally:
            cursor.close()


def _heads(*, is_sqlite: bool) -> Select[Any]:
    is_wanted: ColumnElement[bool]
    if is_sqlite:
        is_wanted = contents.c.id.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value))
    else:
        is_wanted = contents.c.id == any_(bindparam("ids", type_=ARRAY(String)))
    is_archived = contents.c.archived_at.is_not(None)
    return select(contents.c.id, contents.c.version, is_archived).where(is_wanted).order_by(contents.c.id)


def _sqlite_time(at: datetime) -> str:
    """As SQLAlchemy writes a time for SQLite: in UTC, without its zone."""
    text = (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(" ", "microseconds")
    return text[: -len("+00:00")]


def _pipeline(driver_connection: Any) -> AbstractContextManager[Any]:
    pipeline: AbstractContextManager[Any] = driver_connection.pipeline()
    return pipeline


def _aware(at: datetime) -> datetime:
    return at


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _bytes(text: str | None) -> int:
    return 0 if text is None else len(text) if text.isascii() else len(text.encode())
