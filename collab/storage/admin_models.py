"""What the admin pages show, as classes of SQLAlchemy's ORM. For reading alone; writes go past it.

Each is mapped to a query that has names where the tables have ids.
"""

from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Subquery, Table, Text, select
from sqlalchemy.orm import registry

from collab.storage.tables import (
    UtcDateTime,
    bands,
    checkpoints,
    contents,
    edits,
    jobs,
    memberships,
    presence_sessions,
    users,
)

_registry = registry()

_edit_history = Table(
    "edit_history",
    # Not among the application's tables: it is a view, which migrations make by hand.
    MetaData(),
    Column("content_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("band", String),
    Column("kind", String),
    Column("content", Text),
    Column("author", String),
    Column("author_id", String),
    Column("edit_id", String),
    Column("base_version", Integer),
    Column("session_id", String),
    Column("undoes", String),
    *(Column(name, edits.c[name].type) for name in ("ops", "dropped", "overwrote")),
)


def _model(name: str, source: Table | Subquery, *key: str) -> type[Any]:
    made = type(name, (), {"__doc__": f"A row of the admin page about {name}."})
    _registry.map_imperatively(made, source, primary_key=[source.c[column] for column in key])
    return made


def admin_models() -> dict[str, type[Any]]:
    """The models by name; their attributes are called as the columns are."""
    return dict(_MODELS)


_MODELS = {
    "bands": _model(
        "bands",
        select(bands.c.id, bands.c.name, bands.c.created_at, users.c.name.label("created_by"))
        .join(users, users.c.id == bands.c.created_by)
        .subquery(),
        "id",
    ),
    "members": _model(
        "members",
        select(
            memberships.c.band_id,
            memberships.c.user_id,
            bands.c.name.label("band"),
            users.c.name.label("name"),
            memberships.c.role,
            memberships.c.created_at.label("since"),
        )
        .join(users, users.c.id == memberships.c.user_id)
        .join(bands, bands.c.id == memberships.c.band_id)
        .subquery(),
        "band_id",
        "user_id",
    ),
    "contents": _model(
        "contents",
        select(
            contents.c.id,
            bands.c.name.label("band"),
            contents.c.kind,
            contents.c.title,
            contents.c.version,
            contents.c.updated_at,
            users.c.name.label("updated_by"),
            contents.c.created_at,
            contents.c.archived_at,
        )
        .join(bands, bands.c.id == contents.c.band_id)
        .join(users, users.c.id == contents.c.updated_by)
        .subquery(),
        "id",
    ),
    "edits": _model("edits", _edit_history, "content_id", "version"),
    "checkpoints": _model(
        "checkpoints",
        select(
            checkpoints.c.id,
            contents.c.title.label("content"),
            checkpoints.c.version,
            checkpoints.c.label,
            checkpoints.c.created_at,
            users.c.name.label("created_by"),
            checkpoints.c.content_id,
        )
        .join(contents, contents.c.id == checkpoints.c.content_id)
        .join(users, users.c.id == checkpoints.c.created_by)
        .subquery(),
        "id",
    ),
    "jobs": _model(
        "jobs",
        select(
            jobs.c.id,
            bands.c.name.label("band"),
            jobs.c.kind,
            jobs.c.name,
            jobs.c.status,
            jobs.c.done,
            jobs.c.total,
            users.c.name.label("started_by"),
            jobs.c.created_at,
            jobs.c.finished_at,
            jobs.c.result,
        )
        .join(bands, bands.c.id == jobs.c.band_id)
        .join(users, users.c.id == jobs.c.started_by)
        .subquery(),
        "id",
    ),
    "presence_sessions": _model(
        "presence_sessions",
        select(
            presence_sessions.c.id,
            users.c.name.label("user"),
            *(column for column in presence_sessions.c if column.name != "id"),
        )
        .join(users, users.c.id == presence_sessions.c.user_id)
        .subquery(),
        "id",
    ),
}
