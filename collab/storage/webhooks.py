"""How far each content has been delivered to a webhook. The edits to deliver are those of the table of edits."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from collab.domain.errors import Unavailable
from collab.domain.outbox import MAX_RETRY_S, PARKED_AFTER, Backlog, Failing, Waiting
from collab.storage.engine import writing_engine
from collab.storage.faults import translated
from collab.storage.tables import UtcDateTime, contents, edits, webhook_cursors, webhooks
from collab.storage.upserts import by_dialect
from collab.storage.writer import Writer

_ERROR_LENGTH = 200

_OPEN = by_dialect(webhooks, lambda insert: insert.on_conflict_do_nothing().returning(webhooks.c.id))

_ADVANCE = by_dialect(
    webhook_cursors,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["webhook_id", "content_id"],
        set_={"version": insert.excluded.version, "failures": 0, "retry_at": None, "error": None},
        where=webhook_cursors.c.version < insert.excluded.version,
    ),
)

_FAIL = by_dialect(
    webhook_cursors,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["webhook_id", "content_id"],
        set_={name: insert.excluded[name] for name in ("version", "failures", "retry_at", "error")},
        where=webhook_cursors.c.version <= insert.excluded.version,
    ),
)


_CURSOR = and_(webhook_cursors.c.content_id == contents.c.id, webhook_cursors.c.webhook_id == bindparam("webhook_id"))
_DELIVERED = func.coalesce(webhook_cursors.c.version, 0)


def _waiting(*, is_failing: bool) -> Select[Any]:
    failures = func.coalesce(webhook_cursors.c.failures, 0)
    retry_at, now = webhook_cursors.c.retry_at, bindparam("now", type_=UtcDateTime)
    # A time that no retry is put off to is one of a clock that was ahead.
    is_due = or_(retry_at <= now, retry_at > bindparam("latest", type_=UtcDateTime))
    found = (
        select(
            contents.c.id.label("content_id"),
            contents.c.band_id,
            _DELIVERED.label("version"),
            contents.c.version.label("head"),
            failures.label("failures"),
            contents.c.updated_at,
            func.row_number()
            .over(partition_by=contents.c.band_id, order_by=(failures, contents.c.updated_at))
            .label("place"),
        )
        .select_from(contents.outerjoin(webhook_cursors, _CURSOR))
        .where(contents.c.version > _DELIVERED, and_(failures > 0, is_due) if is_failing else failures == 0)
        .subquery()
    )
    columns = [found.c[name] for name in ("content_id", "band_id", "version", "head", "failures")]
    return select(*columns).order_by(found.c.place, found.c.updated_at).limit(bindparam("limit"))


# Stated once: it takes longer than to execute them.
_WAITING = (_waiting(is_failing=False), _waiting(is_failing=True))

_FAILING = select(
    func.count(),
    func.count().filter(webhook_cursors.c.failures >= PARKED_AFTER),
    select(webhook_cursors.c.error)
    .where(webhook_cursors.c.webhook_id == bindparam("webhook_id"), webhook_cursors.c.failures > 0)
    .order_by(webhook_cursors.c.failures.desc())
    .limit(literal(1))
    .scalar_subquery(),
).where(webhook_cursors.c.webhook_id == bindparam("webhook_id"), webhook_cursors.c.failures > 0)


# None where that was folded away.
_NEXT = and_(edits.c.content_id == contents.c.id, edits.c.version == _DELIVERED + 1)

_BACKLOG = (
    select(
        func.count(),
        func.coalesce(func.sum(contents.c.version - _DELIVERED), 0),
        type_coerce(func.min(edits.c.created_at), UtcDateTime),
    )
    .select_from(contents.outerjoin(webhook_cursors, _CURSOR).outerjoin(edits, _NEXT))
    .where(contents.c.version > _DELIVERED)
)


class StoredOutbox:
    """Implements `services.stores.Outbox`."""

    def __init__(self, engine: AsyncEngine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def open(self, webhook_id: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            opened = connection.execute(_OPEN[connection.dialect.name], {"id": webhook_id, "created_at": at})
            if opened.first() is not None:
                begin_at_heads(connection, webhooks.c.id == webhook_id)

        await self._writer.run(work)

    async def advance(self, webhook_id: str, versions: Mapping[str, int]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(
                _ADVANCE[connection.dialect.name],
                [
                    {"webhook_id": webhook_id, "content_id": content_id, "version": version}
                    for content_id, version in versions.items()
                ],
            )

        if versions:
            await self._writer.run(work)

    async def fail(self, webhook_id: str, content: Waiting, retry_at: datetime, error: str) -> None:
        row = {
            "webhook_id": webhook_id,
            "content_id": content.content_id,
            "version": content.version,
            "failures": content.failures,
            "retry_at": retry_at,
            "error": error[:_ERROR_LENGTH],
        }

        def work(connection: Connection) -> None:
            connection.execute(_FAIL[connection.dialect.name], row)

        await self._writer.run(work)

    async def waiting(self, webhook_id: str, now: datetime, limit: int) -> list[Waiting]:
        latest = now + timedelta(seconds=MAX_RETRY_S)
        asked = {"webhook_id": webhook_id, "now": now, "latest": latest, "limit": limit}
        async with translated(), self._engine.connect() as connection:
            return [
                Waiting(**row)
                for statement in _WAITING
                for row in (await connection.execute(statement, asked)).mappings()
            ]

    async def backlog(self, webhook_id: str) -> Backlog:
        async with translated(), self._engine.connect() as connection:
            return Backlog(*(await connection.execute(_BACKLOG, {"webhook_id": webhook_id})).one())

    async def failing(self, webhook_id: str) -> Failing:
        async with translated(), self._engine.connect() as connection:
            return Failing(*(await connection.execute(_FAILING, {"webhook_id": webhook_id})).one())


def begin_at_heads(connection: Connection, which: ColumnElement[bool]) -> None:
    """What these webhooks are delivered of these contents begins after their heads. None of them has begun yet."""
    begun = select(webhooks.c.id, contents.c.id, contents.c.version).select_from(webhooks.join(contents, true()))
    connection.execute(insert(webhook_cursors).from_select(["webhook_id", "content_id", "version"], begun.where(which)))


def undelivered(url: str, webhook_id: str) -> tuple[Failing, Backlog]:
    """As `StoredOutbox.failing` and `backlog`, for whoever has no engine that runs; `Unavailable` where there are no
    such tables."""
    engine = writing_engine(url)
    asked = {"webhook_id": webhook_id}
    try:
        with engine.connect() as connection:
            is_opened = connection.execute(select(webhooks.c.id).where(webhooks.c.id == webhook_id)).first() is not None
            failing = Failing(*connection.execute(_FAILING, asked).one())
            return failing, Backlog(*connection.execute(_BACKLOG, asked).one()) if is_opened else Backlog()
    except SQLAlchemyError as error:
        raise Unavailable(str(error)) from error
    finally:
        engine.dispose()
