"""A band counts the changes of its memberships and of its list of contents, so that nodes read what has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# By triggers: whoever changes a role, an older node or somebody at a prompt, it is counted.
_CHANGES = {
    "memberships": ("INSERT", "DELETE", "UPDATE"),
    # Every edit puts down a content's head and title, which nobody's rights hang on.
    "contents": ("INSERT", "UPDATE OF band_id, kind, archived_at"),
}

_COUNT = "UPDATE bands SET revision = revision + 1 WHERE id = {row}.band_id"


def _names() -> list[tuple[str, str, str]]:
    """The table, the change and the name of each trigger."""
    return [
        (table, change, f"tr_{table}_{change.split()[0].lower()}")
        for table, changes in _CHANGES.items()
        for change in changes
    ]


def upgrade() -> None:
    op.add_column("bands", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(
            f"""
            CREATE FUNCTION tr_bands_revision() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' THEN
                    {_COUNT.format(row="OLD")};
                ELSE
                    {_COUNT.format(row="NEW")};
                END IF;
                RETURN NULL;
            END $$
            """
        )
    for table, change, name in _names():
        count = _COUNT.format(row="OLD" if change == "DELETE" else "NEW")
        does = f"BEGIN {count}; END" if is_sqlite else "EXECUTE FUNCTION tr_bands_revision()"
        op.execute(f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW {does}")


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, _, name in _names():
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not is_sqlite:
        op.execute("DROP FUNCTION tr_bands_revision()")
    # SQLite drops a column in place since 3.35: to make the table anew would take what refers to it along.
    op.drop_column("bands", "revision")
