"""Users, bands, memberships and the list of contents."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import Role
from collab.domain.bands import Band, Content, Member, User
from collab.domain.document import Document
from collab.domain.errors import Conflicting, NotFound
from collab.storage.faults import translated
from collab.storage.rows import SELECT_CONTENTS, SELECT_MEMBERS, content_of, member_of
from collab.storage.tables import bands, contents, memberships, snapshots, users
from collab.storage.upserts import by_dialect
from collab.storage.writer import Writer

_NEW_USER = by_dialect(users, lambda insert: insert.on_conflict_do_nothing())
_USER = by_dialect(
    users,
    lambda insert: insert.on_conflict_do_update(index_elements=["id"], set_={"name": insert.excluded.name}),
)
_MEMBERSHIP = by_dialect(
    memberships,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["band_id", "user_id"], set_={"role": insert.excluded.role}
    ),
)


class StoredBands:
    """Implements `services.stores.BandStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def bands_of(self, user_id: str) -> list[tuple[Band, Role]]:
        rows = await self._read(
            select(bands, memberships.c.role)
            .join(memberships, memberships.c.band_id == bands.c.id)
            .where(memberships.c.user_id == user_id)
            .order_by(bands.c.name, bands.c.id)
        )
        return [(Band(row.id, row.name), Role(row.role)) for row in rows]

    async def band(self, band_id: str) -> Band | None:
        rows = await self._read(select(bands).where(bands.c.id == band_id))
        return Band(rows[0].id, rows[0].name) if rows else None

    async def members(self, band_id: str) -> list[Member]:
        rows = await self._read(
            SELECT_MEMBERS.where(memberships.c.band_id == band_id).order_by(users.c.name, users.c.id)
        )
        return [member_of(row) for row in rows]

    async def contents(self, band_id: str) -> list[Content]:
        rows = await self._read(
            SELECT_CONTENTS.where(contents.c.band_id == band_id).order_by(contents.c.created_at, contents.c.id)
        )
        return [content_of(row) for row in rows]

    async def content(self, content_id: str) -> Content | None:
        rows = await self._read(SELECT_CONTENTS.where(contents.c.id == content_id))
        return content_of(rows[0]) if rows else None

    async def around(
        self, band_ids: Sequence[str], user_ids: Sequence[str]
    ) -> tuple[dict[str, list[Member]], list[Content]]:
        theirs = select(memberships.c.band_id).where(memberships.c.user_id.in_(user_ids))
        found: dict[str, list[Member]] = {}
        for row in await self._read(
            SELECT_MEMBERS.where(memberships.c.band_id.in_(band_ids) | memberships.c.band_id.in_(theirs))
        ):
            found.setdefault(row.band_id, []).append(member_of(row))
        of_bands = contents.c.band_id.in_(band_ids) | contents.c.band_id.in_(theirs)
        return found, [content_of(row) for row in await self._read(SELECT_CONTENTS.where(of_bands))]

    async def contents_titled(self, title: str) -> list[Content]:
        """The contents of that title, of all bands."""
        rows = await self._read(SELECT_CONTENTS.where(contents.c.title == title).order_by(contents.c.created_at))
        return [content_of(row) for row in rows]

    async def save_user(self, user: User, at: datetime) -> None:
        row = {"id": user.id, "name": user.name, "created_at": at}
        await self._writer.run(lambda connection: connection.execute(_USER[connection.dialect.name], row))

    async def create_band(self, band: Band, owner: User, at: datetime) -> None:
        def work(connection: Connection) -> None:
            connection.execute(
                insert(bands), {"id": band.id, "name": band.name, "created_at": at, "created_by": owner.id}
            )
            _upsert_membership(connection, band.id, owner.id, Role.OWNER, at)

        await self._writer.run(work)

    async def put_member(self, band_id: str, member: Member, at: datetime) -> Member:
        def work(connection: Connection) -> Member:
            user = {"id": member.user_id, "name": member.name, "created_at": at}
            connection.execute(_NEW_USER[connection.dialect.name], user)
            _upsert_membership(connection, band_id, member.user_id, member.role, at)
            _require_owner(connection, band_id)
            name = connection.execute(select(users.c.name).where(users.c.id == member.user_id)).scalar_one()
            return replace(member, name=name)

        return await self._writer.run(work)

    async def remove_member(self, band_id: str, user_id: str) -> None:
        def work(connection: Connection) -> None:
            gone = connection.execute(
                delete(memberships).where(memberships.c.band_id == band_id, memberships.c.user_id == user_id)
            )
            if gone.rowcount == 0:
                raise NotFound(f"expected a member of band {band_id}, got {user_id!r}")
            _require_owner(connection, band_id)

        await self._writer.run(work)

    async def create_content(self, document: Document, author: User, at: datetime) -> Content:
        def work(connection: Connection) -> Content:
            connection.execute(
                insert(contents),
                {
                    "id": document.id,
                    "band_id": document.band_id,
                    "kind": document.kind,
                    "title": document.title,
                    "version": document.version,
                    "created_at": at,
                    "created_by": author.id,
                    "updated_at": at,
                    "updated_by": author.id,
                },
            )
            connection.execute(
                insert(snapshots),
                {
                    "content_id": document.id,
                    "version": document.version,
                    "document": document.to_snapshot(),
                    "created_at": at,
                },
            )
            return _content(connection, document.id)

        return await self._writer.run(work)

    async def set_archived(self, content_id: str, is_archived: bool, at: datetime) -> Content:
        def work(connection: Connection) -> Content:
            change = update(contents).where(contents.c.id == content_id)
            if is_archived:
                # Archived once already: it keeps the time of that.
                change = change.where(contents.c.archived_at.is_(None))
            connection.execute(change.values(archived_at=at if is_archived else None))
            return _content(connection, content_id)

        return await self._writer.run(work)

    async def _read(self, statement: Select[Any]) -> list[Any]:
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(statement))


def _upsert_membership(connection: Connection, band_id: str, user_id: str, role: Role, at: datetime) -> None:
    row = {"band_id": band_id, "user_id": user_id, "role": role.value, "created_at": at}
    connection.execute(_MEMBERSHIP[connection.dialect.name], row)


def _require_owner(connection: Connection, band_id: str) -> None:
    # The band's row is locked first, so that two nodes can't each take away one of two owners.
    connection.execute(select(bands.c.id).where(bands.c.id == band_id).with_for_update())
    owners = connection.execute(
        select(func.count())
        .select_from(memberships)
        .where(memberships.c.band_id == band_id, memberships.c.role == Role.OWNER.value)
    ).scalar_one()
    if owners == 0:
        raise Conflicting("expected the band to keep an owner: make somebody else an owner first")


def _content(connection: Connection, content_id: str) -> Content:
    return content_of(connection.execute(SELECT_CONTENTS.where(contents.c.id == content_id)).one())
