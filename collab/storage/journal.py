"""The journal: orders the edits of a node, and commits what waits in one transaction (group commit).

Edits wait in a queue in which bands and contents take turns. A transaction takes of it what its budget allows, in the
writer's thread; what it did not get to goes back to where it stood. Queue and memory belong to the event loop, and the
thread reads of them only what it is handed.

Whoever keeps the head of a content, or the row of an author, for longer than a commit takes (a node that was suspended,
a forgotten psql) holds up the edits of that one alone: the batch goes on without them, and with them once it is free.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TypeAlias

import structlog
from cachetools import LRUCache
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from collab.domain.errors import CollabError, Unavailable
from collab.domain.kinds import Kinds
from collab.domain.ot.edits import Asked, Edit
from collab.domain.ot.rebase import Stored
from collab.domain.sizes import SizeLimits
from collab.services.editing.after_commit import Commit
from collab.services.ports import UNMETERED, Meter, Require
from collab.services.ticket import Ticket
from collab.storage.batch import Batch, write
from collab.storage.content_cache import CachedContent
from collab.storage.edit_log import EditLog, Locked
from collab.storage.queue import Queue, Waiting, named
from collab.storage.writer import Writer

log = structlog.get_logger(__name__)

STUCK_AFTER_S = 60.0
"""No commit takes so long, and no wait for another node's lock."""

SLOW_AFTER_S = 5.0
"""Clients are better off elsewhere while a commit takes so long."""

CLOSE_S = 5.0
"""How long the end may take to commit what waits; the rest is refused, and sent again elsewhere."""

HELD_S = 5.0
"""How long edits of a content wait that another transaction keeps."""

MOST_AT_ONCE = 1_000
"""Edits that a transaction is handed; its budget holds for about as many."""

MAX_PAUSE_S = 0.02
"""The longest pause between two commits, for the sake of other nodes."""

MAX_REST_S = 0.005
"""The longest rest after a commit, for the sake of the next one's size."""

BUSY_EDITS = 8
"""A commit of so many edits is followed by a rest."""

OnCommit: TypeAlias = Callable[[Commit], None]


class Journal:
    """The one writer of edits of a node.

    Edits of a content are ordered as they are submitted. Each is answered after the commit that holds it; what is in
    memory changes only then, so a failed commit leaves the old heads standing. `band_of` says whose a content is, for
    the turns; durations are measured by `now_s`, a clock that only runs on.
    """

    def __init__(
        self,
        writer: Writer,
        kinds: Kinds,
        *,
        max_waiting: int,
        max_live: int,
        max_base_edits: int,
        band_of: Callable[[str], str] = str,
        sizes: SizeLimits,
        meter: Meter = UNMETERED,
        now_s: Callable[[], float] = perf_counter,
    ) -> None:
        self._writer = writer
        self._edit_log = EditLog(writer.dialect, writer.named)
        self._is_remote = writer.dialect.name != "sqlite"
        self._kinds = kinds
        self._on_commit: OnCommit = Commit.answer
        self._max_waiting = max_waiting
        self._max_base_edits = max_base_edits
        self._sizes = sizes
        self._now_s = now_s
        self._queue = Queue(band_of, now_s)
        self._writing: list[Waiting] = []
        self._held: dict[str, float] = {}
        self._live: LRUCache[str, CachedContent] = LRUCache(max_live)
        self._stale: set[str] = set()
        self._is_started = self._is_closing = self._is_due = False
        self._idle = asyncio.Event()
        self._began_s = self._ended_s = self._pause_s = 0.0
        self._meter = meter

    @property
    def is_stuck(self) -> bool:
        """Whether a commit has been under way for so long that it won't end: no edit is answered any more."""
        return self._under_way_s() > STUCK_AFTER_S

    async def check(self) -> None:
        """Raises `Unavailable` while a commit takes so long that clients are better off elsewhere."""
        under_way_s = self._under_way_s()
        if under_way_s > SLOW_AFTER_S:
            raise Unavailable(f"a commit has been under way for {under_way_s:.0f} s")

    @property
    def waiting(self) -> int:
        """How many edits wait for their commit or are in it."""
        return len(self._queue) + len(self._writing)

    @property
    def live(self) -> int:
        """How many contents are in memory."""
        return len(self._live)

    def start(self, on_commit: OnCommit) -> None:
        """Begins to write what was submitted so far and what will be. `on_commit` is given each commit, and gives its
        answers."""
        self._on_commit = on_commit
        self._is_started = True
        self._write_soon()

    async def close(self) -> None:
        """Commits what is waiting, for as long as the end may take, then ends. Whoever submits afterwards is told
        `unavailable`, and so is whoever still waits then."""
        self._is_closing = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                while self._is_started and self.waiting:
                    self._idle.clear()
                    await self._idle.wait()
        if self._is_started and self._queue:
            self._refuse(self._queue.next(len(self._queue)), Unavailable("the server goes down; send it again"))

    def submit(self, content_id: str, asked: Asked, require: Require = lambda: None) -> Ticket[Stored]:
        """Queued before this returns, so a caller's own order is kept; the ticket has the outcome once it is durable.

        Or a `ClientFault` (nothing changed), or `Unavailable` (nothing was stored). `Unavailable` is raised where
        nothing more can be taken. A band may fill half of what the others leave free: however many fill theirs, there
        is room for the next. `require` raises, when its turn has come, what refuses it by then.
        """
        if self._is_closing or self._queue.of_band(content_id) >= self._max_waiting - self.waiting:
            raise Unavailable("too many edits are waiting to be stored; send it again in a moment")
        ticket = Waiting(content_id, asked, require)
        self._queue.put(ticket)
        self._write_soon()
        return ticket

    def head(self, content_id: str) -> CachedContent | None:
        """The content as this node knows it, where it is in memory; another node may be ahead."""
        return self._live.get(content_id)

    def recall(self, content_id: str, version: int) -> Sequence[Edit] | None:
        """The edits of a content after a version, where memory has them."""
        live = self._live.get(content_id)
        return None if live is None or live.document.version < version else live.since(version)

    def is_removed(self, content_id: str, item_id: str) -> bool:
        """Whether an item is gone, as far as this node has the content in memory."""
        live = self._live.get(content_id)
        return live is not None and item_id in live.document.removed

    def forget_authors(self, is_theirs: Callable[[str], bool]) -> None:
        """Lets go of the contents in memory that name one of these authors; what a batch has in its hands goes after
        it."""
        for content_id, live in list(self._live.items()):
            if live.names(is_theirs):
                del self._live[content_id]
        self._stale.update(entry.content_id for entry in self._writing)

    def _under_way_s(self) -> float:
        return self._now_s() - self._began_s if self._writing else 0.0

    def _write_soon(self) -> None:
        """Writes what is waiting, unless it is not its turn yet. Whatever comes in until then shares the commit."""
        if self._is_started and self._queue and not self._writing and not self._is_due:
            self._is_due = True
            loop = asyncio.get_running_loop()
            rest_s = self._ended_s + self._pause_s - self._now_s()
            if rest_s > 0 and (self._held or not self._is_closing):
                loop.call_later(rest_s, self._write)
            else:
                loop.call_soon(self._write)

    def _write(self) -> None:
        self._is_due = False
        self._began_s = self._now_s()
        entries = self._writing = [entry for entry in self._queue.next(MOST_AT_ONCE) if entry.is_still_allowed()]
        if not entries:
            self._idle.set()
            self._write_soon()
            return
        content_ids = {entry.content_id for entry in entries}
        known = {content_id: live for content_id in content_ids if (live := self._live.get(content_id)) is not None}
        asked = [(entry.content_id, entry.asked) for entry in entries]
        self._hand_over(partial(write, asked, partial(self._new_batch, known)), frozenset(self._held))

    def _new_batch(self, known: Mapping[str, CachedContent], connection: Connection) -> Batch:
        return Batch(connection, self._edit_log, self._kinds, self._sizes, known, self._max_base_edits, self._now_s)

    def _hand_over(self, write: Callable[..., Batch], held: frozenset[str], *, is_suspicious: bool = False) -> None:
        def written(result: Batch | Exception) -> None:
            if isinstance(result, IntegrityError) and not is_suspicious:
                # An edit_id that memory does not recall is stored already: look them all up this time.
                self._hand_over(write, held, is_suspicious=True)
            elif isinstance(result, Locked) and not (everything := self._keys()) <= held:
                # Whichever it is, the others go on.
                self._hand_over(write, everything, is_suspicious=is_suspicious)
            else:
                self._finish(result)

        self._writer.run(partial(write, held, is_suspicious=is_suspicious)).then(written)

    def _keys(self) -> frozenset[str]:
        return frozenset(key for entry in self._writing for key in entry.keys)

    def _finish(self, result: Batch | Exception) -> None:
        entries: Sequence[Waiting] = self._writing
        try:
            if isinstance(result, Exception):
                self._refuse(entries, result)
            else:
                entries = self._taken(entries, result)
                took_s = self._now_s() - self._began_s
                self._meter.committed(result.outcomes, took_s)
                self._pause_after(result, took_s)
                self._settle(entries, result, took_s)
        except Exception as error:  # noqa: BLE001  # the edge of the journal: whatever goes wrong, the next batch is served
            self._refuse(entries, error)
        self._writing = []
        self._ended_s = self._now_s()
        self._idle.set()
        self._write_soon()

    def _taken(self, entries: Sequence[Waiting], batch: Batch) -> Sequence[Waiting]:
        """The edits that the batch got to. The others wait on, unless somebody has locked their content for long."""
        now_s = self._now_s()
        for key in batch.locked:
            self._held.pop(key, None)
        count = len(batch.outcomes)
        if not batch.held:
            self._queue.put_back(entries[count:])
            return entries[:count]
        kept = {key for key in batch.held if now_s - self._held.setdefault(key, now_s) > HELD_S}
        rest = [entry for entry in entries if not batch.held.isdisjoint(entry.keys)]
        if refused := [entry for entry in rest if not kept.isdisjoint(entry.keys)]:
            self._refuse(refused, Unavailable("another transaction keeps this content, or you; send the edit again"))
        taken = [entry for entry in entries if batch.held.isdisjoint(entry.keys)]
        self._queue.put_back(taken[count:])
        self._queue.put_back([entry for entry in rest if kept.isdisjoint(entry.keys)])
        return taken[:count]

    def _refuse(self, entries: Sequence[Waiting], error: Exception) -> None:
        if isinstance(error, CollabError):
            log.warning("a batch was not stored", error=error.message, **named(entries))
        else:
            log.error("the journal could not write a batch", exc_info=error, **named(entries))
            error = Unavailable("the server could not store the edit; send it again, unchanged")
        self._meter.not_committed(len(entries))
        for entry in entries:
            entry.settle(error)

    def _pause_after(self, batch: Batch, took_s: float) -> None:
        """Whatever comes in during a pause shares the next commit.

        Where other nodes hold the heads in turn, that commit waits here for most of that time instead of at the lock:
        the first edit to arrive would otherwise take a whole turn for itself. How long the others take is the pause and
        what this node still had to wait after it.

        Where the database is another process, a busy node rests as long as it has just made that one work: each edit of
        a commit of forty costs half of one in a commit of ten, on both sides. Who sends little meets no such pause.
        """
        others_s = self._pause_s + batch.waited_s if batch.was_behind else 0.0
        is_busy = self._is_remote and len(batch.outcomes) >= BUSY_EDITS
        rest_s = min(took_s, MAX_REST_S) if is_busy else 0.0
        self._pause_s = max(min(0.75 * others_s, MAX_PAUSE_S), rest_s) if batch.outcomes else MAX_PAUSE_S

    def _settle(self, entries: Sequence[Waiting], batch: Batch, took_s: float) -> None:
        for content_id, seconds in batch.spent_s.items():
            self._queue.charge(content_id, seconds)
        for content_id, working in batch.working.items():
            after = working.commit()
            if content_id in self._stale:
                # It was read under a name that is not to be kept.
                self._live.pop(content_id, None)
            else:
                self._live[content_id] = after
        self._stale.clear()
        answers = list(zip(entries, batch.outcomes, strict=True))
        commit = Commit(answers, [entry.asked.session_id for entry in entries], took_s)
        try:
            self._on_commit(commit)
        except Exception:
            # The edge to who is told: the edits are stored, and their authors hear that.
            log.exception("a commit could not be told", **named(entries))
            commit.answer()
