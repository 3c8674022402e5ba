"""Mending: what was stored before it was checked, brought to what is stored now. Cheap where there is nothing to do.

Run by a migration and after a dump is restored, in the transaction of either.
"""

from sqlalchemy import Column, Connection, func, select, update

from collab.domain.strings import cleaned_line
from collab.storage.tables import bands, checkpoints, edits, jobs, users

_LINES: tuple[Column[str], ...] = (users.c.name, bands.c.name, checkpoints.c.label, jobs.c.name)


def mend(connection: Connection) -> int:
    """Mends what needs it, and returns in how many rows."""
    return sum(_clean(connection, line) for line in _LINES) + _canonical_ids(connection)


def _clean(connection: Connection, line: Column[str]) -> int:
    """Names are lines (domain/strings.py)."""
    row_id = line.table.c.id
    odd = [(key, text) for key, text in connection.execute(select(row_id, line)) if cleaned_line(text) != text]
    for key, text in odd:
        connection.execute(update(line.table).where(row_id == key).values({line.name: cleaned_line(text) or key}))
    return len(odd)


def _canonical_ids(connection: Connection) -> int:
    """Ids of edits in small letters, by which they are looked up, and what names them with them.

    Where one content has two edits whose ids differ in nothing else, one keeps its capitals: they are two edits.
    """
    canonical = func.lower(edits.c.edit_id)
    is_odd = edits.c.edit_id != canonical
    affected = connection.scalars(select(edits.c.content_id).where(is_odd).distinct()).all()
    mended = 0
    for content_id in affected:
        of_content = edits.c.content_id == content_id
        taken = set(connection.scalars(select(edits.c.edit_id).where(of_content, ~is_odd)))
        odd = select(edits.c.version, edits.c.edit_id).where(of_content, is_odd).order_by(edits.c.version)
        for version, edit_id in connection.execute(odd).all():
            if edit_id.lower() not in taken:
                taken.add(edit_id.lower())
                this = update(edits).where(of_content, edits.c.version == version)
                mended += connection.execute(this.values(edit_id=edit_id.lower())).rowcount
        twin = edits.alias()
        is_there = select(twin.c.version).where(twin.c.content_id == content_id, twin.c.edit_id == edits.c.undoes)
        undone = update(edits).where(of_content, edits.c.undoes != func.lower(edits.c.undoes), ~is_there.exists())
        connection.execute(undone.values(undoes=func.lower(edits.c.undoes)))
    return mended
