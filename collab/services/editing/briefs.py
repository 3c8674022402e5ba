"""Briefs: of each of a band's contents what one looks for it by, such as where and when a gig is, and how long it is.

They are made of the documents, and kept as long as the version is the same: who looks again has nothing read anew.
"""

from cachetools import LRUCache

from collab.domain.bands import User
from collab.domain.brief import Brief, brief_of
from collab.services.bands.contents import ContentService
from collab.services.editing.history import HistoryService

MOST_BRIEFS = 100
"""Contents that are told of: those that were changed last."""

KEPT_BRIEFS = 5_000


class BriefService:
    def __init__(self, contents: ContentService, history: HistoryService) -> None:
        self._contents = contents
        self._history = history
        self._made: LRUCache[str, Brief] = LRUCache(KEPT_BRIEFS)

    async def of_band(self, user: User, band_id: str, kind: str) -> list[Brief]:
        """Briefs of the contents of a kind that are not archived, the latest change first."""
        known = self._contents.kinds.get(kind)
        there = [content for content in await self._contents.contents_of(user, band_id) if content.kind == kind]
        there.sort(key=lambda content: content.updated_at, reverse=True)
        briefs = []
        for content in there[:MOST_BRIEFS]:
            brief = self._made.get(content.id)
            if brief is None or brief.version < content.version:
                brief = brief_of(await self._history.document(user, content.id), known)
                self._made[content.id] = brief
            briefs.append(brief)
        return briefs
