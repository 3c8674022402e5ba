"""How many bands a user has made is counted each time that they make one."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_bands_created_by", "bands", ["created_by"])


def downgrade() -> None:
    op.drop_index("ix_bands_created_by", "bands")
