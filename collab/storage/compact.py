"""Compacting: old edits are folded into a snapshot, so that a database need not grow for ever.

Members go on meanwhile. What is to go is found by reading alone; it goes in turns of a few milliseconds, with pauses
nine times as long (turns.py), and what it took on the disk is given back in turns, too (space.py).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import sleep

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, delete, func, insert, literal, select, tuple_

from collab.domain.ot.document import Document, apply_stored
from collab.storage.arrays import is_one_of
from collab.storage.engine import plain_engine, writing_engine
from collab.storage.progress import OnProgress, unwatched
from collab.storage.rows import document_of, edit_of, edits_after, snapshot_before
from collab.storage.tables import checkpoints, contents, edit_keys, edits, folded_edits, snapshots
from collab.storage.turns import Turns

_KEPT = [column.name for column in folded_edits.c]


@dataclass(frozen=True, slots=True)
class Folded:
    """What compacting a content takes away, or would: everything before `version`, of which `size_bytes` of JSON."""

    content_id: str
    title: str
    version: int
    edits: int
    snapshots: int
    size_bytes: int


def compact(
    url: str,
    keep_edits: int,
    older_than: datetime | None,
    *,
    is_dry_run: bool,
    on_progress: OnProgress = unwatched,
    pause: Callable[[float], None] = sleep,
) -> Iterator[Folded]:
    """Folds, content by content, what is older than the latest `keep_edits` edits and than a time, if one is given.

    Each content is yielded once it is folded. Versions that checkpoints name can still be opened; other versions before
    the fold can't, and edits in it can't be undone. Their ids are kept: an edit that is sent again is not stored again.
    """
    reading, writing = plain_engine(url), writing_engine(url)
    try:
        with reading.connect() as connection:
            content_ids = list(connection.scalars(select(contents.c.id).order_by(contents.c.created_at, contents.c.id)))
        turns = Turns(writing, pause)
        for number, content_id in enumerate(content_ids, 1):
            with reading.connect() as connection:
                plan = _plan(connection, content_id, keep_edits, older_than, has_documents=not is_dry_run)
            if plan is not None:
                if not is_dry_run:
                    with suppress(_Outdated):
                        _carry_out(turns, plan)
                yield plan.folded
            on_progress(number, len(content_ids))
    finally:
        reading.dispose()
        writing.dispose()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be folded, and the snapshots that are to stay of it."""

    folded: Folded
    named: frozenset[int]
    kept: Sequence[dict[str, object]]

    @property
    def old_snapshots(self) -> ColumnElement[bool]:
        return _old_snapshots(self.folded.content_id, self.folded.version, self.named)


class _Outdated(Exception):
    """A checkpoint of an old version was made meanwhile: what is left of the content is for the next time."""


def _plan(
    connection: Connection, content_id: str, keep_edits: int, older_than: datetime | None, *, has_documents: bool
) -> _Plan | None:
    """Nothing is locked for it: edits are only added, after all that is folded. A checkpoint that is made meanwhile is
    looked for again with each turn."""
    content = connection.execute(select(contents).where(contents.c.id == content_id)).one()
    version = content.version - keep_edits
    if older_than is not None:
        # Up to the first edit that is not old enough: what is kept has no gap.
        first_kept = connection.scalar(
            select(func.min(edits.c.version)).where(edits.c.content_id == content_id, edits.c.created_at >= older_than)
        )
        version = min(version, content.version if first_kept is None else first_kept - 1)
    old_edits = (edits.c.content_id == content_id) & (edits.c.version <= version)
    count, edit_bytes = _measure(connection, edits, old_edits, "ops", "inverse", "dropped", "overwrote")
    if count == 0:
        return None
    named = _named(connection, content_id, version)
    old_snapshots = _old_snapshots(content_id, version, named)
    snapshot_count, snapshot_bytes = _measure(connection, snapshots, old_snapshots, "document")
    folded = Folded(content_id, content.title, version, count, snapshot_count, edit_bytes + snapshot_bytes)
    rows = (_snapshot(connection, content_id, kept) for kept in sorted({version, *named})) if has_documents else ()
    return _Plan(folded, named, [row for row in rows if row is not None])


def _named(connection: Connection, content_id: str, version: int) -> frozenset[int]:
    """The versions before that one which checkpoints name."""
    of_content = (checkpoints.c.content_id == content_id) & (checkpoints.c.version < version)
    return frozenset(connection.scalars(select(checkpoints.c.version).where(of_content)))


def _old_snapshots(content_id: str, version: int, named: Collection[int]) -> ColumnElement[bool]:
    is_old = (snapshots.c.content_id == content_id) & (snapshots.c.version < version)
    return is_old & ~is_one_of(snapshots.c.version, sorted(named))


def _carry_out(turns: Turns, plan: _Plan) -> None:
    """In an order in which it can stop anywhere, and go on another time: first what has to stay is there, then the
    edits go, the oldest first, then what they were found by, and last the snapshots before them."""
    kept = list(plan.kept)
    if kept:
        turns.take(lambda connection, _: connection.execute(insert(snapshots), kept).rowcount)
    while turns.take(lambda connection, most: _fold_some(connection, plan, most)):
        pass
    while turns.take(lambda connection, most: _drop_some_keys(connection, plan, most)):
        pass
    turns.take(lambda connection, _: connection.execute(delete(snapshots).where(plan.old_snapshots)).rowcount)


def _fold_some(connection: Connection, plan: _Plan, most: int) -> int:
    """Folds the oldest of the edits that go, so many at most, and returns how many there were."""
    content_id, version = plan.folded.content_id, plan.folded.version
    # The lock keeps edits out, on other nodes too, until this is committed.
    connection.execute(select(contents.c.id).where(contents.c.id == content_id).with_for_update())
    if _named(connection, content_id, version) - plan.named:
        raise _Outdated
    of_content = edits.c.content_id == content_id
    oldest = select(edits.c.version).where(of_content, edits.c.version <= version).order_by(edits.c.version)
    upto = connection.scalar(select(func.max(oldest.limit(most).subquery().c.version)))
    if upto is None:
        return 0
    some = of_content & (edits.c.version <= upto)
    connection.execute(insert(folded_edits).from_select(_KEPT, select(*(edits.c[name] for name in _KEPT)).where(some)))
    return connection.execute(delete(edits).where(some)).rowcount


def _drop_some_keys(connection: Connection, plan: _Plan, most: int) -> int:
    """Drops so many keys, at most, of the edits that have gone, and returns how many there were."""
    folded = plan.folded
    of_gone = (edit_keys.c.content_id == folded.content_id) & (edit_keys.c.version <= folded.version)
    key = (edit_keys.c.content_id, edit_keys.c.key, edit_keys.c.version)
    doomed = select(*key).where(of_gone).limit(most)
    return connection.execute(delete(edit_keys).where(tuple_(*key).in_(doomed))).rowcount


def _measure(connection: Connection, table: Table, which: ColumnElement[bool], *columns: str) -> tuple[int, int]:
    """How many rows there are, and how long the JSON in them is."""
    length = sum((func.coalesce(func.length(cast(table.c[name], Text)), 0) for name in columns), start=literal(0))
    count, size = connection.execute(select(func.count(), func.coalesce(func.sum(length), 0)).where(which)).one()
    return int(count), int(size)


def _snapshot(connection: Connection, content_id: str, version: int) -> dict[str, object] | None:
    """The row of a snapshot of that version; None where there is one, or where it was folded away before."""
    document = document_of(connection.execute(snapshot_before(content_id, version)).scalar_one())
    if document.version == version:
        return None
    at: datetime | None = None
    tail = edits_after(content_id, document.version).where(edits.c.version <= version)
    for edit in map(edit_of, connection.execute(tail)):
        document = apply_stored(document, edit.ops)
        at = edit.at
    return _row(document, at) if document.version == version else None


def _row(document: Document, at: datetime | None) -> dict[str, object]:
    return {
        "content_id": document.id,
        "version": document.version,
        "document": document.to_snapshot(),
        "created_at": at,
    }
