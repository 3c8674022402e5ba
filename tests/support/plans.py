"""How a database goes about a statement: which tables it reads from one end to the other, and how much work it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Engine, event

Statement = tuple[str, Any]
"""As the driver is given it, with its parameters."""


@contextmanager
def noted(engine: Engine) -> Iterator[list[Statement]]:
    """The statements that an engine carries out until the block ends."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def read_whole(engine: Engine, statement: Statement) -> list[str]:
    """The lines of the plan that read a whole table or index, or sort what an index would have in order.

    An index that is read in its order, for a limit to end it, is none of these. PostgreSQL is not to read the small
    tables of a test as a whole because they are small: what it does all the same has no index.
    """
    sql, parameters = statement
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            lines = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            return list(_sqlite([(part, line) for _, part, _, line in lines]))
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
            connection.exec_driver_sql(f"SET enable_{way} TO off")
        plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters).scalar_one()
        return list(_postgresql(plan[0]["Plan"]))


def work(engine: Engine, statement: Statement) -> int:
    """What a statement costs, however busy the machine is: in steps of SQLite's virtual machine, or in rows that
    PostgreSQL reads."""
    sql, parameters = statement
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            steps = count()
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(lambda: next(steps) and None, 1)
            connection.exec_driver_sql(sql, parameters).all()
            return next(steps)
        explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}"
        return _rows(connection.exec_driver_sql(explained, parameters).scalar_one()[0]["Plan"])


def _rows(node: dict[str, Any]) -> int:
    below = node.get("Plans", ())
    own = 0 if below else node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(own * node["Actual Loops"]) + sum(map(_rows, below))


def _sqlite(plan: Sequence[tuple[int, str]]) -> Iterator[str]:
    """Of a plan's lines, each with the number of what it is a part of."""
    made = {"CONSTANT"} | {line.split()[1] for _, line in plan if line.startswith(("CO-ROUTINE ", "MATERIALIZE "))}
    is_sorted = {part for part, line in plan if line == "USE TEMP B-TREE FOR ORDER BY"}
    for part, line in plan:
        if line.startswith("SCAN ") and line.split()[1] not in made and " VIRTUAL TABLE" not in line:
            of_index = " USING INDEX " in line or " USING COVERING INDEX " in line
            if not of_index or part in is_sorted:
                yield line


def _postgresql(node: dict[str, Any], *, is_sorted: bool = False) -> Iterator[str]:
    kind = node["Node Type"]
    has_condition = "Index Cond" in node or "Recheck Cond" in node
    if kind == "Seq Scan" or ("Index" in kind and not has_condition and is_sorted):
        yield f"{kind} {node.get('Relation Name')}"
    for part in node.get("Plans", ()):
        yield from _postgresql(part, is_sorted=kind in {"Sort", "Aggregate"} or (is_sorted and kind != "Limit"))
