"""Reading documents and edits, beside the journal and never behind it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from collab.domain.errors import NotFound
from collab.domain.ot import ops
from collab.domain.ot.document import Document, apply_stored
from collab.domain.ot.edits import Edit
from collab.services.ports import EVERY_EDIT, EditFilter
from collab.storage.arrays import is_one_of
from collab.storage.faults import translated
from collab.storage.finding import Finding, latest_by
from collab.storage.journal import Journal
from collab.storage.rows import SELECT_TOLD_EDITS, document_of, edit_of, edits_after, snapshot_before
from collab.storage.tables import contents, edits

_STORED_BYTES = func.length(cast(edits.c.ops, Text)) + func.length(cast(edits.c.inverse, Text))
"""The size of an edit in letters, which databases count alike. It bounds what reading edits takes."""


class StoredHistory:
    """Implements `services.ports.HistoryPages`; with a journal, heads come from its memory."""

    def __init__(self, engine: AsyncEngine, journal: Journal | None = None) -> None:
        self._engine = engine
        self._journal = journal
        self._finding = Finding(engine.dialect.name)

    async def document(self, content_id: str, version: int | None = None) -> Document:
        async with translated(), self._engine.connect() as connection:
            head = (
                await connection.execute(select(contents.c.version).where(contents.c.id == content_id))
            ).scalar_one_or_none()
            if head is None:
                raise NotFound(f"expected the id of a content, got {content_id!r}")
            wanted = head if version is None else version
            if not 0 <= wanted <= head:
                raise NotFound(f"expected a version from 0 to {head}, got {wanted}")
            live = self._journal.head(content_id) if self._journal is not None else None
            if live is not None and live.document.version == wanted:
                return live.document
            return await _replay(connection, content_id, wanted)

    async def version_at(self, content_id: str, at: datetime) -> int:
        async with translated(), self._engine.connect() as connection:
            made = (
                await connection.execute(select(contents.c.created_at).where(contents.c.id == content_id))
            ).scalar_one_or_none()
            if made is None or made > at:
                raise NotFound(f"expected a time at which content {content_id} existed, got {at.isoformat()}")
            return (await connection.execute(latest_by(content_id, at))).scalar_one_or_none() or 0

    async def edits(
        self,
        content_id: str,
        after: int,
        limit: int,
        *,
        max_bytes: int | None = None,
    ) -> list[Edit]:
        async with translated(), self._engine.connect() as connection:
            if max_bytes is not None:
                sizes = select(_STORED_BYTES).where(edits.c.content_id == content_id, edits.c.version > after)
                found = await connection.execute(sizes.order_by(edits.c.version).limit(limit))
                # One more than fit.
                limit = min(limit, sum(1 for total in accumulate(found.scalars(), initial=0) if total <= max_bytes))
            return [edit_of(row) for row in await connection.execute(edits_after(content_id, after, limit))]

    async def page(
        self, content_id: str, after: int, limit: int, max_bytes: int, only: EditFilter = EVERY_EDIT
    ) -> tuple[list[Edit], bool]:
        async with translated(), self._engine.connect() as connection:
            # Sizes first: what does not fit on the page is never read.
            found = await self._finding.sizes(connection, content_id, after, limit + 1, only)
            fitting = _fitting(found[:limit], max_bytes)
            told = SELECT_TOLD_EDITS.where(edits.c.content_id == content_id, is_one_of(edits.c.version, fitting))
            page = [edit_of(row) async for row in await connection.stream(told.order_by(edits.c.version))]
            return page, len(found) > len(fitting)

    async def earliest(self, content_id: str, after: int, version: int, max_bytes: int) -> int:
        between = (edits.c.content_id == content_id, edits.c.version > after, edits.c.version <= version)
        sizes = select(edits.c.version, self._finding.ops_bytes).where(*between).order_by(edits.c.version.desc())
        async with translated(), self._engine.connect() as connection:
            fitting = _fitting([(row[0], row[1]) for row in await connection.execute(sizes)], max_bytes)
        return fitting[-1] - 1 if fitting else version

    async def edit_id_at(self, content_id: str, version: int) -> str | None:
        # From the database alone: it may have been put back under a node that still remembers what was.
        statement = select(edits.c.edit_id).where(edits.c.content_id == content_id, edits.c.version == version)
        async with translated(), self._engine.connect() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def heads(self, content_ids: Sequence[str]) -> dict[str, int]:
        statement = select(contents.c.id, contents.c.version).where(is_one_of(contents.c.id, content_ids))
        async with translated(), self._engine.connect() as connection:
            return {row.id: row.version for row in await connection.execute(statement)}

    async def edits_by_id(self, content_id: str, edit_ids: Sequence[str]) -> list[Edit]:
        statement = edits_after(content_id, 0).where(is_one_of(edits.c.edit_id, edit_ids))
        async with translated(), self._engine.connect() as connection:
            return [edit_of(row) for row in await connection.execute(statement)]


def _fitting(sizes: Sequence[tuple[int, int]], max_bytes: int) -> list[int]:
    """The versions, from the first on, whose sizes come to at most so many bytes; one at least, if there is any."""
    fitting: list[int] = []
    left = max_bytes
    for version, size_bytes in sizes:
        left -= size_bytes
        if fitting and left < 0:
            break
        fitting.append(version)
    return fitting


async def _replay(connection: AsyncConnection, content_id: str, version: int) -> Document:
    snapshot = (await connection.execute(snapshot_before(content_id, version))).scalar_one_or_none()
    document = None if snapshot is None else document_of(snapshot)
    if document is not None and document.version < version:
        # One by one: two hundred of the largest edits at once would take hundreds of megabytes.
        tail = (
            select(edits.c.ops)
            .where(edits.c.content_id == content_id, edits.c.version > document.version, edits.c.version <= version)
            .order_by(edits.c.version)
        )
        async for row in await connection.stream(tail):
            document = apply_stored(document, tuple(map(ops.from_json, row.ops)))
    if document is None or document.version != version:
        raise NotFound(f"version {version} was folded away: later versions and checkpoints can be opened")
    return document
