"""Tables of songs: one a row under a header, from CSV files and spreadsheets alike.

What a column means is decided once, by its name and by the first of its values: `Time` is a length where it holds 3:45
and a time signature where it holds 4/4.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from collab.domain.errors import shown
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.record import record
from collab.domain.songs.columns import field_named, is_named, is_time, rank, unit_named, unit_within
from collab.domain.songs.durations import Durations, durations_of
from collab.domain.songs.formulas import restored
from collab.domain.songs.found import Found
from collab.domain.songs.keys import in_minor, read_key
from collab.domain.songs.values import is_time_signature

Row = tuple[int, Sequence[str]]
"""Its line, and its cells."""

HEADER_WITHIN = 20
"""Rows in which a header is looked for: a title and a date may stand above it."""

_SAMPLE = 1_000
"""Rows that are looked at before the first is read."""

_TYPES = ("song", "break", "")
"""What a column `type` of our own exports holds."""


ALWAYS = ("title", "artist", "key", "tempo", "duration")
"""The columns of our own export whatever the songs have; a setlist's has `type` before them."""


@record
class Columns:
    """What the columns of a table mean: the field of each, None for those that none has.

    `order` is that in which they are read, `time` the column whose cells may be lengths or meters.
    """

    fields: Sequence[str | None]
    order: Sequence[int]
    durations: Durations
    type: int | None = None
    time: int | None = None
    minutes: int | None = None
    seconds: int | None = None
    mode: int | None = None
    is_ours: bool = False
    has_always: bool = False

    def song(self, cells: Sequence[str]) -> dict[str, Value]:
        """A row's values by field. Of two columns that mean the same, the first that says something counts."""
        raw: dict[str, Value] = {}
        for index in self.order:
            if cell := cells[index] if index < len(cells) else "":
                raw.setdefault(self._field(index, cell), restored(cell) if self.is_ours else cell)
        minutes, seconds = _cell(cells, self.minutes), _cell(cells, self.seconds)
        if minutes or seconds:
            raw["duration"] = f"{minutes or 0}:{seconds.zfill(2)}"
        if self.mode is not None and _cell(cells, self.mode) == "0" and (key := read_key(str(raw.get("key", "")))):
            raw["key"] = in_minor(key.name)
        return raw

    def _field(self, index: int, cell: str) -> str:
        if index == self.time and ":" in cell:
            return "duration"
        if index == self.time and "/" in cell:
            return "time_signature"
        return str(self.fields[index])

    @property
    def is_setlist(self) -> bool:
        """A setlist of our own export: a repertoire's has no types, and tables of others lack some of our columns."""
        return self.is_ours and self.type == 0 and self.has_always

    def type_of(self, cells: Sequence[str]) -> str:
        return _cell(cells, self.type).casefold() or "song"


def known_columns(titles: Sequence[str], types: FieldTypes) -> int:
    """How many of these titles name something that a song has; 0 without one for its title."""
    names = [field_named(title, types) for title in titles]
    return sum(name is not None for name in names) if "title" in names else 0


def is_header(titles: Sequence[str], types: FieldTypes, widest_above: int) -> bool:
    """Whether a row is the header. One below the first, which has the cells of `widest_above`, has to be no row in
    which some word is a column's name: it knows two columns, or all, or is far wider than what stands above it."""
    known = known_columns(titles, types)
    if widest_above == 0 or known == 0:
        return known > 0
    width = filled(titles)
    return known >= 2 or known == width or width >= 2 * widest_above


def filled(cells: Sequence[str]) -> int:
    """How many cells of a row hold something."""
    return sum(bool(cell.strip()) for cell in cells)


def read_rows(file: str, line: int, titles: Sequence[str], rows: Iterable[Row], found: Found) -> None:
    """The songs of a table, whose header is on that line; rows that hold nothing are passed over."""
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE))
    columns, unknown = _columns(titles, [cells for _, cells in sample], found.types)
    if unknown:
        names = ", ".join(shown(title.strip()) for title in unknown[:20])
        found.remark(file, f"columns that no song has were left out: {names}", line)
    for number, cells in chain(sample, rows):
        if not any(map(str.strip, cells)) or (number == line + 1 and _is_rule(cells)):
            continue
        raw, item_type = columns.song(cells), columns.type_of(cells)
        if columns.is_setlist:
            found.item(file, number, item_type, raw, columns.durations)
        elif item_type == "song":
            found.song(file, number, raw, columns.durations)


def _is_rule(cells: Sequence[str]) -> bool:
    """Whether a row is the line that Markdown draws below a header."""
    return all(re.fullmatch(r"\s*:?-{2,}:?\s*", cell) for cell in cells if cell.strip())


def _columns(titles: Sequence[str], rows: Sequence[Sequence[str]], types: FieldTypes) -> tuple[Columns, list[str]]:
    """What the columns mean, and the titles of those that mean nothing to us."""
    values = [list(_values(rows, index)) for index in range(len(titles))]
    fields = [_field(title, column, types) for title, column in zip(titles, values, strict=True)]
    _keep_one_title(titles, fields)

    def named(name: str) -> int | None:
        return next((index for index, title in enumerate(titles) if is_named(title, name)), None)

    of_type = named("type")
    if of_type is not None and not all(value.casefold() in _TYPES for value in values[of_type]):
        of_type = None
    time = next((index for index, title in enumerate(titles) if is_time(title)), None)
    minutes, seconds = _parts_of_a_length(titles, fields)
    mode = named("mode")
    length = next((index for index, name in enumerate(fields) if name == "duration"), None)
    unit = None if length is None else unit_named(titles[length]) or unit_within(titles[length])
    understood = {of_type, minutes, seconds, mode if "key" in fields else None}
    unknown = [
        title
        for index, title in enumerate(titles)
        if fields[index] is None and index not in understood and title.strip() and values[index]
    ]
    columns = Columns(
        fields=fields,
        order=sorted(
            (index for index, name in enumerate(fields) if name is not None),
            key=lambda index: rank(titles[index]) if fields[index] == "key" else 0,
        ),
        durations=durations_of([] if length is None else values[length], unit),
        type=of_type,
        time=time,
        minutes=minutes,
        seconds=seconds,
        mode=mode,
        is_ours=all(title in types or title == "type" for title in titles),
        has_always=set(ALWAYS) <= set(titles),
    )
    return columns, unknown


def _parts_of_a_length(titles: Sequence[str], fields: list[str | None]) -> tuple[int | None, int | None]:
    """The columns that hold the minutes and the seconds of a length; one that stands alone is a length by itself."""
    parts = [unit_within(title) for title in titles]
    if "min" not in parts or "s" not in parts:
        for index, part in enumerate(parts):
            if part in ("min", "s"):
                fields[index] = "duration"
        return None, None
    minutes, seconds = parts.index("min"), parts.index("s")
    fields[minutes] = fields[seconds] = None
    return minutes, seconds


def _field(title: str, values: Sequence[str], types: FieldTypes) -> str | None:
    if is_time(title):
        is_meter = sum(map(is_time_signature, values)) * 2 >= len(values)
        return "time_signature" if values and is_meter else "duration"
    return field_named(title, types)


def _keep_one_title(titles: Sequence[str], fields: list[str | None]) -> None:
    """Of several columns that may be the title's, the surest is."""
    candidates = [index for index, name in enumerate(fields) if name == "title"]
    best = min(candidates, key=lambda index: rank(titles[index]), default=None)
    for index in candidates:
        if index != best:
            fields[index] = None


def _values(rows: Sequence[Sequence[str]], index: int) -> Iterator[str]:
    return (value for cells in rows if (value := _cell(cells, index)))


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""
