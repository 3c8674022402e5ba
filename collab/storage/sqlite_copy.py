"""Copies of an SQLite database in use, and databases made of one."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import func, inspect, make_url, select

from collab.domain.errors import Conflicting, Invalid, NotFound
from collab.storage.engine import plain_engine
from collab.storage.migrate import migrate
from collab.storage.names import own_names, prefix_of_url
from collab.storage.progress import OnProgress, unwatched
from collab.storage.tables import bands, edits
from collab.storage.whole_files import written_whole

_COPY_PAGES = 1_000
"""Of four kilobytes each: so much is written before the disk is waited for, as whoever edits meanwhile waits for it."""


def copy_sqlite(url: str, file: Path, on_progress: OnProgress = unwatched) -> None:
    """Copies an SQLite database, which may be in use, to a file that does not exist yet: all of it, or none."""
    with written_whole(file) as unfinished:
        _copy(_sqlite_file(url), unfinished, _gently(unfinished, on_progress))


def restore_sqlite(url: str, file: Path, on_progress: OnProgress = unwatched) -> None:
    """Makes a copy the database; there must be none yet, or an empty one. Brings its schema up to date.

    All of it or none: SQLite copies in one transaction of the database that is written.
    """
    target = _sqlite_file(url)
    is_new = not target.exists()
    _require_names(file, prefix_of_url(make_url(url)))
    if not is_new and target.stat().st_size:
        _require_empty(url)
    try:
        _copy(file, target, on_progress)
    except BaseException:
        if is_new:
            target.unlink(missing_ok=True)
        raise
    migrate(url)


def _sqlite_file(url: str) -> Path:
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite") or not parsed.database:
        raise ValueError("only an SQLite database can be copied as a file: name the file .jsonl for a dump")
    return Path(parsed.database)


def _require_empty(url: str) -> None:
    migrate(url)
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            if others := set(inspect(connection).get_table_names()) - own_names(connection):
                raise Conflicting(
                    f"expected a database of our own to restore a copy into, this one has {min(others)}: restore a dump"
                )
            if connection.scalar(select(func.count()).select_from(bands)):
                raise Conflicting("expected an empty database to restore into: point COLLAB_DATABASE_URL to a new one")
    finally:
        engine.dispose()


def _require_names(file: Path, prefix: str) -> None:
    """Raises `Invalid` where the tables of a copy are called otherwise: nobody would find them."""
    with (
        suppress(sqlite3.DatabaseError),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as read,
    ):
        names = {name for (name,) in read.execute("SELECT name FROM sqlite_master")}
        if names and prefix + edits.name not in names:
            raise Invalid.at(
                "file", f"expected a copy with a table {prefix}{edits.name}, by the table_prefix of the URL"
            )


def _gently(target: Path, on_progress: OnProgress) -> OnProgress:
    """What is written goes to the disk piece by piece, with pauses as long as each took: all of it at once would hold
    up the commits of a server for as long as that takes."""
    began_s = perf_counter()

    def progress(done: int, total: int) -> None:
        nonlocal began_s
        with target.open("r+b") as written:
            os.fsync(written.fileno())
        sleep(perf_counter() - began_s)
        began_s = perf_counter()
        on_progress(done, total)

    return progress


def _copy(source: Path, target: Path, on_progress: OnProgress) -> None:
    if not source.exists():
        raise NotFound(f"expected an SQLite database, there is no file {source}")
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        try:
            # One state for the whole way: without it SQLite would begin anew each time that a server commits.
            read.execute("BEGIN")
            read.execute("SELECT count(*) FROM sqlite_master").fetchone()
            read.backup(written, pages=_COPY_PAGES, progress=lambda _, left, total: on_progress(total - left, total))
        except sqlite3.DatabaseError as error:
            raise Invalid.at("file", f"expected an SQLite database, got {source}: {error}") from None
