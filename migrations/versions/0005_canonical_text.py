"""Ids of edits in small letters, and names without control characters: as they are stored from now on."""

from alembic import op

from collab.storage.mending import mend

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    mend(op.get_bind())


def downgrade() -> None:
    """Nothing: what was mended is as good for an older version."""
