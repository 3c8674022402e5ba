"""Batch: what happens within one transaction of the journal. Runs in the writer's thread.

A batch has a budget: once so much time or so many bytes have gone into it, what is left waits for the next one. One
edit is never cut short, so that each has a bound of its own: how far back its base may be, and how much it may meet
there (`domain/ot/since.py`). A content that is not in memory is loaded when its first edit is taken, within the budget.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import structlog
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import SQLAlchemyError

from collab.domain.errors import ClientFault, CollabError, Conflicting, Forbidden, Invalid, NotFound, Unavailable
from collab.domain.kinds import Kinds
from collab.domain.ot.edits import Asked, Edit, Proposal, Restore
from collab.domain.ot.rebase import (
    Accepted,
    Conflict,
    Duplicate,
    Outcome,
    Stored,
    check_base,
    check_history,
    rebase,
)
from collab.domain.ot.restore import restore
from collab.domain.ot.undoing import undo
from collab.domain.sizes import SizeLimits, Sizes, check_content, check_message, growth_bytes, json_bytes
from collab.storage.arrays import is_one_of
from collab.storage.content_cache import CachedContent, Working
from collab.storage.counting import free_users
from collab.storage.edit_log import EditLog, Head, row_bytes
from collab.storage.past import Past
from collab.storage.rows import edit_of, edits_named, folded_edit_of, folded_named
from collab.storage.tables import contents, snapshots

log = structlog.get_logger(__name__)

SNAPSHOT_EVERY = 200
"""A full snapshot is stored each time so many edits have been added, so that opening never replays more."""

BUDGET_S = 0.05
"""After so long a batch takes no further edit: whoever comes next waits for no more than this and one edit."""

BUDGET_BYTES = 4_000_000
"""The same for what it stores."""

MAX_MISSED = 1_000
"""How many edits of other nodes are taken in at once, for all contents together; a content with more is loaded."""

_STORE_SNAPSHOT = insert(snapshots)


class Batch:
    """The contents that a transaction holds under lock, and the outcome of each edit so far. In `held` are the ids of
    contents and authors that it could not have, since somebody else keeps them.

    `waited_s` is how long the lock took; `was_behind` says whether another node had written to what is in memory.
    `spent_s` is how much time went into each content. `max_base_edits` is how far before the head a base may be.
    `now_s` is a clock that only runs on.
    """

    def __init__(
        self,
        connection: Connection,
        edit_log: EditLog,
        kinds: Kinds,
        limits: SizeLimits,
        known: Mapping[str, CachedContent],
        max_base_edits: int,
        now_s: Callable[[], float],
    ) -> None:
        self.working: dict[str, Working] = {}
        self.outcomes: list[Stored | CollabError] = []
        self.held: set[str] = set()
        self.locked: set[str] = set()
        self.spent_s: defaultdict[str, float] = defaultdict(float)
        self.waited_s = 0.0
        self.was_behind = False
        self._connection = connection
        self._edit_log = edit_log
        self._kinds = kinds
        self._limits = limits
        self._known = known
        self._now_s = now_s
        self._past = Past(connection, max_base_edits)
        self._heads: dict[str, int] = {}
        self._archived: set[str] = set()
        self._spent_s = 0.0
        self._bytes = 0
        self._recalled: dict[tuple[str, str], Edit] = {}

    @property
    def is_spent(self) -> bool:
        """Whether it has taken as much as one batch may."""
        return self._spent_s > BUDGET_S or self._bytes > BUDGET_BYTES

    def lock(self, content_ids: Sequence[str], held: Collection[str]) -> None:
        """Locks the heads, in one order on every node, and brings what is in memory up to them. Those in `held` are not
        waited for. Raises `Locked`."""
        began_s = self._now_s()
        free = [content_id for content_id in content_ids if content_id not in held]
        self._note(self._edit_log.lock_heads(self._connection, free) if free else ())
        if len(free) < len(content_ids):
            self._lock_free(sorted({*content_ids}.intersection(held)))
        self.waited_s = self._now_s() - began_s
        behind: dict[str, tuple[CachedContent, int]] = {}
        missed = 0
        for content_id, head in self._heads.items():
            live = self._known.get(content_id)
            if live is None or live.document.version > head:
                continue
            gap = head - live.document.version
            if gap == 0:
                self.working[content_id] = Working(live)
            elif missed + gap <= MAX_MISSED:
                missed += gap
                behind[content_id] = live, head
        self.was_behind = bool(behind)
        if behind:
            self.working.update(self._past.catch_up(behind))

    def _lock_free(self, content_ids: Sequence[str]) -> None:
        self._note(self._edit_log.lock_free_heads(self._connection, content_ids))
        missing = [content_id for content_id in content_ids if content_id not in self._heads]
        if missing:
            there = self._connection.scalars(select(contents.c.id).where(is_one_of(contents.c.id, missing)))
            self.held.update(there)

    def _note(self, heads: Sequence[Head]) -> None:
        self._heads.update({content_id: version for content_id, version, _ in heads})
        self._archived.update(content_id for content_id, _, is_archived in heads if is_archived)
        self.locked.update(self._heads)

    def lock_authors(self, author_ids: AbstractSet[str]) -> None:
        """Locks the authors that nobody else has locked; the others are held."""
        free = free_users(self._connection, author_ids)
        self.locked.update(free)
        self.held.update(author_ids - free)

    def is_held(self, content_id: str, request: Asked) -> bool:
        return content_id in self.held or request.author.id in self.held

    def recall(self, asked: Sequence[tuple[str, Asked]]) -> None:
        """Looks up which of these edits are stored already, beyond what memory recalls; some were folded away since."""
        keys = [(content_id, request.edit_id) for content_id, request in asked]
        rows = edits_named(self._connection, keys)
        self._recalled.update({(row.content_id, row.edit_id): edit_of(row) for row in rows})
        folded = folded_named(self._connection, keys)
        self._recalled.update({(row.content_id, row.edit_id): folded_edit_of(row) for row in folded})

    def take(self, content_id: str, request: Asked) -> None:
        """Rebases one edit on what came before it, in the history and in this batch."""
        began_s = self._now_s()
        if request.session_id is None:
            # A call's edit is made on the head of the moment, however often the call is made: nothing else about it
            # would tell that it was stored and folded away.
            self.recall([(content_id, request)])
        outcome = self._judged(content_id, request)
        if not isinstance(outcome, Accepted | Duplicate):
            # A resend from beyond what memory recalls may be refused for what it has done itself.
            self.recall([(content_id, request)])
            if (content_id, request.edit_id) in self._recalled:
                outcome = self._judged(content_id, request)
        self.outcomes.append(outcome)
        took_s = self._now_s() - began_s
        self.spent_s[content_id] += took_s
        self._spent_s += took_s

    def store(self) -> None:
        """Writes the new edits, the heads, and the snapshots that are due."""
        changed = [working for working in self.working.values() if working.new]
        if not changed:
            return
        self._edit_log.store(self._connection, [(working.document, working.rows) for working in changed])
        due = [working for working in changed if _is_snapshot_due(working)]
        if due:
            self._connection.execute(
                _STORE_SNAPSHOT,
                [
                    {
                        "content_id": working.document.id,
                        "version": working.document.version,
                        "document": working.document.to_snapshot(),
                        "created_at": working.new[-1].at,
                    }
                    for working in due
                ],
            )

    def _judged(self, content_id: str, request: Asked) -> Stored | CollabError:
        try:
            outcome = self._outcome(content_id, request)
            if isinstance(outcome, Conflict):
                return self._conflicting(outcome)
            return self._added(content_id, outcome) if isinstance(outcome, Accepted) else outcome
        except ClientFault as fault:
            return fault
        except SQLAlchemyError:
            # The transaction is broken, and with it the whole batch.
            raise
        except Exception:
            # The edge of one edit: what the domain trips over in it must not refuse the others, at every resend anew.
            of = {"content_id": content_id, "edit_id": request.edit_id, "session_id": request.session_id}
            log.exception("an edit could not be judged", **of)
            return Unavailable("the server could not judge the edit; nothing was stored")

    def _conflicting(self, conflict: Conflict) -> Conflicting:
        overwrote = [overwrite.to_json() for overwrite in conflict.overwrote]
        check_message(json_bytes(overwrote), self._limits.message_bytes)
        return Conflicting(
            "expected fields that nobody changed since base_version; look at what is there now and decide", overwrote
        )

    def _outcome(self, content_id: str, request: Asked) -> Outcome:
        working = self._loaded(content_id)
        stored = working.find(request.edit_id) or self._recalled.get((content_id, request.edit_id))
        if stored is not None:
            if stored.author.id != request.author.id:
                raise Invalid.at("edit_id", "expected a new UUID, got the edit_id of another member's edit")
            return Duplicate(stored)
        if content_id in self._archived:
            raise Forbidden(f"content {content_id} is archived: bring it back before you edit it")
        kind = self._kinds.get(working.document.kind)
        if request.at < working.at:
            # A clock was set back, or another node's is ahead: the times of a content never go back.
            request = replace(request, at=working.at)
        if isinstance(request, Proposal):
            check_base(request.base_version, working.document.version)
            if request.base_edit is not None:
                check_history(
                    request.base_edit, self._past.edit_id_at(working, request.base_version), request.base_version
                )
            return rebase(request, working.document, self._past.since(working, request.base_version), kind)
        if isinstance(request, Restore):
            return restore(request, working.document, kind)
        target = self._past.find(working, request.target)
        return undo(request, target, working.document, self._past.history(working, target), kind)

    def _loaded(self, content_id: str) -> Working:
        if content_id not in self.working:
            head = self._heads.get(content_id)
            if head is None:
                raise NotFound(f"expected a content of the database, got {content_id!r}")
            self.working[content_id] = self._past.load(content_id, head)
        return self.working[content_id]

    def _added(self, content_id: str, accepted: Accepted) -> Accepted:
        """The edit with its sizes, once the content has it; `TooLarge` where it may not have it."""
        working = self.working[content_id]
        edit, row = accepted.edit, self._edit_log.row(accepted.edit)
        growth = growth_bytes(working.document, accepted.document, edit.ops)
        check_content(working.size_bytes, growth, self._limits.content_bytes)
        sizes = Sizes(working.size_bytes + growth, *row_bytes(row))
        check_message(sizes.told_bytes, self._limits.message_bytes)
        measured = Accepted(edit, accepted.document, sizes)
        working.add(measured, row)
        self._bytes += sizes.stored_bytes
        return measured


def write(
    asked: Sequence[tuple[str, Asked]],
    new_batch: Callable[[Connection], Batch],
    held: frozenset[str],
    connection: Connection,
    *,
    is_suspicious: bool,
) -> Batch:
    """The batch of a transaction, with the outcomes of those edits that it got to. Where it `is_suspicious`, all of
    them are looked up first. Those of contents and authors in `held` are not waited for. Raises `Locked`."""
    batch = new_batch(connection)
    batch.lock(sorted({content_id for content_id, _ in asked}), held)
    if doubtful := {request.author.id for _, request in asked} & held:
        batch.lock_authors(doubtful)
    if is_suspicious:
        batch.recall(asked)
    for content_id, request in asked:
        if not batch.is_held(content_id, request):
            batch.take(content_id, request)
        if batch.is_spent:
            break
    batch.store()
    return batch


def _is_snapshot_due(working: Working) -> bool:
    before = working.document.version - len(working.new)
    return working.document.version // SNAPSHOT_EVERY > before // SNAPSHOT_EVERY
