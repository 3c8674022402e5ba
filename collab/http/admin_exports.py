"""What the admin pages export, as text: CSV, or an object a line. A piece at a time, whatever there is."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import orjson

from collab.domain.songs.formulas import defused

Row: TypeAlias = Sequence[Any]
Writing: TypeAlias = Callable[[Sequence[str], Sequence[Row]], bytes]
"""Makes the text of some rows, given the names of their columns."""


def csv_head(columns: Sequence[str]) -> bytes:
    return _csv(columns, [columns])


def _csv(_columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def _json_lines(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    return b"".join(
        orjson.dumps(dict(zip(columns, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE) for row in rows
    )


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    # Members write names and titles.
    return defused(value) if isinstance(value, str) else value


FORMATS: Mapping[str, tuple[str, Writing]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "jsonl": ("application/jsonl", _json_lines),
}
"""Media type and writing, by the ending of a file's name."""
