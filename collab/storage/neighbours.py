"""What else is in the database that we migrate: tables of others, and Alembic's table of an older version of ours.

Up to revision 0009 our revision stood in `alembic_version`, the name that every other user of Alembic takes. It moves
to a table of our own. A view stays in its place, so that a node of the older version, which may run or start again
beside this one, finds it where it looks; nobody else needs it.
"""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from collab.storage.names import VERSION_TABLE, own_names, prefix_of

_FORMER = "alembic_version"
_SINCE_THE_FIRST = {"users", "bands", "memberships", "contents", "edits", "snapshots"}


def take_over(config: Config, connection: Connection, known: tuple[str, ...]) -> None:
    """Moves a revision that an older version of ours has left in `alembic_version`, one of those that are known."""
    tables = set(inspect(connection).get_table_names())
    if prefix_of(connection) or VERSION_TABLE in tables or not tables >= {_FORMER, *_SINCE_THE_FIRST}:
        return
    revision = connection.execute(text(f"SELECT version_num FROM {_FORMER}")).scalars().first()  # noqa: S608  # our name
    if revision in known:
        command.stamp(config, revision)
        connection.execute(text(f"DROP TABLE {_FORMER}"))
        connection.execute(text(f"CREATE VIEW {_FORMER} AS SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608  # ours


def require_room(connection: Connection) -> None:
    """Raises `ValueError` where there is no place for our tables, or somebody else's have their names."""
    inspector = inspect(connection)
    if connection.dialect.name == "postgresql" and inspector.default_schema_name is None:
        raise ValueError("COLLAB_DATABASE_URL: its search_path names no schema that is there: CREATE SCHEMA first")
    others = {*inspector.get_table_names(), *inspector.get_view_names()} - {prefix_of(connection) + VERSION_TABLE}
    if taken := sorted(others & own_names(connection)):
        raise ValueError(
            f"the database has a table {taken[0]!r} that is not ours: let the names of ours begin with something else "
            "(COLLAB_DATABASE_URL with ?table_prefix=collab_), or give them a schema"
        )
