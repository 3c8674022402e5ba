"""Files of songs: CSV, JSON and ChordPro, as spreadsheets and other programs write them."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

import orjson

from collab.domain.kinds import FieldTypes
from collab.domain.ops import Value
from collab.domain.songs import Entry, LineProblem, Songs, field_named, identity, read_song

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHORDPRO_NAMES = (".cho", ".crd", ".chopro", ".chordpro", ".pro")

_SHORT = {"t": "title", "st": "subtitle", "su": "subtitle", "a": "artist", "k": "key", "ns": "new_song"}
_META = {
    **{name: name for name in ("title", "subtitle", "artist", "composer", "key", "tempo", "capo", "duration", "year")},
    "time": "time_signature",
    "tag": "tags",
}
"""ChordPro's directives that say something about the song, and our fields for them."""


def read_file(name: str, data: bytes, types: FieldTypes) -> Songs:
    """The songs of a file; its name or else its content says what it is. A good line is never lost to a bad one."""
    text = decoded(data)
    lower = name.lower()
    begin = text.lstrip()[:200]
    if lower.endswith(".json") or re.match(r'(\[\s*[{\]]|\{\s*["}])', begin):
        return read_json(name, text, types)
    if lower.endswith(_CHORDPRO_NAMES) or re.search(r"^[ \t]*\{[ \t]*(t|title)[ \t]*:", text[:5_000], re.MULTILINE):
        return read_chordpro(name, text, types)
    return read_csv(name, text, types)


def decoded(data: bytes) -> str:
    """The text of a file: by its byte order mark, else UTF-8, else what Windows and old spreadsheets write."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def without_twins(found: Sequence[Songs]) -> Songs:
    """The songs of several files as one list, each song once: the first of its title and artist is taken."""
    entries: dict[tuple[str, str], Entry] = {}
    problems = [problem for songs in found for problem in songs.problems]
    for entry in (entry for songs in found for entry in songs.entries):
        first = entries.setdefault(identity(entry.fields), entry)
        if first is not entry:
            where = f"line {first.line}" if first.file == entry.file else f"{first.file}, line {first.line}"
            problems.append(
                LineProblem(entry.file, entry.line, f"'{entry.fields['title']}' was there already ({where})")
            )
    return Songs(tuple(entries.values()), tuple(problems))


def read_csv(file: str, text: str, types: FieldTypes) -> Songs:
    """One song a row, under a header with any of the usual column names; commas, semicolons, tabs or bars between.

    A column `type`, as exports of setlists have it, tells songs from breaks.
    """
    lines = list(io.StringIO(text, newline=None))
    begin = next((index for index, line in enumerate(lines) if line.strip(" \t\n,;")), None)
    if begin is None:
        return Songs((), (LineProblem(file, 1, "expected a header and songs, got an empty file"),))
    hint = re.fullmatch(r"sep=(.)\s*", lines[begin])
    begin += hint is not None
    header, delimiter = _header(lines[begin] if begin < len(lines) else "", hint[1] if hint else ",;\t|", types)
    if "title" not in header:
        names = ", ".join(cell for cell in lines[begin].strip().split(delimiter)[:10]) if begin < len(lines) else ""
        return Songs((), (LineProblem(file, begin + 1, f"expected a header with a column 'title', got {names!r}"),))
    titles = [cell.strip().casefold() for cell in next(csv.reader([lines[begin]], delimiter=delimiter))]
    type_column = titles.index("type") if "type" in titles else None
    found = _Found(file, types)
    for line, cells in _rows(lines, begin + 1, delimiter):
        if isinstance(cells, str):
            found.bad(line, cells)
        elif any(cell.strip() for cell in cells[len(header) :]):
            found.bad(line, f"expected {len(header)} cells, got {len(cells)}: put a text with '{delimiter}' in quotes")
        elif any(map(str.strip, cells)) and _is_song(cells, type_column):
            # Of two columns that mean the same, the first that says something counts.
            raw: dict[str, Value] = {}
            for name, cell in zip(header, cells, strict=False):
                if name is not None and cell.strip():
                    raw.setdefault(name, cell)
            found.song(line, raw)
    return found.songs()


def read_json(file: str, text: str, types: FieldTypes) -> Songs:
    """A list of songs, or an object that holds one as `songs` or `items`; a song is an object of its fields."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Songs((), (LineProblem(file, error.lineno, f"expected JSON: {error.msg}"),))
    if isinstance(data, dict):
        data = data.get("songs", data.get("items", [data] if "title" in data else None))
    if not isinstance(data, list):
        return Songs((), (LineProblem(file, 1, "expected a list of songs, or an object with 'songs'"),))
    found = _Found(file, types)
    for number, song in enumerate(data, 1):
        if not isinstance(song, dict):
            found.bad(number, f"expected a song as an object, got {str(song)[:60]!r}")
        elif song.get("type", "song") == "song":
            fields = song["fields"] if isinstance(song.get("fields"), dict) else song
            named = ((field_named(str(key), types), value) for key, value in fields.items())
            found.song(number, {name: value for name, value in named if name is not None})
    return found.songs()


def read_chordpro(file: str, text: str, types: FieldTypes) -> Songs:
    """The songs of a ChordPro file (chordpro.org): its directives in long or short form; the rest is the chart."""
    found = _Found(file, types)
    for line, raw in _chordpro_songs(list(io.StringIO(text, newline=None))):
        found.song(line, {name: value for name, value in raw.items() if name in types})
    return found.songs()


class _Found:
    """Gathers the songs of one file."""

    def __init__(self, file: str, types: FieldTypes) -> None:
        self._file = file
        self._types = types
        self._entries: list[Entry] = []
        self._problems: list[LineProblem] = []

    def bad(self, line: int, message: str) -> None:
        self._problems.append(LineProblem(self._file, line, message))

    def song(self, line: int, raw: Mapping[str, Value]) -> None:
        fields, problems = read_song(raw, self._types)
        if problems:
            self.bad(line, "; ".join(problems))
        else:
            self._entries.append(Entry(self._file, line, fields))

    def songs(self) -> Songs:
        return Songs(tuple(self._entries), tuple(self._problems))


def _header(line: str, delimiters: str, types: FieldTypes) -> tuple[list[str | None], str]:
    """The fields that the columns mean, and the delimiter: the one that makes the most sense of the header."""

    def columns(delimiter: str) -> list[str | None]:
        cells = next(csv.reader([line], delimiter=delimiter), [])
        return [field_named(cell, types) for cell in cells]

    best = max(delimiters, key=lambda delimiter: sum(name is not None for name in columns(delimiter)))
    return columns(best), best


def _is_song(cells: Sequence[str], type_column: int | None) -> bool:
    return type_column is None or len(cells) <= type_column or cells[type_column].strip().casefold() in ("song", "")


def _rows(lines: Sequence[str], begin: int, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The rows with the number of the line each begins on, or what is wrong with it; after a bad line it goes on."""
    while begin < len(lines):
        ahead = (lines[index] for index in range(begin, len(lines)))
        reader = csv.reader(ahead, delimiter=delimiter, strict=True)
        read = 0
        try:
            for cells in reader:
                yield begin + read + 1, cells
                read = reader.line_num
            return
        except csv.Error as error:
            yield begin + read + 1, f"expected a row of cells: {error}"
            begin += read + 1


def _chordpro_songs(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Value]]]:
    raw: dict[str, Value] = {}
    chart: list[str] = []
    begin: int | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        name, value = _directive(line)
        if name == "new_song":
            if begin is not None:
                yield begin, {**raw, "chart": "".join(chart).strip("\n")}
            raw, chart, begin = {}, [], None
            continue
        if begin is None and line.strip():
            begin = number
        field = _META.get(name)
        if field is None:
            chart.append(line)
        elif field in ("artist", "composer", "tags") and raw.get(field):
            raw[field] += f", {value}"
        else:
            raw.setdefault(field, value)
    if begin is not None:
        yield begin, {**raw, "chart": "".join(chart).strip("\n")}


def _directive(line: str) -> tuple[str, str]:
    """The name and value of a line that is a directive; two empty strings for any other."""
    text = line.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return "", ""
    inside = text[1:-1].strip()
    if inside.lower().startswith("meta"):
        inside = inside[4:].lstrip(": ").replace(" ", ":", 1)
    name, _, value = inside.partition(":")
    name = name.strip().lower()
    return _SHORT.get(name, name), value.strip()
