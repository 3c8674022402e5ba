"""Runs the migrations: on the connection that the program hands over, else on COLLAB_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine

from collab.storage.engine import sync_url
from collab.storage.tables import metadata


def run(connection: Connection) -> None:
    # Not in batch mode: on SQLite that makes a table anew, from under the views on it.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        on_version_apply=context.config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    # A plain engine: the application's pragmas would let a recreated parent table empty its children.
    engine = create_engine(
        sync_url(os.environ.get("COLLAB_DATABASE_URL", "sqlite+aiosqlite:///collab.db")), poolclass=NullPool
    )
    with engine.begin() as own:
        run(own)
