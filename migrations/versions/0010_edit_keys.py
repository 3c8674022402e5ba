"""Edits of a content are found by item and by author: an index that the database makes with each snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The keys of those edits that came after the snapshot before, up to this one.
_SQLITE_KEYS = """
    SELECT edits.content_id, 'author:' || edits.author_id, edits.version
    FROM edits WHERE {these}
    UNION
    SELECT edits.content_id,
           'item:' || coalesce(json_extract(ops.value, '$.item.id'), json_extract(ops.value, '$.item')), edits.version
    FROM edits, json_each(edits.ops) AS ops
    WHERE {these} AND json_extract(ops.value, '$.item') IS NOT NULL
"""
_POSTGRESQL_KEYS = """
    SELECT edits.content_id, 'author:' || edits.author_id, edits.version
    FROM edits WHERE {these}
    UNION
    SELECT edits.content_id, 'item:' || coalesce(ops.body -> 'item' ->> 'id', ops.body ->> 'item'), edits.version
    FROM edits, json_array_elements(edits.ops) AS ops (body)
    WHERE {these} AND ops.body ->> 'item' IS NOT NULL
"""
_OF_A_SNAPSHOT = """
    edits.content_id = NEW.content_id AND edits.version <= NEW.version AND edits.version > coalesce(
        (SELECT max(snapshots.version) FROM snapshots
         WHERE snapshots.content_id = NEW.content_id AND snapshots.version < NEW.version), 0
    )
"""
_OF_EVERY_SNAPSHOT = """
    edits.version <= (SELECT max(snapshots.version) FROM snapshots WHERE snapshots.content_id = edits.content_id)
"""
_SQLITE_TRIGGER = f"""
    CREATE TRIGGER ix_edit_keys_of_snapshots AFTER INSERT ON snapshots WHEN NEW.version > 0
    BEGIN
        INSERT OR IGNORE INTO edit_keys (content_id, key, version) {_SQLITE_KEYS.format(these=_OF_A_SNAPSHOT)};
    END
"""
_POSTGRESQL_FUNCTION = f"""
    CREATE FUNCTION ix_edit_keys_of_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO edit_keys (content_id, key, version) {_POSTGRESQL_KEYS.format(these=_OF_A_SNAPSHOT)}
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END
    $$
"""
_POSTGRESQL_TRIGGER = """
    CREATE TRIGGER ix_edit_keys_of_snapshots AFTER INSERT ON snapshots
    FOR EACH ROW WHEN (NEW.version > 0) EXECUTE FUNCTION ix_edit_keys_of_snapshots()
"""


def upgrade() -> None:
    op.create_table(
        "edit_keys",
        sa.Column("content_id", sa.String(100), nullable=False),
        sa.Column("key", sa.String(110), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_edit_keys_content_id_contents"),
        sa.PrimaryKeyConstraint("content_id", "key", "version", name="pk_edit_keys"),
        sqlite_with_rowid=False,
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    keys = (_SQLITE_KEYS if is_sqlite else _POSTGRESQL_KEYS).format(these=_OF_EVERY_SNAPSHOT)
    op.execute(f"INSERT INTO edit_keys (content_id, key, version) {keys}")
    for statement in (_SQLITE_TRIGGER,) if is_sqlite else (_POSTGRESQL_FUNCTION, _POSTGRESQL_TRIGGER):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER ix_edit_keys_of_snapshots")
    else:
        op.execute("DROP TRIGGER ix_edit_keys_of_snapshots ON snapshots")
        op.execute("DROP FUNCTION ix_edit_keys_of_snapshots()")
    op.drop_table("edit_keys")
