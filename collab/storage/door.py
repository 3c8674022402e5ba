"""Invitations, devices, and the log of who came in."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import Role
from collab.domain.bands import Band, User
from collab.domain.devices import MAX_DEVICES, Device, ended
from collab.domain.errors import NotFound
from collab.domain.invitations import Invitation, Purpose, role_after
from collab.services.door.store import Found, LetIn, Logged
from collab.services.stores import CountLimits
from collab.storage.bands import put_into_band
from collab.storage.barred import require_not_barred
from collab.storage.counting import count, lock, require_room
from collab.storage.faults import translated
from collab.storage.tables import bands, devices, door_log, invitations, memberships, users
from collab.storage.upserts import by_dialect
from collab.storage.writer import Writer

MAX_OPEN_INVITATIONS = 100
"""Of a band."""

_NEW_USER = by_dialect(users, lambda insert: insert.on_conflict_do_nothing())

_SELECT_FOUND = (
    select(invitations, bands.c.name.label("band_name"), users.c.name.label("user_name"))
    .outerjoin(bands, bands.c.id == invitations.c.band_id)
    .outerjoin(users, users.c.id == invitations.c.user_id)
)
_SELECT_DEVICES = select(devices, users.c.name.label("user_name")).join(users, users.c.id == devices.c.user_id)


class StoredDoor:
    """Implements `services.door.store.DoorStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer, limits: CountLimits) -> None:
        self._engine = engine
        self._writer = writer
        self._limits = limits

    async def add_invitation(self, invitation: Invitation, digest: str, log: Logged) -> None:
        def work(connection: Connection) -> None:
            if invitation.band_id is not None:
                lock(connection, bands, invitation.band_id)
                if not count(connection, bands, bands.c.id == invitation.band_id):
                    raise NotFound(f"expected the id of a band, got {invitation.band_id!r}")
                is_theirs = _is_open(invitation.created_at) & (invitations.c.band_id == invitation.band_id)
                require_room(connection, MAX_OPEN_INVITATIONS, "open invitations of a band", invitations, is_theirs)
            _add(connection, invitation, digest)
            _log(connection, log)

        await self._writer.run(work)

    async def add_first_link(self, invitation: Invitation, digest: str) -> bool:
        def work(connection: Connection) -> bool:
            if count(connection, bands):
                return False
            is_older = (invitations.c.purpose == Purpose.FIRST.value) & invitations.c.revoked_at.is_(None)
            connection.execute(update(invitations).where(is_older).values(revoked_at=invitation.created_at))
            _add(connection, invitation, digest)
            return True

        return await self._writer.run(work)

    async def find(self, digest: str) -> Found | None:
        rows = await self._read(_SELECT_FOUND.where(invitations.c.digest == digest))
        return _found(rows[0]) if rows else None

    async def open_invitations(self, band_id: str, now: datetime) -> list[Invitation]:
        is_theirs = _is_open(now) & (invitations.c.band_id == band_id)
        return [_invitation(row) for row in await self._read(_newest(select(invitations).where(is_theirs)))]

    async def revoke_invitation(self, band_id: str, invitation_id: str, log: Logged) -> None:
        is_it = and_(_is_open(log.at), invitations.c.band_id == band_id, invitations.c.id == invitation_id)

        def work(connection: Connection) -> None:
            if not connection.execute(update(invitations).where(is_it).values(revoked_at=log.at)).rowcount:
                raise NotFound(f"expected an open invitation of band {band_id}, got {invitation_id!r}")
            _log(connection, log)

        await self._writer.run(work)

    async def let_in(self, digest: str, user: User | None, device: Device | None, log: Logged) -> LetIn:
        return await self._writer.run(lambda connection: self._let_in(connection, digest, user, device, log))

    def _let_in(
        self, connection: Connection, digest: str, user: User | None, device: Device | None, log: Logged
    ) -> LetIn:
        # Locked: two who open a link for one at once are not both let in.
        row = connection.execute(
            _SELECT_FOUND.where(invitations.c.digest == digest).with_for_update(of=invitations)
        ).one_or_none()
        if row is None:
            raise NotFound("no such link: it may have been copied by halves")
        found = _found(row)
        found.invitation.require_open(log.at)
        who = found.person or user
        assert who is not None  # noqa: S101  # for the type checker: a link that names nobody is opened by somebody
        require_not_barred(connection, who.id)
        connection.execute(_NEW_USER[connection.dialect.name], {"id": who.id, "name": who.name, "created_at": log.at})
        let_in = self._put_into_band(connection, found, who, log.at)
        if device is not None:
            _add_device(connection, replace(device, user_id=who.id))
        if device is not None or let_in.is_new_role:
            is_it = invitations.c.id == found.invitation.id
            connection.execute(update(invitations).where(is_it).values(uses=invitations.c.uses + 1))
            _log(connection, replace(log, user_id=who.id, invitation_id=found.invitation.id, band_id=row.band_id))
        return let_in

    def _put_into_band(self, connection: Connection, found: Found, who: User, at: datetime) -> LetIn:
        band, offered = found.band, found.invitation.role
        if band is None or offered is None:
            return LetIn(who, None, None, is_new_role=False)
        theirs = select(memberships.c.role).where(memberships.c.band_id == band.id, memberships.c.user_id == who.id)
        has = connection.execute(theirs).scalar_one_or_none()
        role = role_after(None if has is None else Role(has), offered)
        if role != has:
            put_into_band(connection, self._limits, band.id, who.id, role, at)
        return LetIn(who, band, role, is_new_role=role != has)

    async def show(self, device_id: str, step: Callable[[Device], Device], log: Logged) -> tuple[Device, User] | None:
        asked = _SELECT_DEVICES.where(devices.c.id == device_id).with_for_update(of=devices)

        def work(connection: Connection) -> tuple[Device, User] | None:
            row = connection.execute(asked).one_or_none()
            if row is None or not _device(row).is_signed_in(log.at):
                return None
            after = step(_device(row))
            connection.execute(update(devices).where(devices.c.id == device_id).values(**_device_row(after)))
            if after.ended_at is not None:
                _log(connection, replace(log, user_id=after.user_id, device_id=device_id))
            return after, User(row.user_id, row.user_name)

        return await self._writer.run(work)

    async def devices(self, user_id: str) -> Sequence[Device]:
        is_theirs = (devices.c.user_id == user_id) & devices.c.ended_at.is_(None)
        rows = await self._read(select(devices).where(is_theirs).order_by(devices.c.seen_at.desc(), devices.c.id))
        return [_device(row) for row in rows]

    async def _read(self, statement: Select[Any]) -> list[Any]:
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(statement))


def _is_open(now: datetime) -> Any:
    """As `Invitation.is_open`."""
    return and_(
        invitations.c.revoked_at.is_(None),
        invitations.c.expires_at > now,
        invitations.c.uses < invitations.c.max_uses,
    )


def _newest(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(invitations.c.created_at.desc(), invitations.c.id.desc())


def _add(connection: Connection, invitation: Invitation, digest: str) -> None:
    connection.execute(insert(invitations), {**asdict(invitation), "digest": digest})


def _add_device(connection: Connection, device: Device) -> None:
    lock(connection, users, device.user_id)
    is_theirs = (devices.c.user_id == device.user_id) & devices.c.ended_at.is_(None)
    there = connection.execute(select(devices).where(is_theirs).order_by(devices.c.seen_at.desc(), devices.c.id)).all()
    for row in there[MAX_DEVICES - 1 :]:
        over = _device_row(ended(_device(row), "too many", device.created_at))
        connection.execute(update(devices).where(devices.c.id == row.id).values(**over))
    connection.execute(insert(devices), _device_row(device))


def _log(connection: Connection, log: Logged) -> None:
    row = asdict(log)
    connection.execute(insert(door_log), {**row, "remote_addr": row.pop("address")})


def _found(row: Row[Any]) -> Found:
    band = None if row.band_id is None else Band(row.band_id, row.band_name)
    person = None if row.user_id is None else User(row.user_id, row.user_name)
    return Found(_invitation(row), band, person)


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        row.id,
        Purpose(row.purpose),
        row.created_at,
        row.expires_at,
        row.max_uses,
        row.uses,
        row.band_id,
        None if row.role is None else Role(row.role),
        row.user_id,
        row.created_by,
        row.revoked_at,
    )


def _device(row: Row[Any]) -> Device:
    return Device(**{name: getattr(row, name) for name in Device.__dataclass_fields__})


def _device_row(device: Device) -> dict[str, Any]:
    return asdict(device)
