"""Whoever was forgotten is not made known again, for a day: all that may make a user's row asks here first."""

from sqlalchemy import Connection, bindparam, select

from collab.domain.leaving import barred, digest_of
from collab.storage.tables import departures

# Stated once, as in counting.py.
BARRED = select(departures.c.digest).where(departures.c.digest == bindparam("digest"))


def require_not_barred(connection: Connection, user_id: str) -> None:
    """Raises `TokenInvalid` where the user is being forgotten, or was."""
    if connection.execute(BARRED, {"digest": digest_of(user_id)}).first() is not None:
        raise barred()
