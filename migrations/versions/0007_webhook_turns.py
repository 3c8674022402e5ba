"""Where a webhook begins is a version of each content, not a time; and what it did not take is known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_webhooks = sa.table("webhooks", sa.column("id"), sa.column("created_at"))
_cursors = sa.table("webhook_cursors", sa.column("webhook_id"), sa.column("content_id"), sa.column("version"))
_contents = sa.table("contents", sa.column("id"), sa.column("version"), sa.column("updated_at"))
_edits = sa.table("edits", sa.column("content_id"), sa.column("version"), sa.column("created_at"))


def upgrade() -> None:
    op.add_column("webhook_cursors", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("webhook_cursors", sa.Column("retry_at", sa.DateTime(timezone=True)))
    op.add_column("webhook_cursors", sa.Column("error", sa.String(200)))
    op.create_index("ix_webhook_cursors_webhook_id_failures", "webhook_cursors", ["webhook_id", "failures"])
    op.execute(_begin())


def _begin() -> sa.Insert:
    """Where the time that a webhook was first used at made each content begin."""
    before = (
        sa.select(sa.func.max(_edits.c.version))
        .where(_edits.c.content_id == _contents.c.id, _edits.c.created_at < _webhooks.c.created_at)
        .scalar_subquery()
    )
    is_older = _contents.c.updated_at < _webhooks.c.created_at
    begins_at = sa.case((is_older, _contents.c.version), else_=sa.func.coalesce(before, 0))
    known = sa.and_(_cursors.c.webhook_id == _webhooks.c.id, _cursors.c.content_id == _contents.c.id)
    begun = (
        sa.select(_webhooks.c.id, _contents.c.id, begins_at)
        .select_from(_webhooks.join(_contents, sa.true()).outerjoin(_cursors, known))
        .where(_cursors.c.content_id.is_(None))
    )
    return _cursors.insert().from_select(["webhook_id", "content_id", "version"], begun)


def downgrade() -> None:
    op.drop_index("ix_webhook_cursors_webhook_id_failures", "webhook_cursors")
    for column in ("error", "retry_at", "failures"):
        op.drop_column("webhook_cursors", column)
