"""A door of its own: invitations, the devices that stay signed in, and a log of who came in."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _time(name: str, *, is_needed: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("band_id", sa.String(100)),
        sa.Column("role", sa.String(20)),
        sa.Column("user_id", sa.String(100)),
        sa.Column("max_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        _time("created_at", is_needed=True),
        sa.Column("created_by", sa.String(100)),
        _time("expires_at", is_needed=True),
        _time("revoked_at"),
        sa.CheckConstraint("purpose IN ('first', 'band', 'device')", name=op.f("ck_invitations_purpose")),
        sa.CheckConstraint("role IN ('owner', 'editor', 'viewer')", name=op.f("ck_invitations_role")),
        sa.ForeignKeyConstraint(["band_id"], ["bands.id"], name="fk_invitations_band_id_bands"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_invitations_user_id_users"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name="fk_invitations_created_by_users"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
    )
    op.create_index("ix_invitations_band_id", "invitations", ["band_id"])
    op.create_index("ix_invitations_user_id", "invitations", ["user_id"])
    op.create_table(
        "devices",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(100), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        _time("created_at", is_needed=True),
        _time("seen_at", is_needed=True),
        _time("rotated_at", is_needed=True),
        sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("followed", sa.Integer(), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        _time("ended_at"),
        sa.Column("ending", sa.String(20)),
        sa.CheckConstraint("ending IN ('signed out', 'revoked', 'copied', 'too many')", name=op.f("ck_devices_ending")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_devices_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_user_id", "devices", ["user_id"])
    op.create_table(
        "door_log",
        sa.Column("id", sa.String(36), nullable=False),
        _time("at", is_needed=True),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(100)),
        sa.Column("band_id", sa.String(100)),
        sa.Column("invitation_id", sa.String(36)),
        sa.Column("device_id", sa.String(36)),
        sa.Column("remote_addr", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name="pk_door_log"),
    )
    op.create_index("ix_door_log_at", "door_log", ["at"])
    op.create_index("ix_door_log_user_id_at", "door_log", ["user_id", "at"])
    op.create_index("ix_door_log_band_id_at", "door_log", ["band_id", "at"])


def downgrade() -> None:
    for table in ("door_log", "devices", "invitations"):
        op.drop_table(table)
