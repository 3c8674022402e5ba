"""Opening a database for a command: what is wrong with it is said before anything is done, and none is made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from collab.domain.errors import NotFound, Unavailable
from collab.storage.checks import REVISION
from collab.storage.engine import plain_engine, shown_url, sqlite_file
from collab.storage.faults import explained
from collab.storage.migrate import is_newer, what_is_wrong
from collab.storage.names import names_of


@contextmanager
def opened(url: str, *, may_be_newer: bool = False) -> Iterator[None]:
    """For work on a database that is there and whose schema is this version's, or with `may_be_newer` a later one's.

    Raises `NotFound` where there is none, and `Unavailable`, which names it, where it can't be worked with; also for
    what goes wrong with it in the block.
    """
    with explained(url):
        revision = _revision(url)
        wrong = what_is_wrong(revision)
        if wrong is None and is_newer(revision) and not may_be_newer:
            wrong = f"its schema is at {revision}, which a newer version of collab has made: update this one"
        if wrong is not None:
            raise Unavailable(f"{shown_url(url)}: {wrong}")
        yield


def _revision(url: str) -> str | None:
    """The revision of the schema, None where there is none. SQLite's file is only looked at: to connect as a node does
    would make it."""
    file = sqlite_file(url)
    if file is not None:
        return _revision_of_file(url, file)
    with plain_engine(url).connect() as connection:
        try:
            return connection.execute(REVISION).scalar_one_or_none()
        except DBAPIError:  # no such table
            return None


def _revision_of_file(url: str, file: Path) -> str | None:
    if not file.exists():
        raise NotFound(
            f"there is no database {shown_url(url)}: set COLLAB_DATABASE_URL, or make it by `collab migrate`"
        )
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute(names_of(plain_engine(url))(str(REVISION))).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise
        return None if found is None else str(found[0])
