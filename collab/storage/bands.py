"""Users, bands, memberships and the list of contents."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import Role
from collab.domain.bands import Band, BandFacts, Content, ContentRef, Member, User
from collab.domain.errors import Conflicting, NotFound, TooLarge
from collab.domain.leaving import barred, digest_of
from collab.domain.ot.document import Document
from collab.services.stores import CountLimits
from collab.storage.arrays import array, is_one_of, joined_with_pairs, pairs_of
from collab.storage.barred import BARRED, require_not_barred
from collab.storage.counting import count, lock, require_room
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
_BAND = by_dialect(
    bands,
    lambda insert: insert.on_conflict_do_update(index_elements=["id"], set_={"name": insert.excluded.name}),
)
_MEMBERSHIP = by_dialect(
    memberships,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["band_id", "user_id"], set_={"role": insert.excluded.role}
    ),
)

_OLDEST = (contents.c.created_at, contents.c.id)

_REVISIONS = select(bands.c.id, bands.c.revision).where(is_one_of(bands.c.id, array("band_ids")))
_ROLES = select(memberships.c.band_id, memberships.c.user_id, memberships.c.role).where(
    is_one_of(memberships.c.band_id, array("band_ids"))
)
_REFS = select(contents.c.id, contents.c.band_id, contents.c.kind, contents.c.archived_at.is_not(None)).where(
    is_one_of(contents.c.band_id, array("band_ids"))
)
_USER_AND_BAND_IDS = (
    select(users.c.name, memberships.c.band_id)
    .outerjoin(memberships, memberships.c.user_id == users.c.id)
    .where(users.c.id == bindparam("user_id"))
)
_BAND_IDS = select(memberships.c.band_id).where(is_one_of(memberships.c.user_id, array("user_ids"))).distinct()
_CHANGED = joined_with_pairs(
    Integer,
    lambda band_id, revision: select(bands.c.id).where(bands.c.id == band_id, bands.c.revision != revision),
)


class StoredBands:
    """Implements `services.stores.BandStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer, limits: CountLimits) -> None:
        self._engine = engine
        self._writer = writer
        self._limits = limits

    async def bands_of(self, user_id: str) -> list[tuple[Band, Role]]:
        rows = await self._read(
            select(bands, memberships.c.role)
            .join(memberships, memberships.c.band_id == bands.c.id)
            .where(memberships.c.user_id == user_id)
            .order_by(bands.c.name, bands.c.id)
        )
        return [(_band_of(row), Role(row.role)) for row in rows]

    async def band_within_reach(
        self, user: User, *, band_id: str | None = None, content_id: str | None = None
    ) -> str | None:
        found = select(bands.c.id) if content_id is None else select(contents.c.band_id)
        found = found.where(bands.c.id == band_id if content_id is None else contents.c.id == content_id)
        if not user.is_operator:
            [of_band] = found.selected_columns
            found = found.join(memberships, memberships.c.band_id == of_band).where(memberships.c.user_id == user.id)
        rows = await self._read(found)
        return rows[0][0] if rows else None

    async def members(self, band_id: str) -> list[Member]:
        rows = await self._read(
            SELECT_MEMBERS.where(memberships.c.band_id == band_id).order_by(users.c.name, users.c.id)
        )
        return [member_of(row) for row in rows]

    async def contents(self, band_id: str) -> list[Content]:
        rows = await self._read(SELECT_CONTENTS.where(contents.c.band_id == band_id).order_by(*_OLDEST))
        return [content_of(row) for row in rows]

    async def content(self, content_id: str) -> Content | None:
        rows = await self._read(SELECT_CONTENTS.where(contents.c.id == content_id))
        return content_of(rows[0]) if rows else None

    async def facts(self, band_ids: Collection[str]) -> dict[str, BandFacts]:
        asked = {"band_ids": band_ids}
        roles: defaultdict[str, dict[str, Role]] = defaultdict(dict)
        refs: defaultdict[str, list[ContentRef]] = defaultdict(list)
        async with translated(), self._engine.connect() as connection:
            # First: what changes before the rest is read is read again the next time, and not missed.
            revisions = (await connection.execute(_REVISIONS, asked)).all()
            for band_id, user_id, role in await connection.execute(_ROLES, asked):
                roles[band_id][user_id] = Role(role)
            for content_id, band_id, kind, is_archived in await connection.execute(_REFS, asked):
                refs[band_id].append(ContentRef(content_id, band_id, kind, is_archived))
        return {band_id: BandFacts(revision, roles[band_id], refs[band_id]) for band_id, revision in revisions}

    async def user(self, user_id: str) -> tuple[str | None, list[str]]:
        async with translated(), self._engine.connect() as connection:
            if (await connection.execute(BARRED, {"digest": digest_of(user_id)})).first() is not None:
                raise barred()
            rows = (await connection.execute(_USER_AND_BAND_IDS, {"user_id": user_id})).all()
        return rows[0].name if rows else None, [row.band_id for row in rows if row.band_id is not None]

    async def changed(self, revisions: Mapping[str, int], user_ids: Collection[str]) -> list[str]:
        async with translated(), self._engine.connect() as connection:
            asked = pairs_of(self._engine.dialect, revisions.items())
            changed = (await connection.execute(_CHANGED[self._engine.dialect.name], asked)).scalars().all()
            theirs = (await connection.execute(_BAND_IDS, {"user_ids": user_ids})).scalars()
            return [*changed, *(band_id for band_id in theirs if band_id not in revisions)]

    async def contents_titled(self, title: str) -> list[Content]:
        """The contents of that title, of all bands."""
        rows = await self._read(SELECT_CONTENTS.where(contents.c.title == title).order_by(contents.c.created_at))
        return [content_of(row) for row in rows]

    async def save_user(self, user: User, at: datetime) -> None:
        def work(connection: Connection) -> None:
            require_not_barred(connection, user.id)
            row = {"id": user.id, "name": user.name, "created_at": at}
            connection.execute(_USER[connection.dialect.name], row)

        await self._writer.run(work)

    async def set_bands_of(self, user_id: str, wanted: Mapping[Band, Role], at: datetime) -> list[str]:
        if len(wanted) > self._limits.user_memberships:
            raise TooLarge(f"expected a user in at most {self._limits.user_memberships} bands, got {len(wanted)}")
        if dict(await self.bands_of(user_id)) == wanted:
            return []

        def work(connection: Connection) -> list[str]:
            if not count(connection, users, users.c.id == user_id):
                return []
            lock(connection, users, user_id)
            require_not_barred(connection, user_id)
            return _set_bands_of(connection, user_id, wanted, at)

        return await self._writer.run(work)

    async def create_band(self, band: Band, owner: User, at: datetime) -> None:
        def work(connection: Connection) -> None:
            require_not_barred(connection, owner.id)
            if not owner.is_operator:
                lock(connection, users, owner.id)
                made = bands.c.created_by == owner.id
                require_room(connection, self._limits.user_bands, "bands that one user has made", bands, made)
                _require_room_for_user(connection, self._limits, owner.id)
            connection.execute(
                insert(bands), {"id": band.id, "name": band.name, "created_at": at, "created_by": owner.id}
            )
            _upsert_membership(connection, band.id, owner.id, Role.OWNER, at)

        await self._writer.run(work)

    async def change_band(self, band_id: str, name: str | None, is_archived: bool | None, at: datetime) -> Band:
        def work(connection: Connection) -> Band:
            change = update(bands).where(bands.c.id == band_id)
            if name is not None:
                connection.execute(change.values(name=name))
            if is_archived is False:
                connection.execute(change.values(archived_at=None))
            elif is_archived:
                # Archived once already: it keeps the time of that.
                connection.execute(change.where(bands.c.archived_at.is_(None)).values(archived_at=at))
            return _band_of(connection.execute(select(bands).where(bands.c.id == band_id)).one())

        return await self._writer.run(work)

    async def put_member(self, band_id: str, member: Member, at: datetime) -> Member:
        def work(connection: Connection) -> Member:
            require_not_barred(connection, member.user_id)
            user = {"id": member.user_id, "name": member.name, "created_at": at}
            connection.execute(_NEW_USER[connection.dialect.name], user)
            put_into_band(connection, self._limits, band_id, member.user_id, member.role, at)
            _require_owner(connection, band_id)
            name = connection.execute(select(users.c.name).where(users.c.id == member.user_id)).scalar_one()
            return replace(member, name=name)

        return await self._writer.run(work)

    async def remove_member(self, band_id: str, user_id: str) -> None:
        def work(connection: Connection) -> None:
            lock(connection, bands, band_id)
            gone = connection.execute(
                delete(memberships).where(memberships.c.band_id == band_id, memberships.c.user_id == user_id)
            )
            if gone.rowcount == 0:
                raise NotFound(f"expected a member of band {band_id}, got {user_id!r}")
            _require_owner(connection, band_id)

        await self._writer.run(work)

    async def create_content(self, document: Document, author: User, at: datetime) -> Content:
        return await self._writer.run(lambda connection: self._add_content(connection, document, author, at))

    async def first_content(self, document: Document, author: User, at: datetime) -> tuple[Content, bool]:
        is_such = (contents.c.band_id == document.band_id) & (contents.c.kind == document.kind)
        first = SELECT_CONTENTS.where(is_such, contents.c.archived_at.is_(None)).order_by(*_OLDEST).limit(1)

        def work(connection: Connection) -> tuple[Content, bool]:
            lock(connection, bands, document.band_id)
            there = connection.execute(first).one_or_none()
            if there is not None:
                return content_of(there), False
            return self._add_content(connection, document, author, at), True

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

    def _add_content(self, connection: Connection, document: Document, author: User, at: datetime) -> Content:
        lock(connection, bands, document.band_id)
        if count(connection, contents, contents.c.id == document.id):
            raise Conflicting(f"expected an id that no content has, got {document.id!r}")
        is_theirs = contents.c.band_id == document.band_id
        require_room(connection, self._limits.band_contents, "contents in a band", contents, is_theirs)
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

    async def _read(self, statement: Select[Any], asked: Mapping[str, Any] | None = None) -> list[Any]:
        async with translated(), self._engine.connect() as connection:
            return list(await connection.execute(statement, asked))


def _band_of(row: Row[Any]) -> Band:
    return Band(row.id, row.name, row.archived_at is not None)


def put_into_band(
    connection: Connection, limits: CountLimits, band_id: str, user_id: str, role: Role, at: datetime
) -> None:
    """Gives a user, whose row is there, a role in a band; `TooLarge` where the band, or the user, has too many."""
    lock(connection, bands, band_id)
    is_theirs = memberships.c.band_id == band_id
    if not count(connection, memberships, is_theirs, memberships.c.user_id == user_id):
        require_room(connection, limits.band_members, "members of a band", memberships, is_theirs)
        lock(connection, users, user_id)
        _require_room_for_user(connection, limits, user_id)
    _upsert_membership(connection, band_id, user_id, role, at)


def _require_room_for_user(connection: Connection, limits: CountLimits, user_id: str) -> None:
    is_theirs = memberships.c.user_id == user_id
    require_room(connection, limits.user_memberships, "bands that one user belongs to", memberships, is_theirs)


def _set_bands_of(connection: Connection, user_id: str, wanted: Mapping[Band, Role], at: datetime) -> list[str]:
    theirs = select(bands.c.id, bands.c.name, memberships.c.role).join(memberships, memberships.c.band_id == bands.c.id)
    before = {
        row.id: (row.name, row.role) for row in connection.execute(theirs.where(memberships.c.user_id == user_id))
    }
    now = {band.id: (band.name, role.value) for band, role in wanted.items()}
    changed = sorted(band_id for band_id in {**before, **now} if before.get(band_id) != now.get(band_id))
    for band_id in changed:
        if band_id in now:
            name, role = now[band_id]
            row = {"id": band_id, "name": name, "created_at": at, "created_by": user_id}
            connection.execute(_BAND[connection.dialect.name], row)
            _upsert_membership(connection, band_id, user_id, Role(role), at)
        else:
            gone = (memberships.c.band_id == band_id) & (memberships.c.user_id == user_id)
            connection.execute(delete(memberships).where(gone))
    return changed


def _upsert_membership(connection: Connection, band_id: str, user_id: str, role: Role, at: datetime) -> None:
    row = {"band_id": band_id, "user_id": user_id, "role": role.value, "created_at": at}
    connection.execute(_MEMBERSHIP[connection.dialect.name], row)


def _require_owner(connection: Connection, band_id: str) -> None:
    # The band is locked, so that two nodes can't each take away one of two owners.
    if not count(connection, memberships, memberships.c.band_id == band_id, memberships.c.role == Role.OWNER.value):
        raise Conflicting("expected the band to keep an owner: make somebody else an owner first")


def _content(connection: Connection, content_id: str) -> Content:
    return content_of(connection.execute(SELECT_CONTENTS.where(contents.c.id == content_id)).one())
