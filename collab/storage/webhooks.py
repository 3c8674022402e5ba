"""How far each content has been delivered to a webhook. The edits to deliver are those of the table of edits."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.storage.faults import translated
from collab.storage.tables import contents, edits, webhook_cursors, webhooks
from collab.storage.writer import Writer

_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class StoredOutbox:
    """Implements `services.ports.Outbox`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def open(self, webhook_id: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            statement = _INSERT[connection.dialect.name](webhooks).on_conflict_do_nothing()
            connection.execute(statement, {"id": webhook_id, "created_at": at})

        await self._writer.run(work)

    async def advance(self, webhook_id: str, versions: Mapping[str, int]) -> None:
        def work(connection: Connection) -> None:
            statement = _INSERT[connection.dialect.name](webhook_cursors)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["webhook_id", "content_id"],
                    set_={"version": statement.excluded.version},
                    where=webhook_cursors.c.version < statement.excluded.version,
                ),
                [
                    {"webhook_id": webhook_id, "content_id": content_id, "version": version}
                    for content_id, version in versions.items()
                ],
            )

        if versions:
            await self._writer.run(work)

    async def behind(self, webhook_id: str, limit: int) -> list[tuple[str, int]]:
        cursor = and_(webhook_cursors.c.content_id == contents.c.id, webhook_cursors.c.webhook_id == webhooks.c.id)
        before = (
            select(func.max(edits.c.version))
            .where(edits.c.content_id == contents.c.id, edits.c.created_at < webhooks.c.created_at)
            .scalar_subquery()
        )
        delivered = func.coalesce(webhook_cursors.c.version, before, 0)
        statement = (
            select(contents.c.id, delivered.label("delivered"))
            .select_from(contents.join(webhooks, webhooks.c.id == webhook_id).outerjoin(webhook_cursors, cursor))
            .where(contents.c.updated_at >= webhooks.c.created_at, contents.c.version > delivered)
            .order_by(contents.c.updated_at)
            .limit(limit)
        )
        async with translated(), self._engine.connect() as connection:
            return [(row.id, row.delivered) for row in await connection.execute(statement)]
