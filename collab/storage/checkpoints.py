"""Checkpoints: versions that somebody gave a name."""

from sqlalchemy import Connection, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.bands import Checkpoint
from collab.services.stores import CountLimits
from collab.storage.counting import lock, require_room
from collab.storage.faults import translated
from collab.storage.rows import SELECT_CHECKPOINTS, checkpoint_of
from collab.storage.tables import checkpoints, contents
from collab.storage.writer import Writer


class StoredCheckpoints:
    """Implements `services.stores.CheckpointStore`."""

    def __init__(self, engine: AsyncEngine, writer: Writer, limits: CountLimits) -> None:
        self._engine = engine
        self._writer = writer
        self._limits = limits

    async def add(self, checkpoint: Checkpoint) -> Checkpoint:
        row = {
            "id": checkpoint.id,
            "content_id": checkpoint.content_id,
            "version": checkpoint.version,
            "label": checkpoint.label,
            "created_at": checkpoint.created_at,
            "created_by": checkpoint.created_by.id,
        }
        of_content = checkpoints.c.content_id == checkpoint.content_id
        is_same = (checkpoints.c.version == checkpoint.version) & (checkpoints.c.label == checkpoint.label)

        def work(connection: Connection) -> Checkpoint:
            lock(connection, contents, checkpoint.content_id)
            same = connection.execute(SELECT_CHECKPOINTS.where(of_content, is_same).limit(1)).one_or_none()
            if same is not None:
                return checkpoint_of(same)
            most = self._limits.content_checkpoints
            require_room(connection, most, "checkpoints of a content", checkpoints, of_content)
            connection.execute(insert(checkpoints), row)
            return checkpoint

        return await self._writer.run(work)

    async def of_content(self, content_id: str) -> list[Checkpoint]:
        statement = SELECT_CHECKPOINTS.where(checkpoints.c.content_id == content_id).order_by(
            checkpoints.c.version.desc(), checkpoints.c.created_at.desc()
        )
        async with translated(), self._engine.connect() as connection:
            return [checkpoint_of(row) for row in await connection.execute(statement)]
