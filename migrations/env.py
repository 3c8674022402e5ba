"""Runs the migrations: on the connection that the program hands over, else on COLLAB_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection

from collab.storage.engine import plain_engine
from collab.storage.names import VERSION_TABLE, prefix_of
from collab.storage.tables import metadata


def run(connection: Connection) -> None:
    # Not in batch mode: on SQLite that makes a table anew, from under the views on it.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=prefix_of(connection) + VERSION_TABLE,
        on_version_apply=context.config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    # A plain engine: the application's pragmas would let a recreated parent table empty its children.
    engine = plain_engine(os.environ.get("COLLAB_DATABASE_URL", "sqlite+aiosqlite:///collab.db"))
    with engine.begin() as own:
        run(own)
