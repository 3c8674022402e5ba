"""A prefix reaches each name of ours, and nothing else that a statement has."""

from sqlalchemy import create_engine

from collab.storage.names import PARAMETER, VIEWS, names_of
from collab.storage.tables import metadata

named = names_of(create_engine("sqlite://", execution_options={PARAMETER: "collab_"}))


def _names() -> set[str]:
    tables = metadata.tables.values()
    constraints = {str(constraint.name) for table in tables for constraint in table.constraints}
    return {*metadata.tables, *VIEWS, *constraints, *(str(index.name) for table in tables for index in table.indexes)}


def test_each_name_is_prefixed_once_and_fits_in_postgresql() -> None:
    for name in _names():
        assert named(f"CREATE {name} x") == f"CREATE collab_{name} x"
        assert named(named(name)) == f"collab_{name}"
        assert len(f"{'p' * 20}{name}") <= 63


def test_no_column_is_called_as_a_table_is() -> None:
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert columns.isdisjoint({*metadata.tables, *VIEWS})


def test_what_only_looks_like_one_stays() -> None:
    for other in ("users_id", "edit", "my_edits", "alembic_version", "_alembic_tmp_edits", "anon_1.created_by"):
        assert named(other) == other
