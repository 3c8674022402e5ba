"""Checkpoints, jobs, and an index to find edits by time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
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
    op.drop_table("jobs")
    op.drop_table("checkpoints")
    op.drop_index("ix_edits_content_id_created_at", "edits")
