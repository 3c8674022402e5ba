"""Editing: an edit on its way from a session to the journal, and what a session needs to follow a content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from collab.domain.access import Right
from collab.domain.bands import User
from collab.domain.document import Document
from collab.domain.edits import Edit, Proposal, Undo
from collab.domain.errors import Conflicting, Forbidden, VersionUnknown
from collab.domain.ops import Op
from collab.domain.rebase import Accepted, Conflict, Duplicate, Nothing, Outcome
from collab.services.directory import ContentRef, Directory
from collab.services.ports import Clock, HistoryReader, Journal

MAX_TAIL = 500
"""A client that missed more edits than this gets the whole document."""

SMALL_TAIL_BYTES = 16_384
"""A tail of edits of up to this size is sent even where the document is shorter: it leaves the client its place."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A content for somebody who comes to it: the whole document, or the edits that they missed."""

    version: int
    document: Document | None
    edits: tuple[Edit, ...] = ()


class EditingService:
    """`on_opened` hears which version of a content somebody was given."""

    def __init__(
        self,
        directory: Directory,
        journal: Journal,
        reader: HistoryReader,
        clock: Clock,
        on_opened: Callable[[str, int], None] | None = None,
    ) -> None:
        self._directory = directory
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._on_opened = on_opened

    async def edit(
        self,
        user: User,
        session_id: str | None,
        content_id: str,
        *,
        edit_id: str,
        base_version: int,
        ops: tuple[Op, ...],
        is_unchanged_expected: bool = False,
    ) -> Accepted | Duplicate | Nothing:
        """The outcome, once it is durable. Up to the journal's queue nothing waits: a session's order is kept.

        Raises `Forbidden`, `Invalid`, `VersionUnknown`, `Conflicting` (nothing stored) and `Unavailable`.
        """
        self._require_open(user, content_id)
        proposal = Proposal(
            edit_id,
            base_version,
            ops,
            user.author,
            session_id,
            self._clock.now(),
            "unchanged" if is_unchanged_expected else None,
        )
        return _stored(await self._journal.submit(content_id, proposal))

    async def undo(
        self, user: User, session_id: str | None, content_id: str, *, edit_id: str, target: str
    ) -> Accepted | Duplicate | Nothing:
        """As `edit`, for taking back the edit `target`: one's own, or as an owner anybody's."""
        ref = self._require_open(user, content_id)
        may_undo_others = self._directory.may(user, ref.band_id, Right.MANAGE)
        request = Undo(edit_id, target, user.author, session_id, self._clock.now(), may_undo_others)
        return _stored(await self._journal.submit(content_id, request))

    async def open(self, content_id: str, since: int | None = None) -> Opened:
        """The content as it is now; with `since`, the edits after it where those are less to send.

        Call it after the session has entered the room: what is committed later, the room hears.
        """
        opened = await self._open(content_id, since)
        if self._on_opened is not None:
            self._on_opened(content_id, opened.version)
        return opened

    async def _open(self, content_id: str, since: int | None) -> Opened:
        tail = [] if since is None else await self._reader.edits(content_id, since, MAX_TAIL + 1)
        document = await self._reader.document(content_id)
        if since is None:
            return Opened(document.version, document)
        if since > document.version:
            raise VersionUnknown(f"expected a version up to {document.version}, got {since}; open the content anew")
        # A tail without the edit right after `since` has a gap: the history was folded there.
        is_whole = tail[0].version == since + 1 if tail else since == document.version
        if is_whole and len(tail) <= MAX_TAIL and _bytes(tail) < max(_bytes([document]), SMALL_TAIL_BYTES):
            return Opened(tail[-1].version if tail else since, None, tuple(tail))
        return Opened(document.version, document)

    def _require_open(self, user: User, content_id: str) -> ContentRef:
        ref, _ = self._directory.require_content(user, content_id, Right.EDIT)
        if ref.is_archived:
            raise Forbidden(f"content {content_id} is archived: bring it back before you edit it")
        return ref


def _stored(outcome: Outcome) -> Accepted | Duplicate | Nothing:
    if isinstance(outcome, Conflict):
        raise Conflicting(
            "expected fields that nobody changed since base_version; look at what is there now and decide",
            [overwrite.to_json() for overwrite in outcome.overwrote],
        )
    return outcome


def _bytes(records: Sequence[Document | Edit]) -> int:
    return len(orjson.dumps([record.to_json() for record in records]))
