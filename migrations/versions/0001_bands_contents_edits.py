"""Users, bands, memberships, contents, edits, snapshots, and the view that admins read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_table(
        "bands",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_bands_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_bands"),
    )
    op.create_table(
        "memberships",
        sa.Column("band_id", sa.String(100), nullable=False),
        sa.Column("user_id", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("role IN ('owner', 'editor', 'viewer')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["band_id"], ["bands.id"], name="fk_memberships_band_id_bands"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id_users"),
        sa.PrimaryKeyConstraint("band_id", "user_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])
    op.create_table(
        "contents",
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("band_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("created_by", sa.String(100), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("updated_by", sa.String(100), nullable=False),
        sa.Column("archived_at", TIME),
        sa.ForeignKeyConstraint(["band_id"], ["bands.id"], name="fk_contents_band_id_bands"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_contents_created_by_users"),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name="fk_contents_updated_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_contents"),
    )
    op.create_index("ix_contents_band_id", "contents", ["band_id"])
    op.create_table(
        "edits",
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edit_id", sa.String(36), nullable=False),
        sa.Column("author_id", sa.String(100), nullable=False),
        sa.Column("session_id", sa.String(100)),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("ops", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("inverse", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("undoes", sa.String(36)),
        sa.Column("dropped", sa.JSON(none_as_null=True)),
        sa.Column("overwrote", sa.JSON(none_as_null=True)),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_edits_author_id_users"),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_edits_content_id_contents"),
        sa.PrimaryKeyConstraint("content_id", "version", name="pk_edits"),
        sa.UniqueConstraint("content_id", "edit_id", name="uq_edits_content_id_edit_id"),
    )
    op.create_index("ix_edits_author_id_created_at", "edits", ["author_id", "created_at"])
    op.create_table(
        "snapshots",
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_snapshots_content_id_contents"),
        sa.PrimaryKeyConstraint("content_id", "version", name="pk_snapshots"),
    )
    op.execute(
        """
        CREATE VIEW edit_history AS
        SELECT bands.name AS band,
               contents.kind AS kind,
               contents.title AS content,
               edits.version AS version,
               edits.created_at AS at,
               users.name AS author,
               edits.ops AS ops,
               edits.undoes AS undoes,
               edits.dropped AS dropped,
               edits.overwrote AS overwrote,
               edits.base_version AS base_version,
               edits.edit_id AS edit_id,
               edits.session_id AS session_id,
               edits.author_id AS author_id,
               edits.content_id AS content_id,
               contents.band_id AS band_id
        FROM edits
        JOIN contents ON contents.id = edits.content_id
        JOIN bands ON bands.id = contents.band_id
        JOIN users ON users.id = edits.author_id
        """
    )


def downgrade() -> None:
    op.execute("DROP VIEW edit_history")
    for table in ("snapshots", "edits", "contents", "memberships", "bands", "users"):
        op.drop_table(table)
