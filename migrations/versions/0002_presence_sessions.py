"""Nodes, and who was in which room from when until when."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("renewed_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
    )
    op.create_table(
        "presence_sessions",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(100), nullable=False),
        sa.Column("user_id", sa.String(100), nullable=False),
        sa.Column("room", sa.String(120), nullable=False),
        sa.Column("node_id", sa.String(36), nullable=False),
        sa.Column("transport", sa.String(20)),
        sa.Column("user_agent", sa.Text()),
        sa.Column("remote_addr", sa.String(100)),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("ended_at", TIME),
        sa.Column("end_reason", sa.String(40)),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name="fk_presence_sessions_node_id_nodes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_presence_sessions_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_presence_sessions"),
    )
    op.create_index("ix_presence_sessions_room_started_at", "presence_sessions", ["room", "started_at"])
    op.create_index("ix_presence_sessions_node_id_ended_at", "presence_sessions", ["node_id", "ended_at"])


def downgrade() -> None:
    for table in ("presence_sessions", "nodes"):
        op.drop_table(table)
