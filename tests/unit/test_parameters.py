"""No statement has a parameter for each of any number of values: databases refuse it from some number on."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import collab

PACKAGE = Path(collab.__file__).parent
SUBQUERIES = ("select(", "union(")


def lists_in(source: str) -> Iterator[str]:
    """The calls in a module that put a parameter for each value of a list into a statement."""
    tree = ast.parse(source)
    named = {
        target.id: ast.unparse(node.value)
        for node in reversed(list(ast.walk(tree)))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("in_", "not_in"):
            given = ast.unparse(node.args[0]).partition(".correlate(")[0]
            if not named.get(given, given).startswith(SUBQUERIES):
                yield ast.unparse(node)
        if isinstance(node, ast.keyword) and node.arg == "expanding":
            yield ast.unparse(node)


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("users.c.id.in_(ids)", True),
        ("users.c.id.not_in([row.id for row in rows])", True),
        ("bindparam('ids', expanding=True)", True),
        ("users.c.id.in_(select(bands.c.created_by))", False),
        ("ids = select(bands.c.created_by).limit(1)\nusers.c.id.in_(ids)", False),
    ],
)
def test_such_a_list_is_found(source: str, is_found: bool) -> None:
    assert bool(list(lists_in(source))) == is_found


def test_there_is_none() -> None:
    found = {
        str(file.relative_to(PACKAGE)): lists
        for file in PACKAGE.rglob("*.py")
        if "node_modules" not in file.parts and (lists := list(lists_in(file.read_text())))
    }
    assert found == {}, "use collab.storage.arrays.is_one_of"
