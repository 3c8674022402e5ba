"""Checkpoints, jobs, an index to find edits by time, and the view `change_history`: a row for each field changed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)

# A row for each field that an op changes, and the state that the history begins with as inserts at its version.
# A removed item has no position any more. The two differ in how they take JSON apart, and in nothing that is read.
SQLITE_VIEW = """
    CREATE VIEW change_history AS
    WITH every_op AS (
        SELECT edits.content_id, edits.version, edits.created_at, edits.author_id, ops.key AS n,
               json_extract(ops.value, '$.op') AS op, ops.value AS body
        FROM edits, json_each(edits.ops) AS ops
    ),
    begin AS (
        SELECT snapshots.content_id, snapshots.version, snapshots.created_at, snapshots.document,
               CASE snapshots.version WHEN 0 THEN contents.created_by END AS author_id
        FROM snapshots JOIN contents ON contents.id = snapshots.content_id
        WHERE snapshots.version = coalesce(
            (SELECT min(edits.version) - 1 FROM edits WHERE edits.content_id = contents.id), contents.version
        )
    ),
    inserted AS (
        SELECT content_id, version, created_at, author_id, n, json_extract(body, '$.item') AS item
        FROM every_op WHERE op = 'insert'
        UNION ALL
        SELECT content_id, version, created_at, author_id, items.key, items.value
        FROM begin, json_each(begin.document, '$.items') AS items
    ),
    change AS (
        SELECT content_id, version, created_at, author_id, n, op, json_extract(body, '$.item') AS item,
               CASE WHEN op IN ('move', 'remove') THEN 'position' ELSE json_extract(body, '$.field') END AS field,
               CASE op WHEN 'set' THEN json_extract(body, '$.value') WHEN 'text' THEN json_extract(body, '$.delta')
                       WHEN 'move' THEN json_extract(body, '$.position') END AS value
        FROM every_op WHERE op <> 'insert'
        UNION ALL
        SELECT content_id, version, created_at, author_id, n, 'insert', json_extract(item, '$.id'),
               fields.key, fields.value
        FROM inserted, json_each(json_patch(
            json_extract(item, '$.fields'),
            json_object('type', json_extract(item, '$.type'), 'position', json_extract(item, '$.position'))
        )) AS fields
        UNION ALL
        SELECT content_id, version, created_at, author_id, -1, 'set', NULL, fields.key, fields.value
        FROM begin, json_each(begin.document, '$.fields') AS fields
    )
    SELECT bands.name AS band, contents.kind AS kind, contents.title AS content, change.version AS version,
           change.created_at AS at, users.name AS author, change.op AS op, change.item AS item, change.field AS field,
           CAST(change.value AS TEXT) AS value, change.n AS n, change.author_id AS author_id,
           change.content_id AS content_id, contents.band_id AS band_id
    FROM change
    JOIN contents ON contents.id = change.content_id
    JOIN bands ON bands.id = contents.band_id
    LEFT JOIN users ON users.id = change.author_id
"""
POSTGRESQL_VIEW = """
    CREATE VIEW change_history AS
    WITH every_op AS (
        SELECT edits.content_id, edits.version, edits.created_at, edits.author_id, ops.n - 1 AS n,
               ops.body ->> 'op' AS op, ops.body AS body
        FROM edits, json_array_elements(edits.ops) WITH ORDINALITY AS ops (body, n)
    ),
    begin AS (
        SELECT snapshots.content_id, snapshots.version, snapshots.created_at, snapshots.document,
               CASE snapshots.version WHEN 0 THEN contents.created_by END AS author_id
        FROM snapshots JOIN contents ON contents.id = snapshots.content_id
        WHERE snapshots.version = coalesce(
            (SELECT min(edits.version) - 1 FROM edits WHERE edits.content_id = contents.id), contents.version
        )
    ),
    inserted AS (
        SELECT content_id, version, created_at, author_id, n, body -> 'item' AS item FROM every_op WHERE op = 'insert'
        UNION ALL
        SELECT content_id, version, created_at, author_id, items.n - 1, items.body
        FROM begin, json_array_elements(begin.document -> 'items') WITH ORDINALITY AS items (body, n)
    ),
    change AS (
        SELECT content_id, version, created_at, author_id, n, op, body ->> 'item' AS item,
               CASE WHEN op IN ('move', 'remove') THEN 'position' ELSE body ->> 'field' END AS field,
               CASE op WHEN 'set' THEN body ->> 'value' WHEN 'text' THEN body ->> 'delta'
                       WHEN 'move' THEN body ->> 'position' END AS value
        FROM every_op WHERE op <> 'insert'
        UNION ALL
        SELECT content_id, version, created_at, author_id, n, 'insert', item ->> 'id', fields.key, fields.value
        FROM inserted, jsonb_each_text(
            (item -> 'fields')::jsonb || jsonb_build_object('type', item ->> 'type', 'position', item ->> 'position')
        ) AS fields
        UNION ALL
        SELECT content_id, version, created_at, author_id, -1, 'set', NULL, fields.key, fields.value
        FROM begin, json_each_text(begin.document -> 'fields') AS fields
    )
    SELECT bands.name AS band, contents.kind AS kind, contents.title AS content, change.version AS version,
           change.created_at AS at, users.name AS author, change.op AS op, change.item AS item, change.field AS field,
           change.value COLLATE "C" AS value, change.n AS n, change.author_id AS author_id,
           change.content_id AS content_id, contents.band_id AS band_id
    FROM change
    JOIN contents ON contents.id = change.content_id
    JOIN bands ON bands.id = contents.band_id
    LEFT JOIN users ON users.id = change.author_id
"""


def upgrade() -> None:
    op.execute(SQLITE_VIEW if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_VIEW)
    op.create_index("ix_edits_content_id_created_at", "edits", ["content_id", "created_at"])
    op.create_table(
        "checkpoints",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_checkpoints_content_id_contents"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_checkpoints_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_checkpoints"),
    )
    op.create_index("ix_checkpoints_content_id_version", "checkpoints", ["content_id", "version"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("band_id", sa.String(100), nullable=False),
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("started_by", sa.String(100), nullable=False),
        sa.Column("is_operator", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("work", JSON),
        sa.Column("result", JSON, nullable=False),
        sa.Column("runner", sa.String(36)),
        sa.Column("lease_until", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME),
        sa.CheckConstraint("status IN ('running', 'completed', 'error', 'cancelled')", name=op.f("ck_jobs_status")),
        sa.ForeignKeyConstraint(["band_id"], ["bands.id"], name="fk_jobs_band_id_bands"),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_jobs_content_id_contents"),
        sa.ForeignKeyConstraint(["started_by"], ["users.id"], name="fk_jobs_started_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_band_id_created_at", "jobs", ["band_id", "created_at"])
    op.create_index("ix_jobs_status", "jobs", ["status"])


def downgrade() -> None:
    op.execute("DROP VIEW change_history")
    op.drop_table("jobs")
    op.drop_table("checkpoints")
    op.drop_index("ix_edits_content_id_created_at", "edits")
