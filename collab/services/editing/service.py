"""Editing: an edit on its way from a session to the journal, and what a session needs to follow a content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import orjson
import structlog

from collab.domain.access import Right
from collab.domain.bands import ContentRef, User
from collab.domain.errors import VersionUnknown
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Edit, Proposal, Undo, canonical_id
from collab.domain.ot.ops import Op
from collab.domain.ot.rebase import Accepted, Stored, check_history
from collab.services.bands.directory import Directory
from collab.services.ports import Clock, HistoryReader, Journal
from collab.services.rates import Rates
from collab.services.ticket import Ticket

log = structlog.get_logger(__name__)

MAX_TAIL = 500
"""A client that missed more edits than this gets the whole document."""

SMALL_TAIL_BYTES = 16_384
"""A tail of edits of up to this size is sent even where the document is shorter: it leaves the client its place."""

MAX_READ_BYTES = 8_000_000
"""At most so much of a tail is read to find out how long it is: the inverses are read with the edits, and not sent."""

LEAST_EDIT_BYTES = 200
"""No edit is shorter: its names, ids and time take so much. A tail that must outweigh the document is not read."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A content for somebody who comes to it: the whole document and the id of the edit that made it (None where that
    is not known), or the edits that they missed."""

    version: int
    document: Document | None
    edits: tuple[Edit, ...] = ()
    last_edit: str | None = None


class EditingService:
    """`on_opened` hears which version of a content somebody is given, and says whether they are told all that comes
    after it."""

    def __init__(
        self,
        directory: Directory,
        journal: Journal,
        reader: HistoryReader,
        clock: Clock,
        on_opened: Callable[[str, int], bool] = lambda *_: True,
        rates: Rates | None = None,
    ) -> None:
        self._directory = directory
        self._journal = journal
        self._reader = reader
        self._clock = clock
        self._on_opened = on_opened
        self._rates = rates

    def take_edit(
        self,
        user: User,
        session_id: str | None,
        content_id: str,
        *,
        edit_id: str,
        base_version: int,
        ops: tuple[Op, ...],
        is_unchanged_expected: bool = False,
        base_edit: str | None = None,
        rebased_to: int | None = None,
    ) -> Ticket[Stored]:
        """Queues an edit before it returns, so a session's order is kept; the ticket is settled once it is durable.

        Raises `Forbidden`, `RateLimited` where the band is in debt, and `Unavailable`. The ticket may be settled with
        `Invalid`, `Forbidden` (archived, or by then no editor), `TooLarge`, `VersionUnknown`, `Conflicting` and
        `Unavailable`: nothing was stored.
        """
        self._require_editor(user, content_id)
        expect: Literal["unchanged"] | None = "unchanged" if is_unchanged_expected else None
        now, edit_id = self._clock.now(), canonical_id(edit_id)
        proposal = Proposal(edit_id, base_version, ops, user.author, session_id, now, expect, base_edit, rebased_to)
        return self._journal.submit(content_id, proposal, partial(self._require_role, user, content_id))

    def take_undo(
        self,
        user: User,
        session_id: str | None,
        content_id: str,
        *,
        edit_id: str,
        target: str,
    ) -> Ticket[Stored]:
        """As `take_edit`, for taking back the edit `target`: one's own, or as an owner anybody's."""
        ref = self._require_editor(user, content_id)
        may_undo_others = self._directory.may(user, ref.band_id, Right.MANAGE)
        now = self._clock.now()
        request = Undo(canonical_id(edit_id), canonical_id(target), user.author, session_id, now, may_undo_others)
        return self._journal.submit(content_id, request, partial(self._require_role, user, content_id))

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
    ) -> Stored:
        """As `take_edit`, once it is durable."""
        stored = await self.take_edit(
            user,
            session_id,
            content_id,
            edit_id=edit_id,
            base_version=base_version,
            ops=ops,
            is_unchanged_expected=is_unchanged_expected,
        )
        note_committed(stored)
        return stored

    async def open(self, content_id: str, since: int | None = None, since_edit: str | None = None) -> Opened:
        """The content as it is now; with `since`, the edits after it where those are less to send.

        `VersionUnknown` where there is no such version, or another edit than `since_edit` made it.

        Call it after the session has entered the room: what is committed later, the room hears.
        """
        opened = await self._open(content_id, since, since_edit)
        if not self._on_opened(content_id, opened.version):
            # What the room is told begins after a version that was stored by now, so that once is enough.
            opened = await self._open(content_id, since, since_edit)
        return opened

    async def _open(self, content_id: str, since: int | None, since_edit: str | None) -> Opened:
        document = await self._reader.document(content_id)
        if since is None:
            return await self._whole(document)
        if since > document.version:
            raise VersionUnknown(f"expected a version up to {document.version}, got {since}; open the content anew")
        if since_edit is not None:
            check_history(since_edit, await self._reader.edit_id_at(content_id, since), since)
        missed = document.version - since
        if not missed:
            # As most who come back after a short break. What is stored after this was read, the room hears.
            return Opened(since, None)
        limit_bytes = max(_bytes([document]), SMALL_TAIL_BYTES)
        if missed > MAX_TAIL or missed * LEAST_EDIT_BYTES >= limit_bytes:
            return await self._whole(document)
        tail = await self._reader.edits(content_id, since, MAX_TAIL + 1, max_bytes=MAX_READ_BYTES)
        if _is_whole(tail, since, document.version) and len(tail) <= MAX_TAIL and _bytes(tail) < limit_bytes:
            return Opened(tail[-1].version if tail else since, None, tuple(tail))
        return await self._whole(document)

    async def _whole(self, document: Document) -> Opened:
        last_edit = await self._reader.edit_id_at(document.id, document.version)
        return Opened(document.version, document, last_edit=last_edit)

    def _require_editor(self, user: User, content_id: str) -> ContentRef:
        """Whether the content is archived is checked where the edit is stored: a resend of an edit that is stored
        already is answered all the same."""
        ref = self._require_role(user, content_id)
        if self._rates is not None:
            self._rates.require_band(ref.band_id, "edits")
        return ref

    def _require_role(self, user: User, content_id: str) -> ContentRef:
        ref, _ = self._directory.require_content(user, content_id, Right.EDIT)
        return ref


def note_committed(outcome: Stored) -> None:
    """Logs the commit of an edit that came by REST. Called where it was made: the request's id is known there."""
    if isinstance(outcome, Accepted) and outcome.edit.session_id is None:
        log.debug("committed", edit_id=outcome.edit.edit_id, version=outcome.edit.version)


def _is_whole(tail: Sequence[Edit], since: int, head: int) -> bool:
    """Whether the tail has every version. A folded history leaves a gap, and a long tail is not read to its end."""
    if not tail:
        return since == head
    return tail[0].version == since + 1 and tail[-1].version >= head


def _bytes(records: Sequence[Document | Edit]) -> int:
    return len(orjson.dumps([record.to_json() for record in records]))
