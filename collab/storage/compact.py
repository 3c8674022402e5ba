"""Compacting: old edits are folded into a snapshot, so that a database need not grow for ever.

Members go on meanwhile. What is to go is found by reading alone, some edits at a time; it goes in turns of a few
milliseconds (turns.py), and what it took on the disk is given back in turns, too (space.py).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter, sleep

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Text,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
)

from collab.domain.ot.document import Document, apply_stored
from collab.storage.arrays import is_one_of
from collab.storage.engine import plain_engine, writing_engine
from collab.storage.progress import OnProgress, unwatched
from collab.storage.rows import document_of, edit_of, edits_after, snapshot_before
from collab.storage.tables import checkpoints, contents, edit_keys, edits, folded_edits, snapshots
from collab.storage.turns import Pauses, Turns, Wait, pauses_of

_KEPT = [column.name for column in folded_edits.c]

_MEASURED_AT_ONCE = 1_000
"""Versions whose edits are measured in one reading."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What compacting a content takes away, or would: everything before `version`, of which `size_bytes` of JSON."""

    content_id: str
    title: str
    version: int
    edits: int
    snapshots: int
    size_bytes: int

    def first(self, edits: int) -> "Folded":
        """What it is when it ends after so many of the edits; how large they were is about right."""
        if edits == self.edits:
            return self
        return replace(self, edits=edits, snapshots=0, size_bytes=self.size_bytes * edits // self.edits)


def compact(
    url: str,
    keep_edits: int,
    older_than: datetime | None,
    *,
    is_dry_run: bool,
    on_progress: OnProgress = unwatched,
    wait: Wait = sleep,
) -> Iterator[Folded]:
    """Folds, content by content, what is older than the latest `keep_edits` edits and than a time, if one is given.

    Each content is yielded once it is folded, or as far as it is where something, Ctrl-C say, ends the work: that is
    raised after it. Versions that checkpoints name can still be opened; other versions before the fold can't, and edits
    in it can't be undone. Their ids are kept: an edit that is sent again is not stored again.
    """
    reading, writing = plain_engine(url), writing_engine(url)
    try:
        with pauses_of(url, wait) as pauses, reading.connect() as connection:
            turns = Turns(writing, pauses)
            with connection.begin():
                content_ids = _with_old_edits(connection, keep_edits, older_than)
            for number, content_id in enumerate(content_ids, 1):
                plan = _plan(connection, pauses, content_id, keep_edits, older_than, has_documents=not is_dry_run)
                if plan is not None:
                    yield from [plan.folded] if is_dry_run else _carried_out(turns, plan)
                on_progress(number, len(content_ids))
    finally:
        reading.dispose()
        writing.dispose()


def _with_old_edits(connection: Connection, keep_edits: int, older_than: datetime | None) -> Sequence[str]:
    """The contents that may have something to fold, the oldest first."""
    is_old = (edits.c.content_id == contents.c.id) & (edits.c.version <= contents.c.version - keep_edits)
    if older_than is not None:
        is_old &= edits.c.created_at < older_than
    found = select(contents.c.id).where(contents.c.version > keep_edits, exists().where(is_old))
    return connection.scalars(found.order_by(contents.c.created_at, contents.c.id)).all()


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
    connection: Connection,
    pauses: Pauses,
    content_id: str,
    keep_edits: int,
    older_than: datetime | None,
    *,
    has_documents: bool,
) -> _Plan | None:
    """Nothing is locked for it: edits are only added, after all that is folded. A checkpoint that is made meanwhile is
    looked for again with each turn."""
    with connection.begin():
        content = connection.execute(select(contents).where(contents.c.id == content_id)).one()
        version = _last_to_fold(connection, content_id, content.version, keep_edits, older_than)
        oldest = connection.scalar(select(func.min(edits.c.version)).where(edits.c.content_id == content_id))
    if oldest is None or oldest > version:
        return None
    count = size_bytes = 0
    for first in range(oldest, version + 1, _MEASURED_AT_ONCE):
        began_s = perf_counter()
        last = min(first + _MEASURED_AT_ONCE - 1, version)
        some = (edits.c.content_id == content_id) & edits.c.version.between(first, last)
        with connection.begin():
            more, more_bytes = _measure(connection, edits, some, "ops", "inverse", "dropped", "overwrote")
        count, size_bytes = count + more, size_bytes + more_bytes
        pauses.after(perf_counter() - began_s)
    with connection.begin():
        named = _named(connection, content_id, version)
        old_snapshots = _old_snapshots(content_id, version, named)
        snapshot_count, snapshot_bytes = _measure(connection, snapshots, old_snapshots, "document")
        folded = Folded(content_id, content.title, version, count, snapshot_count, size_bytes + snapshot_bytes)
        kept = sorted({version, *named}) if has_documents else ()
        rows = [_snapshot(connection, content_id, at) for at in kept]
    return _Plan(folded, named, [row for row in rows if row is not None])


def _last_to_fold(
    connection: Connection, content_id: str, head: int, keep_edits: int, older_than: datetime | None
) -> int:
    """The version up to which the edits go: before the first that is not old enough, so that what is kept has no
    gap."""
    version = head - keep_edits
    if older_than is None:
        return version
    is_newer = (edits.c.content_id == content_id) & (edits.c.created_at >= older_than)
    first_kept = connection.scalar(select(func.min(edits.c.version)).where(is_newer))
    return min(version, head if first_kept is None else first_kept - 1)


def _named(connection: Connection, content_id: str, version: int) -> frozenset[int]:
    """The versions before that one which checkpoints name."""
    of_content = (checkpoints.c.content_id == content_id) & (checkpoints.c.version < version)
    return frozenset(connection.scalars(select(checkpoints.c.version).where(of_content)))


def _old_snapshots(content_id: str, version: int, named: Collection[int]) -> ColumnElement[bool]:
    is_old = (snapshots.c.content_id == content_id) & (snapshots.c.version < version)
    return is_old & ~is_one_of(snapshots.c.version, sorted(named))


def _carried_out(turns: Turns, plan: _Plan) -> Iterator[Folded]:
    """What was folded of it, once, however the work ends."""
    done = 0
    try:
        for some in _carry_out(turns, plan):
            done += some
    except _Outdated:
        pass
    except BaseException:
        yield plan.folded.first(done)
        raise
    yield plan.folded.first(done)


def _carry_out(turns: Turns, plan: _Plan) -> Iterator[int]:
    """Yields how many edits went in each turn.

    In an order in which it can stop anywhere, and go on another time: first what has to stay is there, then the edits
    go, the oldest first, then what they were found by, and last the snapshots before them."""
    kept = list(plan.kept)
    if kept:
        turns.take(lambda connection, _: connection.execute(insert(snapshots), kept).rowcount)
    while folded := turns.take(lambda connection, most: _fold_some(connection, plan, most)):
        yield folded
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
