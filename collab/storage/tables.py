"""The tables. Migrations are checked against them, and make the views and what fills `edit_keys`.

`edits` is append-only.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from collab.domain.access import Role
from collab.domain.bands import JobStatus
from collab.domain.devices import Ending
from collab.domain.invitations import Purpose

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, always UTC: SQLite keeps no zone, so it is put back on reading. A naive one is taken for UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return _in_utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return _in_utc(value)


_Json = JSON(none_as_null=True)


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=column)


users = Table(
    "users",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "name", postgresql_ops={"name": "text_pattern_ops"}),
)

bands = Table(
    "bands",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), ForeignKey("users.id"), nullable=False),
    # Triggers count here what changes of the band's memberships and contents, an edit aside.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("archived_at", UtcDateTime),
    Index(None, "created_by"),
    Index(None, "created_at"),
    Index(None, "name", postgresql_ops={"name": "text_pattern_ops"}),
)

memberships = Table(
    "memberships",
    metadata,
    Column("band_id", String(100), ForeignKey("bands.id"), primary_key=True),
    Column("user_id", String(100), ForeignKey("users.id"), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _one_of("role", Role),
    Index(None, "user_id"),
    Index(None, "created_at"),
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("renewed_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "ended_at"),
)

presence_sessions = Table(
    "presence_sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("session_id", String(100), nullable=False),
    Column("user_id", String(100), ForeignKey("users.id"), nullable=False),
    Column("room", String(120), nullable=False),
    Column("node_id", String(36), ForeignKey("nodes.id"), nullable=False),
    Column("transport", String(20)),
    Column("user_agent", Text),
    Column("remote_addr", String(100)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", String(40)),
    Index(None, "room", "started_at"),
    Index(None, "node_id", "ended_at"),
    Index(None, "started_at"),
    Index(None, "user_id", "started_at"),
)

contents = Table(
    "contents",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("band_id", String(100), ForeignKey("bands.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("title", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), ForeignKey("users.id"), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(100), ForeignKey("users.id"), nullable=False),
    Column("archived_at", UtcDateTime),
    Index(None, "band_id"),
    Index(None, "created_at"),
    Index(None, "created_by"),
    Index(None, "title", postgresql_ops={"title": "text_pattern_ops"}),
)

edits = Table(
    "edits",
    metadata,
    Column("content_id", String(100), ForeignKey("contents.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("edit_id", String(36), nullable=False),
    Column("author_id", String(100), ForeignKey("users.id"), nullable=False),
    Column("session_id", String(100)),
    Column("base_version", Integer, nullable=False),
    Column("ops", _Json, nullable=False),
    Column("inverse", _Json, nullable=False),
    Column("undoes", String(36)),
    Column("dropped", _Json),
    Column("overwrote", _Json),
    Column("created_at", UtcDateTime, nullable=False),
    # In this order it finds an edit by its id alone, too: an index of ids costs more than any other, since they come in
    # no order.
    UniqueConstraint("edit_id", "content_id"),
    Index(None, "author_id", "created_at"),
    Index(None, "content_id", "created_at"),
    Index(None, "created_at"),
)

edit_keys = Table(
    "edit_keys",
    metadata,
    # An index of a content's edits by item and by author, up to its latest snapshot. The database makes it with each
    # snapshot, so that storing an edit costs nothing more; whoever looks reads the few edits after it too.
    Column("content_id", String(100), ForeignKey("contents.id"), primary_key=True),
    Column("key", String(110), primary_key=True),
    Column("version", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

folded_edits = Table(
    "folded_edits",
    metadata,
    # What `compact` leaves of an edit: by its id it is known for ever, so that it is stored once.
    Column("content_id", String(100), ForeignKey("contents.id"), primary_key=True),
    Column("edit_id", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("author_id", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("content_id", String(100), ForeignKey("contents.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", _Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("content_id", String(100), ForeignKey("contents.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("label", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), ForeignKey("users.id"), nullable=False),
    Index(None, "content_id", "version"),
    Index(None, "created_at"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("band_id", String(100), ForeignKey("bands.id"), nullable=False),
    Column("content_id", String(100), ForeignKey("contents.id"), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("status", String(20), nullable=False),
    Column("started_by", String(100), ForeignKey("users.id"), nullable=False),
    Column("is_operator", Boolean, nullable=False),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("work", _Json),
    Column("result", _Json, nullable=False),
    Column("runner", String(36)),
    Column("lease_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    _one_of("status", get_args(JobStatus)),
    Index(None, "band_id", "created_at"),
    Index(None, "status"),
    Index(None, "created_at"),
    Index(None, "finished_at"),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
)

webhook_cursors = Table(
    "webhook_cursors",
    metadata,
    Column("webhook_id", String(32), ForeignKey("webhooks.id"), primary_key=True),
    Column("content_id", String(100), ForeignKey("contents.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("retry_at", UtcDateTime),
    Column("error", String(200)),
    Index(None, "webhook_id", "failures"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", String(36), primary_key=True),
    # SHA-256 of the link's secret, which is nowhere else: it is too long to be guessed, so that it needs no salt.
    Column("digest", String(64), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("band_id", String(100), ForeignKey("bands.id")),
    Column("role", String(20)),
    Column("user_id", String(100), ForeignKey("users.id")),
    Column("max_uses", Integer, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(100), ForeignKey("users.id")),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("digest"),
    _one_of("purpose", Purpose),
    _one_of("role", Role),
    Index(None, "band_id"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
    Index(None, "revoked_at"),
)

devices = Table(
    "devices",
    metadata,
    # What a device shows is made of its row and the server's secret: no row opens anything.
    Column("id", String(36), primary_key=True),
    Column("user_id", String(100), ForeignKey("users.id"), nullable=False),
    Column("label", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("rotated_at", UtcDateTime, nullable=False),
    Column("link", Integer, nullable=False),
    Column("followed", Integer, nullable=False),
    Column("is_shown", Boolean, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ending", String(20)),
    _one_of("ending", get_args(Ending)),
    Index(None, "user_id"),
    Index(None, "ended_at"),
    Index(None, "seen_at"),
)

door_log = Table(
    "door_log",
    metadata,
    # Who came in, how, and who was kept out: append-only.
    Column("id", String(36), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(40), nullable=False),
    Column("user_id", String(100)),
    Column("band_id", String(100)),
    Column("invitation_id", String(36)),
    Column("device_id", String(36)),
    Column("remote_addr", String(100)),
    Index(None, "at"),
    Index(None, "user_id", "at"),
    Index(None, "band_id", "at"),
)

departures = Table(
    "departures",
    metadata,
    # Who is being forgotten, and for a day who was: by then of whom they were there is only a digest.
    Column("digest", String(64), primary_key=True),
    Column("user_id", String(100), ForeignKey("users.id")),
    Column("pseudonym_id", String(100), ForeignKey("users.id"), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
