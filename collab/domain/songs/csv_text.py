"""CSV as spreadsheets and other programs write it: commas, semicolons, tabs or bars between cells, any header.

Reading takes time in proportion to the text, whatever it is: no line is read more than twice.
"""

import csv
from collections.abc import Iterator, Sequence

from collab.domain.kinds import FieldTypes
from collab.domain.record import record
from collab.domain.songs.columns import is_like_a_title
from collab.domain.songs.found import Found
from collab.domain.songs.headless import titles_of
from collab.domain.songs.tables import HEADER_WITHIN, Row, filled, is_header, known_columns, read_rows

_DELIMITERS = ",;\t|"
_SHOWN = 2_000


@record
class Header:
    """The line of a header, counted from 0, its titles, and what stands between them."""

    line: int
    titles: Sequence[str]
    delimiter: str


def header_of(lines: Sequence[str], types: FieldTypes) -> Header | None:
    """The line that names what songs have, the first of those that name several things if there is one; None where
    there is none."""
    delimiters = _DELIMITERS
    looked_at = widest = 0
    found: Header | None = None
    for index, line in enumerate(lines):
        if not line.strip(" \t\n,;|"):
            continue
        if line[:4].lower() == "sep=" and looked_at == 0 and len(line.strip()) <= 5:
            delimiters = line[4:5].strip("\n") or _DELIMITERS
            continue
        header = _header(index, line, delimiters, types)
        if is_header(header.titles, types, widest):
            found = found or header
            if filled(header.titles) > 1:
                return header
        widest = max(widest, filled(header.titles))
        looked_at += 1
        if looked_at == HEADER_WITHIN:
            break
    return found


def form_header_of(lines: Sequence[str]) -> Header | None:
    """The first line, where it has the questions of a form and one asks for a song."""
    line = next((index for index, line in enumerate(lines) if line.strip()), 0)
    delimiter = max(_DELIMITERS, key=lines[line][:_SHOWN].count)
    titles = cells_of(lines[line], delimiter)
    asked = next((index for index, title in enumerate(titles) if title.endswith("?") and is_like_a_title(title)), None)
    if asked is None or len(titles) < 2:
        return None
    return Header(line, [*titles[:asked], "title", *titles[asked + 1 :]], delimiter)


def headless(lines: Sequence[str], *, is_table: bool) -> Header | None:
    """A header for a table that has none: the line before the first, with what the columns hold."""
    shown = [line for line in lines[:1_000] if line.strip()]
    for delimiter in _DELIMITERS:
        if not shown or delimiter not in shown[0]:
            continue
        if titles := titles_of([cells_of(line, delimiter) for line in shown], is_sure=not is_table):
            return Header(-1, titles, delimiter)
    return None


def read_csv(file: str, lines: Sequence[str], header: Header, found: Found) -> None:
    """The songs under a header; a row that is no row is told."""
    if header.line < 0:
        found.remark(file, f"this table has no header: its columns were read as {', '.join(header.titles)}")
    read_rows(file, header.line + 1, header.titles, _good_rows(file, lines, header, found), found)


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line. One that is longer than the csv module takes has no title in it, and is one cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line]


def _header(index: int, line: str, delimiters: str, types: FieldTypes) -> Header:
    """A line as a header, with the delimiter that makes the most sense of it."""
    # Those that it does not have all make one cell of it.
    absent = next((delimiter for delimiter in delimiters if delimiter not in line), "")
    candidates = [delimiter for delimiter in delimiters if delimiter in line or delimiter == absent]
    best = max(candidates, key=lambda delimiter: known_columns(cells_of(line, delimiter), types))
    return Header(index, cells_of(line, best), best)


def _good_rows(file: str, lines: Sequence[str], header: Header, found: Found) -> Iterator[Row]:
    expected = len(header.titles)
    for line, read in _rows(lines, header.line + 1, header.delimiter):
        cells = read
        if isinstance(cells, str):
            # Quotes that are not as they should be, within one line: most often it can be read all the same.
            plain = _plain_row(lines[line - 1], header.delimiter)
            if len(plain) == expected:
                found.bad(file, line, "its quotes are not as they should be: they were left out")
                cells = plain
        if isinstance(cells, str):
            found.bad(file, line, cells, is_lost=True)
        elif any(cell.strip() for cell in cells[expected:]):
            wanted = f"expected {expected} cells, got {len(cells)}: put a text with '{header.delimiter}' in quotes"
            found.bad(file, line, wanted, is_lost=True)
        else:
            yield line, cells


def _plain_row(line: str, delimiter: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def _rows(lines: Sequence[str], begin: int, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The rows with the number of the line each begins on, or what is wrong with it; after a bad line it goes on.

    A row that went wrong after several lines was within quotes at the beginning of each of them but the first. So a
    row which begins on one of these and opens quotes that this line does not close comes to the same end: only the line
    itself is read, and none is read more than twice.
    """
    while begin < len(lines):
        left = (lines[index] for index in range(begin, len(lines)))
        reader = csv.reader(left, delimiter=delimiter, strict=True, skipinitialspace=True)
        read = 0
        try:
            for cells in reader:
                yield begin + read + 1, cells
                read = reader.line_num
            return
        except csv.Error as error:
            end = begin + reader.line_num
            begin += read
            yield begin + 1, f"expected a row of cells: {error}"
            for line in range(begin + 1, end - 1):
                yield line + 1, _row(lines[line], delimiter)
            begin = max(begin + 1, end - 1)


def _row(line: str, delimiter: str) -> list[str] | str:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True), [])
    except csv.Error as error:
        return f"expected a row of cells: {error}"
