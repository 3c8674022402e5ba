"""Deleting stays, the nodes that they were at, finished jobs and what the door wrote down, once they were kept for long
enough."""

from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.devices import KEPT_FOR
from collab.services.pruning import Cutoffs, Pruned
from collab.storage.faults import translated
from collab.storage.tables import devices, door_log, invitations, jobs, nodes, presence_sessions
from collab.storage.turns import TurnSize
from collab.storage.writer import Writer


class StoredPruning:
    """Implements `services.pruning.PruningStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer
        self._size = TurnSize()

    async def prune(self, over: Cutoffs) -> Pruned:
        def turn(connection: Connection) -> Pruned:
            began_s = perf_counter()
            pruned = prune_turn(connection, over, self._size.rows)
            self._size.learn(perf_counter() - began_s, max(pruned.stays, pruned.nodes, pruned.jobs, pruned.door))
            return pruned

        return await self._writer.run(turn)

    async def prunable(self, over: Cutoffs) -> Pruned:
        async def counted(table: Table, *conditions: ColumnElement[bool]) -> int:
            return (await connection.scalar(select(func.count()).select_from(table).where(*conditions))) or 0

        async with translated(), self._engine.connect() as connection:
            stays = over_nodes = over_jobs = of_the_door = 0
            if over.stays is not None:
                stays = await counted(presence_sessions, _stay_is_over(over.stays))
                over_nodes = await counted(nodes, _node_is_over(over.stays, ~_stay_is_over(over.stays)))
            if over.jobs is not None:
                over_jobs = await counted(jobs, jobs.c.finished_at < over.jobs)
            if over.door is not None:
                of_the_door = sum([await counted(table, is_over) for table, is_over in _over_at_door(over.door)])
            return Pruned(stays, over_nodes, over_jobs, of_the_door)


def prune_turn(connection: Connection, over: Cutoffs, rows: int) -> Pruned:
    """Deletes of each that are over at most so many."""
    stays = over_nodes = over_jobs = of_the_door = 0
    if over.stays is not None:
        stays = _delete(connection, presence_sessions, _stay_is_over(over.stays), rows)
        over_nodes = _delete(connection, nodes, _node_is_over(over.stays), rows)
    if over.jobs is not None:
        over_jobs = _delete(connection, jobs, jobs.c.finished_at < over.jobs, rows)
    # In turns of their own: each statement takes of a turn's time, and leaves fewer rows to the others.
    if over.door is not None and not (stays or over_nodes or over_jobs):
        of_the_door = sum(_delete(connection, table, is_over, rows) for table, is_over in _over_at_door(over.door))
    return Pruned(stays, over_nodes, over_jobs, of_the_door)


def _over_at_door(before: datetime) -> list[tuple[Table, ColumnElement[bool]]]:
    """What was written down; devices that were signed out, and those not seen until their cookie went; links that have
    run out, and those taken back. Each has an index of its own to be found by."""
    unseen = devices.c.ended_at.is_(None) & (devices.c.seen_at < before - KEPT_FOR)
    taken_back = (invitations.c.revoked_at < before) & (invitations.c.expires_at >= before)
    return [
        (door_log, door_log.c.at < before),
        (devices, devices.c.ended_at < before),
        (devices, unseen),
        (invitations, invitations.c.expires_at < before),
        (invitations, taken_back),
    ]


def _stay_is_over(before: datetime) -> ColumnElement[bool]:
    # It began before it ended; that is what there is an index of.
    stays = presence_sessions.c
    return (stays.started_at < before) & (stays.ended_at < before)


def _node_is_over(before: datetime, *of_stays: ColumnElement[bool]) -> ColumnElement[bool]:
    """Where it ended, and no stay is at it, or none of these."""
    at_it = exists().where(presence_sessions.c.node_id == nodes.c.id, *of_stays)
    return (nodes.c.ended_at < before) & ~at_it


def _delete(connection: Connection, table: Table, is_over: Any, rows: int) -> int:
    # Several nodes prune: each takes what no other has taken.
    few = select(table.c.id).where(is_over).limit(rows).with_for_update(skip_locked=True)
    return connection.execute(delete(table).where(table.c.id.in_(few))).rowcount
