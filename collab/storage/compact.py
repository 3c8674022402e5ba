"""Compacting: old edits are folded into a snapshot, so that a database need not grow for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, delete, func, insert, literal, select

from collab.domain.ot.document import Document, apply_stored
from collab.storage.arrays import is_one_of
from collab.storage.engine import writing_engine
from collab.storage.progress import OnProgress, unwatched
from collab.storage.rows import document_of, edit_of, edits_after, snapshot_before
from collab.storage.tables import checkpoints, contents, edit_keys, edits, folded_edits, snapshots

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
) -> Iterator[Folded]:
    """Folds, content by content, what is older than the latest `keep_edits` edits and than a time, if one is given.

    Each content is a transaction of its own, and is yielded once that is committed. Versions that checkpoints name
    can still be opened; other versions before the fold can't, and edits in it can't be undone. Their ids are kept: an
    edit that is sent again is not stored again.
    """
    engine = writing_engine(url)
    try:
        with engine.begin() as connection:
            content_ids = list(connection.scalars(select(contents.c.id).order_by(contents.c.created_at, contents.c.id)))
        for number, content_id in enumerate(content_ids, 1):
            with engine.begin() as connection:
                folded = _fold(connection, content_id, keep_edits, older_than, is_dry_run=is_dry_run)
            if folded is not None:
                yield folded
            on_progress(number, len(content_ids))
    finally:
        engine.dispose()


def _fold(
    connection: Connection, content_id: str, keep_edits: int, older_than: datetime | None, *, is_dry_run: bool
) -> Folded | None:
    # The lock keeps edits out, on other nodes too, until this is committed.
    content = connection.execute(select(contents).where(contents.c.id == content_id).with_for_update()).one()
    version = content.version - keep_edits
    if older_than is not None:
        # Up to the first edit that is not old enough: what is kept has no gap.
        first_kept = connection.scalar(
            select(func.min(edits.c.version)).where(edits.c.content_id == content_id, edits.c.created_at >= older_than)
        )
        version = min(version, content.version if first_kept is None else first_kept - 1)
    named = set(connection.scalars(select(checkpoints.c.version).where(checkpoints.c.content_id == content_id)))
    old_edits = (edits.c.content_id == content_id) & (edits.c.version <= version)
    old_snapshots = (
        (snapshots.c.content_id == content_id)
        & (snapshots.c.version < version)
        & ~is_one_of(snapshots.c.version, [named_version for named_version in named if named_version < version])
    )
    count, edit_bytes = _measure(connection, edits, old_edits, "ops", "inverse", "dropped", "overwrote")
    if count == 0:
        return None
    snapshot_count, snapshot_bytes = _measure(connection, snapshots, old_snapshots, "document")
    if not is_dry_run:
        for kept in sorted({version, *(named_version for named_version in named if named_version < version)}):
            _keep_snapshot(connection, content_id, kept)
        kept_of_them = select(*(edits.c[name] for name in _KEPT)).where(old_edits)
        connection.execute(insert(folded_edits).from_select(_KEPT, kept_of_them))
        connection.execute(delete(edits).where(old_edits))
        old_keys = (edit_keys.c.content_id == content_id) & (edit_keys.c.version <= version)
        connection.execute(delete(edit_keys).where(old_keys))
        connection.execute(delete(snapshots).where(old_snapshots))
    return Folded(content_id, content.title, version, count, snapshot_count, edit_bytes + snapshot_bytes)


def _measure(connection: Connection, table: Table, which: ColumnElement[bool], *columns: str) -> tuple[int, int]:
    """How many rows there are, and how long the JSON in them is."""
    length = sum((func.coalesce(func.length(cast(table.c[name], Text)), 0) for name in columns), start=literal(0))
    count, size = connection.execute(select(func.count(), func.coalesce(func.sum(length), 0)).where(which)).one()
    return int(count), int(size)


def _keep_snapshot(connection: Connection, content_id: str, version: int) -> None:
    document = document_of(connection.execute(snapshot_before(content_id, version)).scalar_one())
    if document.version == version:
        return
    at: datetime | None = None
    tail = edits_after(content_id, document.version).where(edits.c.version <= version)
    for edit in map(edit_of, connection.execute(tail)):
        document = apply_stored(document, edit.ops)
        at = edit.at
    if document.version == version:
        connection.execute(insert(snapshots), _row(document, at))


def _row(document: Document, at: datetime | None) -> dict[str, object]:
    return {
        "content_id": document.id,
        "version": document.version,
        "document": document.to_snapshot(),
        "created_at": at,
    }
