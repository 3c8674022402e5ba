"""What there is little of that is a person's own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.storage.faults import translated
from collab.storage.tables import checkpoints, contents, devices, door_log, invitations, jobs, users


class StoredOwnData:
    """Implements `services.own_data.OwnStore`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of_person(self, user_id: str) -> Mapping[str, Any] | None:
        async with translated(), self._engine.connect() as connection:
            person = (await connection.execute(select(users).where(users.c.id == user_id))).first()
            if person is None:
                return None
            few: dict[str, Any] = {"user": {"id": person.id, "name": person.name, "created_at": person.created_at}}
            for name, statement in _lists(user_id).items():
                rows = (await connection.execute(statement)).mappings()
                few[name] = [{str(column): value for column, value in row.items()} for row in rows]
            return few


def _lists(user_id: str) -> Mapping[str, Select[Any]]:
    seen = devices.c
    logged = door_log.c
    return {
        "devices": select(seen.label, seen.created_at, seen.seen_at, seen.ended_at, seen.ending)
        .where(seen.user_id == user_id)
        .order_by(seen.created_at),
        "door": select(logged.at, logged.event, logged.band_id, logged.remote_addr)
        .where(logged.user_id == user_id)
        .order_by(logged.at),
        "invitations": select(
            invitations.c.band_id, invitations.c.role, invitations.c.created_at, invitations.c.expires_at
        )
        .where(invitations.c.created_by == user_id)
        .order_by(invitations.c.created_at),
        "contents": select(contents.c.id, contents.c.kind, contents.c.title, contents.c.created_at)
        .where(contents.c.created_by == user_id)
        .order_by(contents.c.created_at),
        "checkpoints": select(
            checkpoints.c.content_id, checkpoints.c.version, checkpoints.c.label, checkpoints.c.created_at
        )
        .where(checkpoints.c.created_by == user_id)
        .order_by(checkpoints.c.created_at),
        "imports": select(jobs.c.band_id, jobs.c.name, jobs.c.status, jobs.c.created_at, jobs.c.finished_at)
        .where(jobs.c.started_by == user_id)
        .order_by(jobs.c.created_at),
    }
