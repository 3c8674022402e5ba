"""Between rows and the domain's records; the statements that the writer and the readers share."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Dialect,
    Integer,
    Row,
    Select,
    String,
    TableValuedAlias,
    and_,
    column,
    func,
    literal,
    select,
)

from collab.domain import ops
from collab.domain.access import Role
from collab.domain.bands import Checkpoint, Content, Member
from collab.domain.document import Document
from collab.domain.edits import Author, Dropped, Edit, Overwrite
from collab.storage.tables import checkpoints, contents, edits, memberships, snapshots, users

SELECT_EDITS = select(edits, users.c.name.label("author_name")).join(users, users.c.id == edits.c.author_id)
SELECT_CONTENTS = select(contents, users.c.name.label("updated_by_name")).join(
    users, users.c.id == contents.c.updated_by
)
SELECT_CHECKPOINTS = select(checkpoints, users.c.name.label("created_by_name")).join(
    users, users.c.id == checkpoints.c.created_by
)
SELECT_MEMBERS = select(memberships, users.c.name.label("user_name")).join(users, users.c.id == memberships.c.user_id)


def edits_after(content_id: str, version: int, limit: int | None = None) -> Select[Any]:
    """The edits of a content after a version, oldest first."""
    return (
        SELECT_EDITS.where(edits.c.content_id == content_id, edits.c.version > version)
        .order_by(edits.c.version)
        .limit(limit)
    )


def edits_at(keys: Sequence[tuple[str, int]], dialect: Dialect) -> Select[Any]:
    """The edits with these content ids and versions, by content, oldest first.

    The keys are rows to join with, so that the statement stays the same however many there are, and each is looked up
    by the primary key: from conditions on ranges of versions PostgreSQL guesses that it needs a third of the table.
    """
    wanted: TableValuedAlias
    content_id: ColumnElement[Any]
    version: ColumnElement[Any]
    if dialect.name == "sqlite":
        wanted = func.json_each(orjson.dumps(keys).decode()).table_valued("value")
        content_id, version = (func.json_extract(wanted.c.value, f"$[{index}]") for index in range(2))
    else:
        ids, versions = zip(*keys, strict=True)
        wanted = func.unnest(literal(ids, ARRAY(String)), literal(versions, ARRAY(Integer))).table_valued(
            column("content_id", String), column("version", Integer)
        )
        wanted = wanted.render_derived("wanted")
        content_id, version = wanted.c.content_id, wanted.c.version
    return SELECT_EDITS.join(wanted, and_(edits.c.content_id == content_id, edits.c.version == version)).order_by(
        edits.c.content_id, edits.c.version
    )


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


def edit_of(row: Row[Any]) -> Edit:
    return Edit(
        content_id=row.content_id,
        version=row.version,
        edit_id=row.edit_id,
        base_version=row.base_version,
        author=Author(row.author_id, row.author_name),
        session_id=row.session_id,
        ops=tuple(map(ops.from_json, row.ops)),
        inverse=tuple(map(ops.from_json, row.inverse)),
        at=row.created_at,
        undoes=row.undoes,
        dropped=tuple(Dropped(**entry) for entry in row.dropped or ()),
        overwrote=tuple(
            Overwrite(entry["index"], entry["version"], Author(**entry["author"]), entry["value"])
            for entry in row.overwrote or ()
        ),
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
