"""Reading documents and edits, beside the journal and never behind it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from collab.domain.document import Document, apply_stored
from collab.domain.edits import Edit
from collab.domain.errors import NotFound
from collab.storage.faults import translated
from collab.storage.journal import Journal
from collab.storage.rows import document_of, edit_of, edits_after, snapshot_before
from collab.storage.tables import contents


class StoredHistory:
    """Implements `services.ports.HistoryReader`."""

    def __init__(self, engine: AsyncEngine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal

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
            live = self._journal.head(content_id)
            if live is not None and live.document.version == wanted:
                return live.document
            return await _replay(connection, content_id, wanted)

    async def edits(self, content_id: str, after: int, limit: int) -> list[Edit]:
        async with translated(), self._engine.connect() as connection:
            return [edit_of(row) for row in await connection.execute(edits_after(content_id, after, limit))]


async def _replay(connection: AsyncConnection, content_id: str, version: int) -> Document:
    snapshot = (await connection.execute(snapshot_before(content_id, version))).scalar_one()
    document = document_of(snapshot)
    missing = version - document.version
    if missing:
        for row in await connection.execute(edits_after(content_id, document.version, missing)):
            document = apply_stored(document, edit_of(row).ops)
    return document


async def check_database(engine: AsyncEngine) -> None:
    """Raises `Unavailable` where the database does not answer."""
    async with translated(), engine.connect() as connection:
        await connection.execute(select(1))
