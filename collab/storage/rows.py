"""Between rows and the domain's records; the statements that the writer and the readers share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Integer, Row, Select, String, null, select

from collab.domain.access import Role
from collab.domain.bands import Checkpoint, Content, Member
from collab.domain.ot import ops
from collab.domain.ot.document import Document
from collab.domain.ot.edits import Author, Dropped, Edit, Overwrite
from collab.domain.ot.ops import Op
from collab.storage.arrays import joined_with_pairs, pairs_of
from collab.storage.tables import checkpoints, contents, edits, folded_edits, memberships, snapshots, users

SELECT_EDITS = select(edits, users.c.name.label("author_name")).join(users, users.c.id == edits.c.author_id)
_KEPT_TO_ITSELF = ("inverse", "dropped", "overwrote")
SELECT_TOLD_EDITS: Select[Any] = select(
    *(null().label(column.name) if column.name in _KEPT_TO_ITSELF else column for column in edits.c),
    users.c.name.label("author_name"),
).join(users, users.c.id == edits.c.author_id)
"""What everybody is told of edits: half of what is stored."""
SELECT_CONTENTS = select(contents, users.c.name.label("updated_by_name")).join(
    users, users.c.id == contents.c.updated_by
)
SELECT_CHECKPOINTS = select(checkpoints, users.c.name.label("created_by_name")).join(
    users, users.c.id == checkpoints.c.created_by
)
SELECT_MEMBERS = select(memberships, users.c.name.label("user_name")).join(users, users.c.id == memberships.c.user_id)


def _edits_of_pairs(content_id: ColumnElement[str], version: ColumnElement[int]) -> Select[Any]:
    wanted = (edits.c.content_id == content_id, edits.c.version == version)
    return SELECT_EDITS.where(*wanted).order_by(edits.c.content_id, edits.c.version)


_EDITS_AT = joined_with_pairs(Integer, _edits_of_pairs)
_EDITS_NAMED = joined_with_pairs(
    String,
    lambda content_id, edit_id: SELECT_EDITS.where(edits.c.content_id == content_id, edits.c.edit_id == edit_id),
)
_FOLDED_NAMED = joined_with_pairs(
    String,
    lambda content_id, edit_id: select(folded_edits).where(
        folded_edits.c.content_id == content_id, folded_edits.c.edit_id == edit_id
    ),
)


def edits_after(content_id: str, version: int, limit: int | None = None) -> Select[Any]:
    """The edits of a content after a version, oldest first."""
    return (
        SELECT_EDITS.where(edits.c.content_id == content_id, edits.c.version > version)
        .order_by(edits.c.version)
        .limit(limit)
    )


def edits_before(content_id: str, version: int, after: int) -> Select[Any]:
    """The edits of a content up to a version and after another, newest first; a few are fetched at a time, for whoever
    has had enough."""
    wanted = (edits.c.content_id == content_id, edits.c.version <= version, edits.c.version > after)
    return (
        SELECT_EDITS.where(*wanted)
        .order_by(edits.c.version.desc())
        .execution_options(stream_results=True, max_row_buffer=50)
    )


def edits_at(connection: Connection, keys: Sequence[tuple[str, int]]) -> Iterable[Row[Any]]:
    """The edits with these content ids and versions, by content, oldest first."""
    return _read(connection, _EDITS_AT, keys)


def edits_named(connection: Connection, keys: Sequence[tuple[str, str]]) -> Iterable[Row[Any]]:
    """The edits with these content ids and edit ids, each once."""
    return _read(connection, _EDITS_NAMED, keys)


def folded_named(connection: Connection, keys: Sequence[tuple[str, str]]) -> Iterable[Row[Any]]:
    """What is left of the edits with these content ids and edit ids that were folded away."""
    return _read(connection, _FOLDED_NAMED, keys)


def _read(
    connection: Connection, statement: Mapping[str, Select[Any]], keys: Sequence[tuple[str, Any]]
) -> Iterable[Row[Any]]:
    dialect = connection.dialect
    return connection.execute(statement[dialect.name], pairs_of(dialect, {*keys}))


def snapshot_before(content_id: str, version: int) -> Select[Any]:
    """The newest snapshot that is not newer than a version."""
    return (
        select(snapshots.c.document)
        .where(snapshots.c.content_id == content_id, snapshots.c.version <= version)
        .order_by(snapshots.c.version.desc())
        .limit(1)
    )


def document_of(snapshot: Any) -> Document:
    return Document.from_snapshot(snapshot)


def row_of(edit: Edit, at: Any) -> dict[str, Any]:
    """An edit as its row, for a driver: lists are JSON, and `at` is its time in the driver's form."""
    return {
        "content_id": edit.content_id,
        "version": edit.version,
        "edit_id": edit.edit_id,
        "author_id": edit.author.id,
        "session_id": edit.session_id,
        "base_version": edit.base_version,
        "ops": _json(edit.ops),
        "inverse": _json(edit.inverse),
        "undoes": edit.undoes,
        "dropped": _json(edit.dropped) if edit.dropped else None,
        "overwrote": _json(edit.overwrote) if edit.overwrote else None,
        "created_at": at,
    }


def _json(records: Sequence[Op | Dropped | Overwrite]) -> str:
    return orjson.dumps([record.to_json() for record in records]).decode()


def edit_of(row: Row[Any]) -> Edit:
    """The edit of a row; of a told one (`SELECT_TOLD_EDITS`) without what is kept to itself."""
    return Edit(
        content_id=row.content_id,
        version=row.version,
        edit_id=row.edit_id,
        base_version=row.base_version,
        author=Author(row.author_id, row.author_name),
        session_id=row.session_id,
        ops=tuple(map(ops.from_json, row.ops)),
        inverse=tuple(map(ops.from_json, row.inverse or ())),
        at=row.created_at,
        undoes=row.undoes,
        dropped=tuple(map(Dropped.from_json, row.dropped or ())),
        overwrote=tuple(map(Overwrite.from_json, row.overwrote or ())),
    )


def folded_edit_of(row: Row[Any]) -> Edit:
    """An edit that was folded away: that it is stored, and as which version; none of what it did."""
    return Edit(
        content_id=row.content_id,
        version=row.version,
        edit_id=row.edit_id,
        base_version=row.version - 1,
        author=Author(row.author_id, row.author_id),
        session_id=None,
        ops=(),
        inverse=(),
        at=row.created_at,
    )


def content_of(row: Row[Any]) -> Content:
    return Content(
        id=row.id,
        band_id=row.band_id,
        kind=row.kind,
        title=row.title,
        version=row.version,
        updated_at=row.updated_at,
        updated_by=Author(row.updated_by, row.updated_by_name),
        is_archived=row.archived_at is not None,
    )


def checkpoint_of(row: Row[Any]) -> Checkpoint:
    created_by = Author(row.created_by, row.created_by_name)
    return Checkpoint(row.id, row.content_id, row.version, row.label, row.created_at, created_by)


def member_of(row: Row[Any]) -> Member:
    return Member(row.user_id, row.user_name, Role(row.role))
