"""Deleting stays, the nodes that they were at, and finished jobs, once they were kept for long enough."""

from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.services.pruning import Cutoffs, Pruned
from collab.storage.faults import translated
from collab.storage.tables import jobs, nodes, presence_sessions
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
            self._size.learn(perf_counter() - began_s, max(pruned.stays, pruned.nodes, pruned.jobs))
            return pruned

        return await self._writer.run(turn)

    async def prunable(self, over: Cutoffs) -> Pruned:
        async def counted(table: Table, *conditions: ColumnElement[bool]) -> int:
            return (await connection.scalar(select(func.count()).select_from(table).where(*conditions))) or 0

        async with translated(), self._engine.connect() as connection:
            stays = over_nodes = over_jobs = 0
            if over.stays is not None:
                stays = await counted(presence_sessions, _stay_is_over(over.stays))
                over_nodes = await counted(nodes, _node_is_over(over.stays, ~_stay_is_over(over.stays)))
            if over.jobs is not None:
                over_jobs = await counted(jobs, jobs.c.finished_at < over.jobs)
            return Pruned(stays, over_nodes, over_jobs)


def prune_turn(connection: Connection, over: Cutoffs, rows: int) -> Pruned:
    """Deletes of each that are over at most so many."""
    stays = over_nodes = over_jobs = 0
    if over.stays is not None:
        stays = _delete(connection, presence_sessions, _stay_is_over(over.stays), rows)
        over_nodes = _delete(connection, nodes, _node_is_over(over.stays), rows)
    if over.jobs is not None:
        over_jobs = _delete(connection, jobs, jobs.c.finished_at < over.jobs, rows)
    return Pruned(stays, over_nodes, over_jobs)


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
