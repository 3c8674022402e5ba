"""Finding edits of a content by item, author and time: by index, however many there are and however few are meant.

By time: the times of a content's edits never go back (batch.py sees to that), so that what was made between two times
lies between two versions.

By item and author: `edit_keys` has the versions up to the content's latest snapshot; the database adds those before a
snapshot in the transaction that stores it. What came after it is read as it is: fewer edits than one commit and
`SNAPSHOT_EVERY`.
"""

from collections.abc import Iterator
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, LargeBinary, Select, Text, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from collab.services.ports import EditFilter
from collab.storage.tables import edit_keys, edits, snapshots

_NO_VERSION = 2**31 - 1
"""No content comes so far."""

_BY_KEY = and_(edit_keys.c.content_id == edits.c.content_id, edit_keys.c.version == edits.c.version)


class Finding:
    """The statements for one sort of database. `ops_bytes` is what the ops of an edit take as JSON."""

    def __init__(self, dialect: str) -> None:
        is_sqlite = dialect == "sqlite"
        self.ops_bytes: ColumnElement[int] = (
            func.length(cast(edits.c.ops, LargeBinary)) if is_sqlite else func.octet_length(cast(edits.c.ops, Text))
        )

    async def sizes(
        self, connection: AsyncConnection, content_id: str, after: int, limit: int, only: EditFilter
    ) -> list[tuple[int, int]]:
        """The first edits after a version that a filter lets pass, as their versions and sizes, oldest first."""
        first, last = await _between(connection, content_id, after, only)
        wanted = select(edits.c.version, self.ops_bytes).where(edits.c.content_id == content_id, *_conditions(only))
        key = _key(only)
        if key is None:
            return await _read(connection, wanted, edits.c.version, first, last, limit)
        indexed = await connection.scalar(_latest_snapshot(content_id)) or 0
        by_key = wanted.join(edit_keys, _BY_KEY).where(edit_keys.c.content_id == content_id, edit_keys.c.key == key)
        found = await _read(connection, by_key, edit_keys.c.version, first, min(last, indexed), limit)
        rest = await _read(connection, wanted, edits.c.version, max(first, indexed + 1), last, limit - len(found))
        return found + rest


def latest_by(content_id: str, at: datetime) -> Select[int]:
    """The last version of a content that was made by a time."""
    return (
        select(edits.c.version)
        .where(edits.c.content_id == content_id, edits.c.created_at <= at)
        .order_by(edits.c.created_at.desc(), edits.c.version.desc())
        .limit(1)
    )


def _first_since(content_id: str, at: datetime) -> Select[int]:
    return (
        select(edits.c.version)
        .where(edits.c.content_id == content_id, edits.c.created_at >= at)
        .order_by(edits.c.created_at, edits.c.version)
        .limit(1)
    )


def _latest_snapshot(content_id: str) -> Select[int]:
    return select(func.max(snapshots.c.version)).where(snapshots.c.content_id == content_id)


async def _between(connection: AsyncConnection, content_id: str, after: int, only: EditFilter) -> tuple[int, int]:
    """The first and the last version that can be meant; the first is beyond the last where none is."""
    first, last = after + 1, _NO_VERSION
    if only.since is not None:
        first = max(first, await connection.scalar(_first_since(content_id, only.since)) or _NO_VERSION)
    if only.until is not None:
        last = await connection.scalar(latest_by(content_id, only.until)) or 0
    return first, last


async def _read(
    connection: AsyncConnection,
    wanted: Select[int, int],
    version: ColumnElement[int],
    first: int,
    last: int,
    limit: int,
) -> list[tuple[int, int]]:
    if first > last or limit <= 0:
        return []
    between = wanted.where(version >= first, version <= last).order_by(version).limit(limit)
    return [(found, size_bytes) for found, size_bytes in await connection.execute(between)]


def _key(only: EditFilter) -> str | None:
    """What `edit_keys` has the wanted edits under."""
    if only.item_id is not None:
        return f"item:{only.item_id}"
    return None if only.author_id is None else f"author:{only.author_id}"


def _conditions(only: EditFilter) -> Iterator[ColumnElement[bool]]:
    """What of an edit has to be looked at; times are versions."""
    if only.author_id is not None:
        yield edits.c.author_id == only.author_id
    if only.item_id is not None:
        yield _names_item(only.item_id)


def _names_item(item_id: str) -> ColumnElement[bool]:
    """Whether an op of an edit is about an item. Ops are stored as compact JSON, keys in the order of `to_json`;
    within a JSON string every quote is escaped, so that no text can look like these."""
    written = cast(edits.c.ops, Text)
    quoted = orjson.dumps(item_id).decode()
    # Taking the needle out changes the text where it is in it: unlike LIKE this minds upper and lower case everywhere.
    return or_(*(func.replace(written, f'"item":{start}{quoted}', "") != written for start in ("", '{"id":')))
