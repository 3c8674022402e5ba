"""Jobs, and the leases under which nodes run them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.bands import Job, JobStatus, User
from collab.services.stores import too_many_running
from collab.storage.counting import count, lock
from collab.storage.faults import translated
from collab.storage.tables import bands, jobs, users
from collab.storage.writer import Writer

_BRIEF = select(*(column for column in jobs.c if column.name != "work"), users.c.name.label("started_by_name")).join(
    users, users.c.id == jobs.c.started_by
)


MAX_KEPT = 100
"""How many of a band's jobs are kept that are over: the latest."""


class StoredJobs:
    """Implements `services.stores.JobStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def add(self, job: Job, runner: str, lease_until: datetime, *, max_running: int) -> None:
        row = {
            "id": job.id,
            "band_id": job.band_id,
            "content_id": job.content_id,
            "kind": "import",
            "name": job.name,
            "status": job.status,
            "started_by": job.started_by.id,
            "is_operator": job.started_by.is_operator,
            "total": job.total,
            "done": job.done,
            "work": list(job.work),
            "result": dict(job.result),
            "runner": runner,
            "lease_until": lease_until,
            "created_at": job.created_at,
        }

        def work(connection: Connection) -> None:
            lock(connection, bands, job.band_id)
            if count(connection, jobs, jobs.c.band_id == job.band_id, jobs.c.status == "running") >= max_running:
                raise too_many_running(max_running)
            _forget(connection, job.band_id)
            connection.execute(insert(jobs), row)

        await self._writer.run(work)

    async def get(self, job_id: str) -> Job | None:
        found = await self._read(_BRIEF.where(jobs.c.id == job_id))
        return found[0] if found else None

    async def of_band(self, band_id: str) -> list[Job]:
        newest = _BRIEF.where(jobs.c.band_id == band_id).order_by(jobs.c.created_at.desc(), jobs.c.id)
        return await self._read(newest)

    async def claim(self, runner: str, now: datetime, lease_until: datetime) -> list[Job]:
        is_free = (jobs.c.status == "running") & or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)

        def work(connection: Connection) -> list[Job]:
            claimed: list[Job] = []
            for row in connection.execute(_BRIEF.add_columns(jobs.c.work).where(is_free).order_by(jobs.c.created_at)):
                # The condition again: on PostgreSQL another node may have been quicker since the select.
                taken = connection.execute(
                    update(jobs).where(jobs.c.id == row.id, is_free).values(runner=runner, lease_until=lease_until)
                )
                if taken.rowcount:
                    claimed.append(_job_of(row, row.work))
            return claimed

        return await self._writer.run(work)

    async def advance(self, job_id: str, runner: str, done: int, lease_until: datetime) -> bool:
        step = (
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.runner == runner, jobs.c.status == "running")
            .values(done=done, lease_until=lease_until)
        )
        return await self._writer.run(lambda connection: bool(connection.execute(step).rowcount))

    async def finish(self, job_id: str, status: JobStatus, result: Mapping[str, Any], at: datetime) -> bool:
        end = (
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.status == "running")
            .values(status=status, result=dict(result), finished_at=at, work=None, runner=None, lease_until=None)
        )
        return await self._writer.run(lambda connection: bool(connection.execute(end).rowcount))

    async def release(self, runner: str) -> None:
        free = update(jobs).where(jobs.c.runner == runner).values(runner=None, lease_until=None)
        await self._writer.run(lambda connection: connection.execute(free))

    async def _read(self, statement: Select[Any]) -> list[Job]:
        async with translated(), self._engine.connect() as connection:
            return [_job_of(row) for row in await connection.execute(statement)]


def _forget(connection: Connection, band_id: str) -> None:
    """Makes room for one more job that will be over."""
    is_over = (jobs.c.band_id == band_id) & (jobs.c.status != "running")
    latest = select(jobs.c.id).where(is_over).order_by(jobs.c.created_at.desc(), jobs.c.id.desc()).limit(MAX_KEPT - 1)
    connection.execute(delete(jobs).where(is_over, jobs.c.id.not_in(latest)))


def _job_of(row: Row[Any], work: list[Any] | None = None) -> Job:
    return Job(
        id=row.id,
        band_id=row.band_id,
        content_id=row.content_id,
        name=row.name,
        started_by=User(row.started_by, row.started_by_name, row.is_operator),
        total=row.total,
        created_at=row.created_at,
        status=row.status,
        done=row.done,
        work=work or (),
        result=row.result,
        finished_at=row.finished_at,
    )
