"""Spreadsheets: XLSX, ODS and old XLS, read by python-calamine, their cells as the text that a musician sees."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeAlias

from collab.domain.kinds import FieldTypes
from collab.domain.songs.found import Found
from collab.domain.songs.tables import HEADER_WITHIN, Row, filled, is_header, read_rows

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta


def read_spreadsheet(file: str, data: bytes, found: Found) -> None:
    """The songs of every sheet that has a header; the others are named."""
    # Needed for few files, and each is read by a process that has just begun.
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        found.bad(file, 1, f"this spreadsheet can't be read: {error}", is_lost=True)
        return
    skipped = [sheet.name for sheet in sheets if not _read_sheet(file, sheet, found)]
    if len(skipped) == len(sheets):
        found.bad(file, 1, "expected a sheet with a header that has a column 'title', got none", is_lost=True)
    elif skipped:
        found.remark(file, f"sheets without a column 'title' were left out: {', '.join(skipped[:20])}")


def _read_sheet(file: str, sheet: "CalamineSheet", found: Found) -> bool:
    """Whether the sheet is a table of songs."""
    rows = _rows(sheet)
    header = _header(rows, found.types)
    if header is None:
        return False
    line, titles = header
    read_rows(file, line, titles, rows, found)
    return True


def _header(rows: Iterator[Row], types: FieldTypes) -> Row | None:
    looked_at = widest = 0
    for line, cells in rows:
        if width := filled(cells):
            if is_header(cells, types, widest):
                return line, cells
            widest = max(widest, width)
            looked_at += 1
            if looked_at == HEADER_WITHIN:
                break
    return None


def _rows(sheet: "CalamineSheet") -> Iterator[Row]:
    first = sheet.start[0] + 1 if sheet.start else 1
    for index, cells in enumerate(sheet.iter_rows()):
        yield first + index, [_text(cell) for cell in cells]


def _text(cell: _Cell) -> str:
    """A cell as it was typed. A length of `3:45` became a time of day, and a meter of `4/4` a date."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(cell, time):
        return f"{cell.hour}:{cell.minute:02}:{cell.second:02}"
    return str(cell)
