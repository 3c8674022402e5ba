"""How far the edits of each content have been delivered to a webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_table(
        "webhook_cursors",
        sa.Column("webhook_id", sa.String(32), nullable=False),
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name="fk_webhook_cursors_webhook_id_webhooks"),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_webhook_cursors_content_id_contents"),
        sa.PrimaryKeyConstraint("webhook_id", "content_id", name="pk_webhook_cursors"),
    )


def downgrade() -> None:
    for table in ("webhook_cursors", "webhooks"):
        op.drop_table(table)
