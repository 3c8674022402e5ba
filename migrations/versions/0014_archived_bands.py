"""A band may be archived, as a content may."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bands", sa.Column("archived_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    # SQLite drops a column in place since 3.35: to make the table anew would take what refers to it along.
    op.drop_column("bands", "archived_at")
