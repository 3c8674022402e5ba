"""History: what a content was, and who made it so."""

from collab.domain.access import Right
from collab.domain.bands import User
from collab.domain.document import Document
from collab.domain.edits import Edit
from collab.services.directory import Directory
from collab.services.ports import BandStore, HistoryReader


class HistoryService:
    def __init__(self, directory: Directory, store: BandStore, reader: HistoryReader) -> None:
        self._directory = directory
        self._store = store
        self._reader = reader

    async def document(self, user: User, content_id: str, version: int | None = None) -> Document:
        """The document now, or as it was at a version."""
        await self._require(user, content_id)
        return await self._reader.document(content_id, version)

    async def edits(self, user: User, content_id: str, after: int, limit: int) -> tuple[list[Edit], int]:
        """A page of the history, oldest first, and the head's version."""
        await self._require(user, content_id)
        edits = await self._reader.edits(content_id, after, limit)
        content = await self._store.content(content_id)
        # The page may have been read before a commit that the head already shows, never the other way round.
        return edits, content.version if content is not None else after

    async def _require(self, user: User, content_id: str) -> None:
        await self._directory.learn_content(content_id)
        self._directory.require_content(user, content_id, Right.VIEW, as_operator=True)
