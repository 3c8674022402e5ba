"""History: what a content was, who made it so, and the way back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from collab.domain.access import Right
from collab.domain.bands import Checkpoint, ContentRef, User
from collab.domain.errors import Invalid
from collab.domain.kinds import Kinds
from collab.domain.ot.diff import Made, attribute, diff
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit, Restore, canonical_id
from collab.domain.ot.rebase import Stored
from collab.domain.strings import require_name
from collab.domain.words import tell
from collab.services.bands.directory import Directory
from collab.services.editing.service import note_committed
from collab.services.ports import EVERY_EDIT, Clock, EditFilter, HistoryPages, Journal
from collab.services.rates import Rates
from collab.services.stores import BandStore, CheckpointStore

MAX_ATTRIBUTED = 2_000
"""So many edits between two versions, the latest, are read to find who made a change."""

ATTRIBUTED_BYTES = 4_000_000
"""And no more of them than come to so many bytes."""

PAGE_BYTES = 1_000_000
"""A page of the history ends where its ops come to so many bytes, but has one edit at least."""


@dataclass(frozen=True, slots=True)
class EditPage:
    """A page of the history. `next_after` begins the next page, None at the end; `head` is the latest version."""

    edits: list[Edit]
    head: int
    next_after: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two versions, as data and in words."""

    before: int
    after: int
    changes: list[Made]
    words: list[str]


class HistoryService:
    def __init__(
        self,
        directory: Directory,
        store: BandStore,
        reader: HistoryPages,
        journal: Journal,
        checkpoints: CheckpointStore,
        kinds: Kinds,
        clock: Clock,
        new_id: Callable[[], str],
        rates: Rates,
    ) -> None:
        self._directory = directory
        self._store = store
        self._reader = reader
        self._journal = journal
        self._checkpoints = checkpoints
        self._kinds = kinds
        self._clock = clock
        self._new_id = new_id
        self._rates = rates

    async def document(
        self, user: User, content_id: str, version: int | None = None, at: datetime | None = None
    ) -> Document:
        """The document now, as it was at a version, or as it was at a time."""
        await self._require(user, content_id, Right.VIEW)
        if at is not None:
            if version is not None:
                raise Invalid.at("at", "expected a version or a time, got both")
            version = await self._reader.version_at(content_id, at)
        return await self._reader.document(content_id, version)

    async def edits(
        self, user: User, content_id: str, after: int, limit: int, only: EditFilter = EVERY_EDIT
    ) -> EditPage:
        """A page of the history, oldest first, of those edits that the filter lets pass."""
        await self._require(user, content_id, Right.VIEW)
        page, has_more = await self._reader.page(content_id, after, limit, PAGE_BYTES, only)
        content = await self._store.content(content_id)
        # Read in this order: the head may show a commit that the page does not have yet, never the other way round.
        head = content.version if content is not None else after
        return EditPage(page, head, page[-1].version if has_more else None)

    async def difference(self, user: User, content_id: str, before: int, after: int | None) -> Difference:
        """What changed from one version to a later one, or to the head."""
        await self._require(user, content_id, Right.VIEW)
        new = await self._reader.document(content_id, after)
        if before > new.version:
            raise Invalid.at("from", f"expected a version up to {new.version}, got {before}")
        old = await self._reader.document(content_id, before)
        latest = max(before, new.version - MAX_ATTRIBUTED)
        first = await self._reader.earliest(content_id, latest, new.version, ATTRIBUTED_BYTES)
        edits, _ = await self._reader.page(content_id, first, new.version - first, ATTRIBUTED_BYTES)
        changes = attribute(diff(old, new), edits)
        return Difference(before, new.version, changes, tell(changes, self._kinds.get(new.kind)))

    async def revert(self, user: User, content_id: str, version: int, edit_id: str | None = None) -> Stored:
        """A new edit, by the user, that brings the document back to what it was at a version. `RateLimited` where
        the band is in debt."""
        ref = await self._require(user, content_id, Right.EDIT)
        self._rates.require_band(ref.band_id, "edits")
        wanted = await self._reader.document(content_id, version)
        request = Restore(canonical_id(edit_id or self._new_id()), wanted, user.author, None, self._clock.now())
        allowed = partial(self._directory.require_content, user, content_id, Right.EDIT, as_operator=True)
        outcome = await self._journal.submit(content_id, request, allowed)
        note_committed(outcome)
        return outcome

    async def create_checkpoint(
        self, user: User, content_id: str, label: str, version: int | None = None
    ) -> Checkpoint:
        """Gives a version a name; the head where none is given. The same name of the same version is given once.

        `TooLarge` where the content has as many as it may have.
        """
        await self._require(user, content_id, Right.EDIT)
        label = require_name("label", label)
        document = await self._reader.document(content_id, version)
        made = Checkpoint(self._new_id(), content_id, document.version, label, self._clock.now(), user.author)
        return await self._checkpoints.add(made)

    async def checkpoints(self, user: User, content_id: str) -> list[Checkpoint]:
        """The named versions, the newest first."""
        await self._require(user, content_id, Right.VIEW)
        return await self._checkpoints.of_content(content_id)

    async def _require(self, user: User, content_id: str, right: Right) -> ContentRef:
        await self._directory.learn_content(user, content_id)
        ref, _ = self._directory.require_content(user, content_id, right, as_operator=True)
        return ref
