"""Edits that were folded away are known by their ids."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "folded_edits",
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("edit_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_folded_edits_content_id_contents"),
        sa.PrimaryKeyConstraint("content_id", "edit_id", name="pk_folded_edits"),
    )


def downgrade() -> None:
    op.drop_table("folded_edits")
