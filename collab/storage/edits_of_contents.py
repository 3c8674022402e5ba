"""The latest edits of several contents together, such as those of a band: there is no index of them in that order.

Each content's edits lie in the order of its versions, and their times never go back. So the latest `n` of all are of
the `n` contents whose own latest are the latest, and of each of these among its last `n`: so many are read and sorted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, select, tuple_

from collab.storage.tables import edits

_PLACE = (edits.c.created_at, edits.c.content_id, edits.c.version)


def latest_edits(
    which: Select[str],
    since: datetime | None,
    until: datetime | None,
    after: Sequence[Any] | None,
    limit: int,
) -> Select[Any]:
    """The first edits of the contents whose ids `which` selects, the latest first: between two times, and after a
    place, given as the values of `created_at`, `content_id` and `version`."""
    ours, candidates = which.subquery("ours"), edits.alias()
    meant: list[ColumnElement[bool]] = [candidates.c.content_id == ours.c.id]
    if after is not None:
        # The time by itself, too: it is what the index of a content's edits is asked by.
        meant += [candidates.c.created_at <= after[0], _is_before(candidates, after)]
    if until is not None:
        meant.append(candidates.c.created_at <= until)
    by_time = (candidates.c.created_at.desc(), candidates.c.version.desc())
    newest = select(candidates.c.version).where(*meant).order_by(*by_time).limit(1).scalar_subquery()
    heads = (
        select(edits.c.content_id, edits.c.version)
        .select_from(ours.join(edits, and_(edits.c.content_id == ours.c.id, edits.c.version == newest)))
        .order_by(*(column.desc() for column in _PLACE))
        .limit(limit)
        .cte("heads")
        .prefix_with("MATERIALIZED")
    )
    last = edits.c.version.between(heads.c.version - limit + 1, heads.c.version)
    few = select(edits).select_from(heads.join(edits, and_(edits.c.content_id == heads.c.content_id, last)))
    if since is not None:
        few = few.where(edits.c.created_at >= since)
    these = few.cte("these").prefix_with("MATERIALIZED")
    return select(these).order_by(*(these.c[column.name].desc() for column in _PLACE)).limit(limit)


def _is_before(candidates: Any, place: Sequence[Any]) -> ColumnElement[bool]:
    columns = [candidates.c[column.name] for column in _PLACE]
    values = (literal(value, column.type) for value, column in zip(place, columns, strict=True))
    return tuple_(*columns) < tuple_(*values)
