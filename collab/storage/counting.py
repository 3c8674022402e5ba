"""Counting: users may make so many of each thing, and the transaction that adds one counts them.

The race: who counts first and adds after a wait lets through as many as ask at once. So the transaction first locks
the row that owns what is counted (on SQLite it has the whole database). Others that add one wait, on any node, and
count what was committed before.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Table, func, select

from collab.domain.errors import TooLarge
from collab.storage.arrays import array, is_one_of
from collab.storage.tables import users

# Stated once: a statement that holds values is a circle, which only the garbage collector frees, and each write of
# visits would leave one.
_FREE_USERS = (
    select(users.c.id)
    .where(is_one_of(users.c.id, array("user_ids")))
    .with_for_update(read=True, key_share=True, skip_locked=True)
)


def lock(connection: Connection, table: Table, row_id: str) -> None:
    """Keeps others from adding to what a row owns until the transaction ends; rows may refer to it meanwhile."""
    connection.execute(select(table.c.id).where(table.c.id == row_id).with_for_update(key_share=True))


def free_users(connection: Connection, user_ids: Collection[str]) -> set[str]:
    """The users of these whose rows nobody else has locked. What refers to them can be stored without a wait, until the
    transaction ends."""
    return set(connection.scalars(_FREE_USERS, {"user_ids": sorted(user_ids)}))


def count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def require_room(connection: Connection, most: int, what: str, table: Table, *conditions: ColumnElement[bool]) -> None:
    """Raises `TooLarge` where there are as many such rows as there may be; lock their owner first."""
    if count(connection, table, *conditions) >= most:
        raise TooLarge(f"expected at most {most} {what}")
