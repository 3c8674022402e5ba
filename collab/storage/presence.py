"""Visits and nodes: written by the one writer, read beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, literal, select, true, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.access import BandRoom, ContentRoom
from collab.domain.bands import User
from collab.domain.presence.visits import Departed, Node, Origin, Visit
from collab.storage.arrays import array, is_one_of
from collab.storage.counting import free_users
from collab.storage.faults import translated
from collab.storage.tables import contents, nodes, presence_sessions, users
from collab.storage.upserts import by_dialect
from collab.storage.writer import Writer

_PLACE = (presence_sessions.c.started_at, presence_sessions.c.id)

_OPEN = presence_sessions.c.ended_at.is_(None)

_RENEW = by_dialect(
    nodes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["id"],
        set_={name: insert.excluded[name] for name in ("renewed_at", "lease_until", "ended_at")},
        where=nodes.c.ended_at.is_(None),
    ).returning(nodes.c.id),
)

_RECORD = by_dialect(
    presence_sessions,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["id"],
        set_={name: insert.excluded[name] for name in ("last_seen_at", "ended_at", "end_reason")},
        where=_OPEN,
    ),
)

_THERE = select(users.c.id).where(is_one_of(users.c.id, array("user_ids")))

# Stated once, as in counting.py: these are carried out as long as the node lives.
_LIVING = select(nodes.c.id).where(nodes.c.ended_at.is_(None), nodes.c.lease_until > bindparam("now"))

_DEAD = (
    select(nodes.c.id, nodes.c.renewed_at)
    .where(nodes.c.ended_at.is_(None), nodes.c.lease_until <= bindparam("now"), nodes.c.id != bindparam("asking"))
    # Another node that is about to do the same has it: let it.
    .with_for_update(skip_locked=True)
)


class StoredPresence:
    """Implements `services.stores.PresenceStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def record(self, node: Node, visits: Sequence[Visit]) -> list[Visit] | None:
        def work(connection: Connection) -> list[Visit] | None:
            if not _renew(connection, node):
                return None
            # A lock on the row of one user must not keep a node from its lease.
            free = free_users(connection, {visit.user.id for visit in visits}) if visits else set()
            written = [_row_of(visit) for visit in visits if visit.user.id in free]
            if written:
                connection.execute(_RECORD[connection.dialect.name], written)
            return _waiting(connection, [visit for visit in visits if visit.user.id not in free])

        return await self._writer.run(work)

    async def end_dead(self, now: datetime, asking: str) -> list[Departed]:
        return await self._writer.run(lambda connection: _end_dead(connection, now, asking))

    async def living(self, now: datetime) -> set[str]:
        async with translated(), self._engine.connect() as connection:
            return set((await connection.execute(_LIVING, {"now": now})).scalars())

    async def visits(self, band_id: str, limit: int, before: str | None) -> list[Visit]:
        async with translated(), self._engine.connect() as connection:
            place = None
            if before is not None:
                place = (await connection.execute(select(*_PLACE).where(presence_sessions.c.id == before))).first()
                if place is None:
                    return []
            statement = _latest(connection.dialect.name, band_id, limit, place)
            return [_visit_of(row) for row in await connection.execute(statement)]


def _waiting(connection: Connection, unwritten: list[Visit]) -> list[Visit]:
    """Those of visits that could not be written whose users are there. Of who was forgotten nothing is put down."""
    if not unwritten:
        return unwritten
    there = set(connection.scalars(_THERE, {"user_ids": sorted({visit.user.id for visit in unwritten})}))
    return [visit for visit in unwritten if visit.user.id in there]


def _latest(dialect: str, band_id: str, limit: int, before: Row[Any, Any] | None) -> Select[Any]:
    """The latest visits in a band's rooms: of each room so many by index, then the latest of these, however many visits
    there have been."""
    of_contents = select(literal(ContentRoom("").name) + contents.c.id).where(contents.c.band_id == band_id)
    rooms = union_all(select(literal(BandRoom(band_id).name).label("room")), of_contents).cte("rooms")
    stay, in_room = presence_sessions, presence_sessions.alias("in_room")
    latest = (
        select(in_room.c.id)
        .where(in_room.c.room == rooms.c.room)
        .order_by(in_room.c.started_at.desc(), in_room.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        began = literal(before.started_at, stay.c.started_at.type)
        latest = latest.where(tuple_(in_room.c.started_at, in_room.c.id) < tuple_(began, literal(before.id)))
    if dialect == "sqlite":
        # It has no LATERAL; whatever else the condition names, it looks up by the primary key.
        found = rooms.join(stay, stay.c.id.in_(latest.correlate(rooms)))
    else:
        lateral = latest.lateral("latest")
        found = rooms.join(lateral, true()).join(stay, stay.c.id == lateral.c.id)
    return (
        select(stay, users.c.name.label("user_name"))
        .select_from(found.join(users, users.c.id == stay.c.user_id))
        .order_by(stay.c.started_at.desc(), stay.c.id.desc())
        .limit(limit)
    )


def _renew(connection: Connection, node: Node) -> bool:
    renewed = connection.execute(
        _RENEW[connection.dialect.name],
        {
            "id": node.id,
            "host": node.host,
            "started_at": node.started_at,
            "renewed_at": node.renewed_at,
            "lease_until": node.lease_until,
            "ended_at": node.ended_at,
        },
    )
    return renewed.first() is not None


def _end_dead(connection: Connection, now: datetime, asking: str) -> list[Departed]:
    dead = connection.execute(_DEAD, {"now": now, "asking": asking}).all()
    return [departed for node in dead for departed in _bury(connection, node.id, node.renewed_at)]


def _bury(connection: Connection, node_id: str, last_heard: datetime) -> list[Departed]:
    """Ends a node and its visits at the time when it was last heard of."""
    table = presence_sessions
    theirs = (table.c.node_id == node_id) & _OPEN
    ended = connection.execute(select(table).where(theirs).order_by(table.c.started_at, table.c.id)).all()
    connection.execute(update(table).where(theirs).values(ended_at=last_heard, end_reason="node_died"))
    connection.execute(update(nodes).where(nodes.c.id == node_id).values(ended_at=last_heard))
    still = connection.execute(
        select(table.c.room, table.c.user_id)
        .where(_OPEN, is_one_of(table.c.room, {row.room for row in ended}))
        .distinct()
    ).all()
    there = {(row.room, row.user_id) for row in still}
    return [
        Departed(row.room, row.session_id, row.user_id, last_heard, (row.room, row.user_id) in there) for row in ended
    ]


def _row_of(visit: Visit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "session_id": visit.session_id,
        "user_id": visit.user.id,
        "room": visit.room,
        "node_id": visit.node_id,
        "transport": visit.origin.transport,
        "user_agent": visit.origin.user_agent,
        "remote_addr": visit.origin.remote_addr,
        "started_at": visit.started_at,
        "last_seen_at": visit.last_seen_at,
        "ended_at": visit.ended_at,
        "end_reason": visit.end_reason,
    }


def _visit_of(row: Row[Any]) -> Visit:
    return Visit(
        id=row.id,
        session_id=row.session_id,
        user=User(row.user_id, row.user_name),
        room=row.room,
        node_id=row.node_id,
        origin=Origin(row.transport, row.user_agent, row.remote_addr),
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )
