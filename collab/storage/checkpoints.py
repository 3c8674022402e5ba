"""Checkpoints: versions that somebody gave a name."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.bands import Checkpoint
from collab.storage.faults import translated
from collab.storage.rows import SELECT_CHECKPOINTS, checkpoint_of
from collab.storage.tables import checkpoints
from collab.storage.writer import Writer


class StoredCheckpoints:
    """Implements `services.ports.CheckpointStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def add(self, checkpoint: Checkpoint) -> None:
        row = {
            "id": checkpoint.id,
            "content_id": checkpoint.content_id,
            "version": checkpoint.version,
            "label": checkpoint.label,
            "created_at": checkpoint.created_at,
            "created_by": checkpoint.created_by.id,
        }
        await self._writer.run(lambda connection: connection.execute(insert(checkpoints), row))

    async def of_content(self, content_id: str) -> list[Checkpoint]:
        statement = SELECT_CHECKPOINTS.where(checkpoints.c.content_id == content_id).order_by(
            checkpoints.c.version.desc(), checkpoints.c.created_at.desc()
        )
        async with translated(), self._engine.connect() as connection:
            return [checkpoint_of(row) for row in await connection.execute(statement)]
