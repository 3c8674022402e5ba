"""Who leaves for good is noted for as long as that takes, and a day longer."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(100)),
        sa.Column("pseudonym_id", sa.String(100), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_departures_user_id_users"),
        sa.ForeignKeyConstraint(["pseudonym_id"], ["users.id"], name="fk_departures_pseudonym_id_users"),
        sa.PrimaryKeyConstraint("digest", name="pk_departures"),
    )


def downgrade() -> None:
    op.drop_table("departures")
