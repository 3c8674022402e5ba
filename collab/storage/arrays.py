"""Arrays: any number of values in one parameter.

With a parameter for each of them a statement is refused from some number on (SQLite takes 32,766, PostgreSQL 65,535),
and is another statement for each number. PostgreSQL has arrays; SQLite has JSON, whose elements it gives as rows.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    String,
    Text,
    TypeDecorator,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class Array(TypeDecorator[Collection[Any]]):
    """The type of a parameter that is an array of values of a type."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[String | Integer] = String) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.of()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        listed = list(value or ())
        return listed if dialect.name == "postgresql" else orjson.dumps(listed).decode()


class _Elements(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Elements, "sqlite")
def _of_json(element: _Elements, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Elements, "postgresql")
def _of_array(element: _Elements, compiler: Any, **options: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **options)})"


def array(name: str, of: type[String | Integer] = String) -> BindParameter[Collection[Any]]:
    """The parameter of that name, an array: for statements that are made once."""
    return bindparam(name, type_=Array(of))


def is_one_of(
    tested: ColumnElement[Any], values: Collection[str] | Collection[int] | BindParameter[Any]
) -> ColumnElement[bool]:
    """Whether a column of strings or integers has one of these values, or of those that a parameter will have."""
    of = Array(Integer if isinstance(tested.type, Integer) else String)
    given = values if isinstance(values, BindParameter) else bindparam(None, values, type_=of, unique=True)
    # SQLite calls the column `value`; PostgreSQL calls it what the table is called.
    elements = _Elements(given).table_valued(column("value", tested.type), name="value")
    return tested.in_(select(elements.c.value))


def joined_with_pairs(
    second: type[String | Integer], completed: Callable[[ColumnElement[str], ColumnElement[Any]], Select[Any]]
) -> Mapping[str, Select[Any]]:
    """What `completed` makes of the two columns of a table of pairs, by the name of the dialect. The pairs, of a string
    and another value, come with each execution, as `pairs_of` puts them.

    They are rows to join with, so that each is looked up by an index: from conditions on ranges of versions PostgreSQL
    guesses that it needs a third of the table. Make it once: what aliases a table is full of circles that only the
    garbage collector frees.
    """
    each = func.json_each(bindparam("pairs")).table_valued("value")
    apart = (
        func.unnest(array("firsts"), array("seconds", second))
        .table_valued(column("first", String), column("second", second))
        .render_derived("pairs")
    )
    return {
        "sqlite": completed(*(func.json_extract(each.c.value, f"$[{index}]") for index in range(2))),
        "postgresql": completed(apart.c.first, apart.c.second),
    }


def pairs_of(dialect: Dialect, pairs: Collection[tuple[str, Any]]) -> dict[str, Any]:
    """The parameters of a statement that is joined with pairs."""
    if dialect.name == "sqlite":
        return {"pairs": orjson.dumps(list(pairs)).decode()}
    return {"firsts": [first for first, _ in pairs], "seconds": [second for _, second in pairs]}
