"""Leaving: how somebody is shut out who is to be forgotten, and how their row goes. Between the two, renaming.py.

Name, memberships, devices and links go in one transaction. Whether the row may go, the database itself says: where
something refers to it, since somebody wrote meanwhile, all is looked through once more.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import Connection, Exists, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import Role
from collab.domain.errors import Conflicting
from collab.domain.leaving import GONE_NAME, Departure, digest_of, nobody
from collab.services.leaving import Begun, Seen
from collab.services.pace import Pace
from collab.storage.counting import lock
from collab.storage.faults import translated
from collab.storage.renaming import Renaming, shut_out
from collab.storage.tables import bands, departures, memberships, users
from collab.storage.turns import LATEST_EDIT
from collab.storage.writer import Writer

_NAMES_SHOWN = 5


class StoredLeaving:
    """Implements `services.leaving.LeavingStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def begin(
        self, user_id: str, pseudonym_id: str, at: datetime, lease_until: datetime, *, needs_owners: bool
    ) -> Begun:
        def work(connection: Connection) -> Begun:
            under_way = connection.execute(select(departures).where(departures.c.user_id == user_id)).first()
            if under_way is not None:
                _lease(connection, user_id, lease_until)
                return Begun(Departure(user_id, under_way.pseudonym_id, under_way.began_at), ())
            band_ids = _lock(connection, user_id)
            if needs_owners:
                _require_owners(connection, user_id)
            _archive_abandoned(connection, user_id, at)
            connection.execute(insert(users), {"id": pseudonym_id, "name": GONE_NAME, "created_at": at})
            row = {"user_id": user_id, "pseudonym_id": pseudonym_id, "began_at": at, "lease_until": lease_until}
            connection.execute(insert(departures), {"digest": digest_of(user_id), **row})
            connection.execute(update(users).where(users.c.id == user_id).values(name=GONE_NAME))
            shut_out(connection, user_id)
            return Begun(Departure(user_id, pseudonym_id, at), band_ids)

        return await self._writer.run(work)

    async def name_of(self, user_id: str) -> str:
        """What somebody is called; `NotFound`."""
        async with translated(), self._engine.connect() as connection:
            name = await connection.scalar(select(users.c.name).where(users.c.id == user_id))
        if name is None:
            raise nobody(user_id)
        return str(name)

    def turns(self, leaving: Departure, pace: Pace, since: datetime | None = None) -> AsyncIterator[int]:
        return Renaming(self._engine, self._writer, leaving, pace, since).turns()

    async def finish(self, leaving: Departure, at: datetime) -> bool:
        is_it = departures.c.user_id == leaving.user_id

        def work(connection: Connection) -> None:
            connection.execute(update(departures).where(is_it).values(user_id=None, ended_at=at))
            connection.execute(delete(users).where(users.c.id == leaving.user_id))

        try:
            await self._writer.run(work)
        except IntegrityError:
            return False
        return True

    async def seen(self, over_before: datetime) -> list[Seen]:
        async with translated(), self._engine.connect() as connection:
            rows = (await connection.execute(select(departures))).all()
        is_over = departures.c.ended_at < over_before
        if any(row.ended_at is not None and row.ended_at < over_before for row in rows):
            await self._writer.run(lambda connection: connection.execute(delete(departures).where(is_over)))
        return [Seen(row.digest, row.user_id, row.ended_at is not None) for row in rows]

    async def claim(self, now: datetime, lease_until: datetime) -> list[Departure]:
        is_left = departures.c.ended_at.is_(None) & (departures.c.lease_until < now)
        claimed = update(departures).where(is_left).values(lease_until=lease_until)
        returned = claimed.returning(departures.c.user_id, departures.c.pseudonym_id, departures.c.began_at)

        def work(connection: Connection) -> list[Departure]:
            return [Departure(*row) for row in connection.execute(returned).all()]

        return await self._writer.run(work)

    async def renew(self, leaving: Departure, lease_until: datetime) -> None:
        await self._writer.run(lambda connection: _lease(connection, leaving.user_id, lease_until))

    async def latest_edit(self) -> datetime | None:
        async with translated(), self._engine.connect() as connection:
            at: datetime | None = await connection.scalar(LATEST_EDIT)
            return at


def _lock(connection: Connection, user_id: str) -> list[str]:
    """Locks the bands of a user, in one order, and the user. Returns the ids of the bands."""
    theirs = select(memberships.c.band_id).where(memberships.c.user_id == user_id).order_by(memberships.c.band_id)
    band_ids = list(connection.scalars(theirs))
    for band_id in band_ids:
        lock(connection, bands, band_id)
    if connection.execute(select(users.c.id).where(users.c.id == user_id).with_for_update()).first() is None:
        raise nobody(user_id)
    # Restored from an old dump, they are there again.
    connection.execute(delete(departures).where(departures.c.digest == digest_of(user_id)))
    return band_ids


def _require_owners(connection: Connection, user_id: str) -> None:
    other = memberships.alias("other")
    owner = exists().where(other.c.band_id == bands.c.id, other.c.user_id != user_id, other.c.role == Role.OWNER.value)
    owned = (memberships.c.band_id == bands.c.id) & (memberships.c.user_id == user_id)
    is_only = (memberships.c.role == Role.OWNER.value) & ~owner & _others_beside(user_id)
    names = connection.scalars(
        select(bands.c.name).join(memberships, owned).where(is_only).order_by(bands.c.name)
    ).all()
    if names:
        shown = ", ".join(map(repr, names[:_NAMES_SHOWN]))
        more = " and others" if len(names) > _NAMES_SHOWN else ""
        raise Conflicting(f"expected their bands to keep an owner: make somebody else an owner of {shown}{more} first")


def _others_beside(user_id: str) -> Exists:
    other = memberships.alias("anybody")
    return exists().where(other.c.band_id == bands.c.id, other.c.user_id != user_id)


def _archive_abandoned(connection: Connection, user_id: str, at: datetime) -> None:
    """A band of nobody else is out of the way; operators reach it."""
    theirs = exists().where(memberships.c.band_id == bands.c.id, memberships.c.user_id == user_id)
    alone = theirs & ~_others_beside(user_id) & bands.c.archived_at.is_(None)
    connection.execute(update(bands).where(alone).values(archived_at=at))


def _lease(connection: Connection, user_id: str, until: datetime) -> None:
    connection.execute(update(departures).where(departures.c.user_id == user_id).values(lease_until=until))
