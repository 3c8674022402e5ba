"""Tables of songs: one a row under a header, from CSV files and spreadsheets alike.

What a column means is decided once, by its name and by the first of its values: `Time` is a length where it holds 3:45
and a time signature where it holds 4/4.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from collab.domain.errors import shown
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.record import record
from collab.domain.songs.columns import field_named, is_named, title_rank, unit_named
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
    """What the columns of a table mean: the field of each, None for those that none has."""

    fields: Sequence[str | None]
    durations: Durations
    type: int | None = None
    minutes: int | None = None
    seconds: int | None = None
    mode: int | None = None
    is_ours: bool = False
    has_always: bool = False

    def song(self, cells: Sequence[str]) -> dict[str, Value]:
        """A row's values by field. Of two columns that mean the same, the first that says something counts."""
        raw: dict[str, Value] = {}
        for name, cell in zip(self.fields, cells, strict=False):
            if name is not None and cell.strip():
                raw.setdefault(name, restored(cell) if self.is_ours else cell)
        if self.minutes is not None and (minutes := _cell(cells, self.minutes)):
            raw["duration"] = f"{minutes}:{_cell(cells, self.seconds).zfill(2)}"
        if self.mode is not None and _cell(cells, self.mode) == "0" and (key := read_key(str(raw.get("key", "")))):
            raw["key"] = in_minor(key.name)
        return raw

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


def is_header(titles: Sequence[str], types: FieldTypes, *, is_first: bool) -> bool:
    """Whether a row is the header. One below the first has to be no row in which some word is a column's name."""
    known = known_columns(titles, types)
    if is_first or known == 0:
        return known > 0
    return known >= 2 or known == sum(bool(title.strip()) for title in titles)


def read_rows(file: str, line: int, titles: Sequence[str], rows: Iterable[Row], found: Found) -> None:
    """The songs of a table, whose header is on that line; rows that hold nothing are passed over."""
    rows = iter(rows)
    sample = list(islice(rows, _SAMPLE))
    columns, unknown = _columns(titles, [cells for _, cells in sample], found.types)
    if unknown:
        names = ", ".join(shown(title.strip()) for title in unknown[:20])
        found.remark(file, f"columns that no song has were left out: {names}", line)
    for number, cells in chain(sample, rows):
        if not any(map(str.strip, cells)):
            continue
        raw, item_type = columns.song(cells), columns.type_of(cells)
        if columns.is_setlist:
            found.item(file, number, item_type, raw, columns.durations)
        elif item_type == "song":
            found.song(file, number, raw, columns.durations)


def _columns(titles: Sequence[str], rows: Sequence[Sequence[str]], types: FieldTypes) -> tuple[Columns, list[str]]:
    """What the columns mean, and the titles of those that mean nothing to us."""
    values = [list(_values(rows, index)) for index in range(len(titles))]
    fields = [_field(title, column, types) for title, column in zip(titles, values, strict=True)]
    _keep_one_title(titles, fields)

    def named(*names: str) -> int | None:
        return next((index for index, title in enumerate(titles) if is_named(title, *names)), None)

    of_type = named("type")
    if of_type is not None and not all(value.casefold() in _TYPES for value in values[of_type]):
        of_type = None
    minutes, seconds = named("minutes", "min", "mins"), named("seconds", "sec", "secs")
    if minutes is not None:
        fields[minutes] = None
    if seconds is not None:
        fields[seconds] = None if minutes is not None else "duration"
    mode = named("mode")
    length = next((index for index, name in enumerate(fields) if name == "duration"), None)
    unit = None if length is None else "s" if length == seconds else unit_named(titles[length])
    understood = {of_type, minutes, seconds, mode if "key" in fields else None}
    unknown = [
        title
        for index, title in enumerate(titles)
        if fields[index] is None and index not in understood and title.strip() and values[index]
    ]
    columns = Columns(
        fields=fields,
        durations=durations_of([] if length is None else values[length], unit),
        type=of_type,
        minutes=minutes,
        seconds=seconds,
        mode=mode,
        is_ours=all(title in types or title == "type" for title in titles),
        has_always=set(ALWAYS) <= set(titles),
    )
    return columns, unknown


def _field(title: str, values: Sequence[str], types: FieldTypes) -> str | None:
    if is_named(title, "time"):
        is_meter = sum(map(is_time_signature, values)) * 2 >= len(values)
        return "time_signature" if values and is_meter else "duration"
    return field_named(title, types)


def _keep_one_title(titles: Sequence[str], fields: list[str | None]) -> None:
    """Of several columns that may be the title's, the surest is."""
    candidates = [index for index, name in enumerate(fields) if name == "title"]
    best = min(candidates, key=lambda index: title_rank(titles[index]), default=None)
    for index in candidates:
        if index != best:
            fields[index] = None


def _values(rows: Sequence[Sequence[str]], index: int) -> Iterator[str]:
    return (value for cells in rows if (value := _cell(cells, index)))


def _cell(cells: Sequence[str], index: int | None) -> str:
    return cells[index].strip() if index is not None and index < len(cells) else ""
