"""What admins ask goes by index: lists by time and name, edits by id, changes of a content or an author."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = {
    "users": (["name"],),
    "bands": (["created_at"], ["name"]),
    "memberships": (["created_at"],),
    "nodes": (["ended_at"],),
    "presence_sessions": (["started_at"], ["user_id", "started_at"]),
    "contents": (["created_at"], ["created_by"], ["title"]),
    "edits": (["created_at"], ["edit_id"]),
    "checkpoints": (["created_at"],),
    "jobs": (["created_at"], ["finished_at"]),
}
# What begins with some letters is found by it, in any language that the database sorts by.
_PATTERN = "text_pattern_ops"

# A row for each field that an op changes, and the state that the history begins with as inserts at its version. A
# removed item has no position any more. Each part joins all that is asked by, so that a condition on the view reaches
# the indexes of its tables: neither planner takes one past a join with a union. The two databases differ in how they
# take JSON apart, and in nothing that is read.
_VIEW = """
    CREATE VIEW change_history (
        band, kind, content, version, at, author, op, item, field, value, n, author_id, content_id, band_id
    ) AS {parts}
"""
_EDIT = "bands.name, contents.kind, contents.title, edits.version, edits.created_at, users.name"
_BY_EDIT = "edits.author_id, contents.id, contents.band_id"
_EDITS = """
    FROM contents
    JOIN bands ON bands.id = contents.band_id
    JOIN edits ON edits.content_id = contents.id
    JOIN users ON users.id = edits.author_id
"""
_BEGIN = "bands.name, contents.kind, contents.title, snapshots.version, snapshots.created_at"
_BEGINS = """
    FROM contents
    JOIN bands ON bands.id = contents.band_id
    JOIN snapshots ON snapshots.content_id = contents.id AND snapshots.version = coalesce(
        (SELECT min(edits.version) - 1 FROM edits WHERE edits.content_id = contents.id), contents.version
    )
"""
# Whoever made a content made its first version; a later one, that edits were folded into, is nobody's.
_BEGINNINGS = (
    (
        f"{_BEGIN}, users.name",
        "contents.created_by, contents.id, contents.band_id",
        f"{_BEGINS} AND snapshots.version = 0 JOIN users ON users.id = contents.created_by",
    ),
    (
        f"{_BEGIN}, CAST(NULL AS VARCHAR)",
        "CAST(NULL AS VARCHAR), contents.id, contents.band_id",
        f"{_BEGINS} AND snapshots.version > 0",
    ),
)


def _sqlite_view() -> str:
    op_ = "json_extract(ops.value, '$.op')"
    fields = """
        json_each(json_patch(
            json_extract({item}, '$.fields'),
            json_object('type', json_extract({item}, '$.type'), 'position', json_extract({item}, '$.position'))
        )) AS fields
    """
    inserted = fields.format(item="json_extract(ops.value, '$.item')")
    changes = f"""
        SELECT {_EDIT}, {op_}, json_extract(ops.value, '$.item'),
               CASE WHEN {op_} IN ('move', 'remove') THEN 'position' ELSE json_extract(ops.value, '$.field') END,
               CAST(CASE {op_} WHEN 'set' THEN json_extract(ops.value, '$.value')
                               WHEN 'text' THEN json_extract(ops.value, '$.delta')
                               WHEN 'move' THEN json_extract(ops.value, '$.position') END AS TEXT),
               ops.key, {_BY_EDIT}
        {_EDITS}, json_each(edits.ops) AS ops
        WHERE {op_} <> 'insert'
        UNION ALL
        SELECT {_EDIT}, 'insert', json_extract(ops.value, '$.item.id'), fields.key, CAST(fields.value AS TEXT),
               ops.key, {_BY_EDIT}
        {_EDITS}, json_each(edits.ops) AS ops, {inserted}
        WHERE {op_} = 'insert'
    """
    begins = (
        f"""
        SELECT {begin}, 'insert', json_extract(items.value, '$.id'), fields.key, CAST(fields.value AS TEXT),
               items.key, {by}
        {source}, json_each(snapshots.document, '$.items') AS items, {fields.format(item="items.value")}
        UNION ALL
        SELECT {begin}, 'set', NULL, fields.key, CAST(fields.value AS TEXT), -1, {by}
        {source}, json_each(snapshots.document, '$.fields') AS fields
        """
        for begin, by, source in _BEGINNINGS
    )
    return _VIEW.format(parts=" UNION ALL ".join((changes, *begins)))


def _postgresql_view() -> str:
    op_ = "ops.body ->> 'op'"
    fields = """
        jsonb_each_text(
            ({item} -> 'fields')::jsonb
            || jsonb_build_object('type', {item} ->> 'type', 'position', {item} ->> 'position')
        ) AS fields
    """
    changes = f"""
        SELECT {_EDIT}, {op_}, ops.body ->> 'item',
               CASE WHEN {op_} IN ('move', 'remove') THEN 'position' ELSE ops.body ->> 'field' END,
               (CASE {op_} WHEN 'set' THEN ops.body ->> 'value' WHEN 'text' THEN ops.body ->> 'delta'
                           WHEN 'move' THEN ops.body ->> 'position' END) COLLATE "C",
               ops.n - 1, {_BY_EDIT}
        {_EDITS}, json_array_elements(edits.ops) WITH ORDINALITY AS ops (body, n)
        WHERE {op_} <> 'insert'
        UNION ALL
        SELECT {_EDIT}, 'insert', ops.body -> 'item' ->> 'id', fields.key, fields.value COLLATE "C",
               ops.n - 1, {_BY_EDIT}
        {_EDITS}, json_array_elements(edits.ops) WITH ORDINALITY AS ops (body, n),
        {fields.format(item="(ops.body -> 'item')")}
        WHERE {op_} = 'insert'
    """
    begins = (
        f"""
        SELECT {begin}, 'insert', items.body ->> 'id', fields.key, fields.value COLLATE "C", items.n - 1, {by}
        {source}, json_array_elements(snapshots.document -> 'items') WITH ORDINALITY AS items (body, n),
        {fields.format(item="items.body")}
        UNION ALL
        SELECT {begin}, 'set', CAST(NULL AS TEXT), fields.key, fields.value COLLATE "C", CAST(-1 AS BIGINT), {by}
        {source}, json_each_text(snapshots.document -> 'fields') AS fields
        """
        for begin, by, source in _BEGINNINGS
    )
    return _VIEW.format(parts=" UNION ALL ".join((changes, *begins)))


def upgrade() -> None:
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            patterns = {column: _PATTERN for column in columns if column in ("name", "title")}
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns, postgresql_ops=patterns)
    op.execute("DROP VIEW change_history")
    op.execute(_sqlite_view() if op.get_bind().dialect.name == "sqlite" else _postgresql_view())


def downgrade() -> None:
    # The view stays: it says what it said before.
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            op.drop_index(f"ix_{table}_{'_'.join(columns)}", table)
