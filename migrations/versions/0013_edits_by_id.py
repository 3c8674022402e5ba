"""An edit is found by its id alone and by its content's with one index, which is half of what storing its ids costs."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BY_CONTENT = ("content_id", "edit_id")
_BY_EDIT = ("edit_id", "content_id")


def _name(columns: tuple[str, str]) -> str:
    return f"uq_edits_{'_'.join(columns)}"


def upgrade() -> None:
    op.drop_index("ix_edits_edit_id", table_name="edits")
    _make_unique(_BY_EDIT, instead_of=_BY_CONTENT)


def downgrade() -> None:
    _make_unique(_BY_CONTENT, instead_of=_BY_EDIT)
    op.create_index("ix_edits_edit_id", "edits", ["edit_id"])


def _make_unique(columns: tuple[str, str], *, instead_of: tuple[str, str]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew(columns, instead_of)
    else:
        op.create_unique_constraint(_name(columns), "edits", list(columns))
        op.drop_constraint(_name(instead_of), "edits", type_="unique")


def _make_anew(columns: tuple[str, str], instead_of: tuple[str, str]) -> None:
    """SQLite can't change a constraint: the table is made anew (sqlite.org/lang_altertable.html, 7). What reads it by
    its name, the views and what fills `edit_keys`, is left as it is."""
    connection = op.get_bind()
    made = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'edits'"))
    indexes = connection.execute(
        sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'edits' AND sql IS NOT NULL")
    ).scalars()
    statements = list(indexes)
    table = re.sub(r"(?<=^CREATE TABLE )\S+", "collab_made_anew", made.scalar_one())
    table = table.replace(_name(instead_of), _name(columns))
    table = table.replace(f"UNIQUE ({', '.join(instead_of)})", f"UNIQUE ({', '.join(columns)})")
    op.execute("PRAGMA legacy_alter_table = ON")
    for statement in (
        table,
        "INSERT INTO collab_made_anew SELECT * FROM edits",
        "DROP TABLE edits",
        "ALTER TABLE collab_made_anew RENAME TO edits",
        *statements,
    ):
        connection.exec_driver_sql(statement)
    op.execute("PRAGMA legacy_alter_table = OFF")
