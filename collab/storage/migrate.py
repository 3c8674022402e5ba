"""The schema: brought to a revision under a lock, so that several nodes may start at once."""

from functools import cache
from itertools import count
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError

from collab.domain.errors import Unavailable
from collab.storage.engine import plain_engine
from collab.storage.names import VERSION_TABLE, prefix_of
from collab.storage.neighbours import require_room, take_over
from collab.storage.progress import OnProgress, unwatched

_LOCK_ID = 0x636F6C6C
"""Any number that no other user of the database locks: "coll" in ASCII."""


def migrations_folder() -> Path:
    """Where the migrations are: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    return next(folder for folder in (package / "migrations", package.parent / "migrations") if folder.is_dir())


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this version knows, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return tuple(step.revision for step in ScriptDirectory.from_config(config).walk_revisions())


def what_is_wrong(revision: str | None) -> str | None:
    """Why a database whose schema is at a revision can't be served, in a sentence; None where it can be.

    A revision that this version does not know is a newer one's. Migrations are additive, and while nodes are
    replaced one by one the old ones go on.
    """
    head = revisions()[0]
    if revision is None:
        return "the database has no schema: run `collab migrate`"
    if revision in revisions()[1:]:
        return f"the schema is at {revision}, behind {head}: run `collab migrate`"
    return None


def migrate(
    url: str, revision: str = "head", on_progress: OnProgress = unwatched, *, may_be_newer: bool = False
) -> None:
    """Brings the database's schema to a revision, up or down, all of the way or none; waits while another does so.

    With `may_be_newer` a schema of a newer version is left as it is: migrations only add, so that while nodes are
    replaced one by one an old one may start again. `ValueError` where there is no such revision or the database is not
    one that is served, or has tables of others with our names; `Unavailable` where it can't be reached. The engine is
    its own: with the application's pragma foreign_keys=ON, recreating a table on SQLite would delete the rows that
    refer to it.
    """
    engine = plain_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    if is_sqlite:

        @event.listens_for(engine, "connect")
        def _connect(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]  # a DBAPI connection has no type

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA busy_timeout=30000")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            if not is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
            config = Config()
            config.set_main_option("script_location", str(migrations_folder()))
            config.attributes["connection"] = connection
            take_over(config, connection, revisions())
            if not (may_be_newer and _is_newer(_current(connection))):
                _go(config, connection, revision, on_progress)
    except CommandError as error:
        raise ValueError(f"expected a revision of the schema: {error}") from error
    except OperationalError as error:
        raise Unavailable(f"the database can't be opened: {error.orig}") from error
    finally:
        engine.dispose()


def _current(connection: Connection) -> str | None:
    options = {"version_table": prefix_of(connection) + VERSION_TABLE}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _is_newer(revision: str | None) -> bool:
    """Revisions are numbers: one that is higher than all that are known is a newer version's."""
    return revision is not None and revision.isdigit() and int(revision) > int(revisions()[0])


def _go(config: Config, connection: Connection, revision: str, on_progress: OnProgress) -> None:
    script = ScriptDirectory.from_config(config)
    ages = {step: age for age, step in enumerate(reversed((*revisions(), None)))}
    current = _current(connection)
    if current not in ages:
        raise ValueError(f"the schema is at {current}, which a newer version of collab has made: update this one")
    found = script.as_revision_number(revision)
    wanted = None if found is None else str(found)
    if wanted not in ages:
        known = ", ".join(reversed(revisions()))
        raise ValueError(f"expected a revision of the schema (base, {known} or head), got {revision!r}")
    if current is None:
        require_room(connection)
    way = ages[wanted] - ages[current]
    steps = count(1)
    config.attributes["on_version_apply"] = lambda **_: on_progress(next(steps), abs(way))
    (command.downgrade if way < 0 else command.upgrade)(config, revision)
