"""Files of songs: CSV, JSON and ChordPro, as spreadsheets and other programs write them.

Whatever a file is, reading it takes time in proportion to its size: nothing here goes through what it has read again.
What is found goes into one `Found`, which has a bound, so that it takes no more memory than a file that is good.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from collab.domain.errors import MAX_MESSAGE_LENGTH, TooLarge, cut, shown
from collab.domain.json_text import parse_json
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.songs.fields import Entry, LineProblem, Songs, field_named, identity, read_song

MAX_PROBLEMS = 500
"""Bad lines that are named; all are counted."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CHORDPRO_NAMES = (".cho", ".crd", ".chopro", ".chordpro", ".pro")

_SHORT = {"t": "title", "st": "subtitle", "su": "subtitle", "a": "artist", "k": "key", "ns": "new_song"}
_META = {
    **{name: name for name in ("title", "subtitle", "artist", "composer", "key", "tempo", "capo", "duration", "year")},
    "time": "time_signature",
    "tag": "tags",
}
"""ChordPro's directives that say something about the song, and our fields for them."""


class Found:
    """What was found in files: each song once, the first of its title and artist; and what is wrong with the rest.

    `TooLarge` where there are more than `max_songs`.
    """

    def __init__(self, types: FieldTypes, max_songs: int = 20_000) -> None:
        self.types = types
        self._max_songs = max_songs
        self._entries: dict[tuple[str, str], Entry] = {}
        self._problems: list[LineProblem] = []
        self._problem_count = 0

    def bad(self, file: str, line: int, message: str) -> None:
        """A line has a problem."""
        self._problem_count += 1
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(LineProblem(file, line, cut(message, MAX_MESSAGE_LENGTH)))

    def song(self, file: str, line: int, raw: Mapping[str, Value]) -> None:
        """A song as it is written; only what the song's types name is read."""
        fields, problems = read_song(raw, self.types)
        if problems:
            self.bad(file, line, "; ".join(problems))
            return
        entry = Entry(file, line, fields)
        first = self._entries.setdefault(identity(fields), entry)
        if first is not entry:
            where = f"line {first.line}" if first.file == file else f"{first.file}, line {first.line}"
            self.bad(file, line, f"'{fields['title']}' was there already ({where})")
        elif len(self._entries) > self._max_songs:
            raise TooLarge(f"expected at most {self._max_songs} songs, got more: send them in parts")

    def songs(self) -> Songs:
        return Songs(tuple(self._entries.values()), tuple(self._problems), self._problem_count)


def read_file(name: str, data: bytes, found: Found) -> None:
    """The songs of a file; its name or else its content says what it is. A good line is never lost to a bad one."""
    text = decoded(data)
    lower = name.lower()
    begin = text.lstrip()[:200]
    if lower.endswith(".json") or re.match(r'(\[\s*[{\]]|\{\s*["}])', begin):
        read_json(name, text, found)
    elif lower.endswith(_CHORDPRO_NAMES) or re.search(r"^[ \t]*\{[ \t]*(t|title)[ \t]*:", text[:5_000], re.MULTILINE):
        read_chordpro(name, text, found)
    else:
        read_csv(name, text, found)


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


def read_csv(file: str, text: str, found: Found) -> None:
    """One song a row, under a header with any of the usual column names; commas, semicolons, tabs or bars between.

    A column `type`, as exports of setlists have it, tells songs from breaks.
    """
    lines = list(io.StringIO(text, newline=None))
    begin = next((index for index, line in enumerate(lines) if line.strip(" \t\n,;")), None)
    if begin is None:
        found.bad(file, 1, "expected a header and songs, got an empty file")
        return
    hint = re.fullmatch(r"sep=(.)\s*", lines[begin])
    begin += hint is not None
    titles, delimiter = _header(lines[begin] if begin < len(lines) else "", hint[1] if hint else ",;\t|", found.types)
    header = [field_named(title, found.types) for title in titles]
    if "title" not in header:
        names = ", ".join(title.strip()[:40] for title in titles[:10])
        found.bad(file, begin + 1, f"expected a header with a column 'title', got {names!r}")
        return
    type_column = next((index for index, title in enumerate(titles) if title.strip().casefold() == "type"), None)
    for line, cells in _rows(lines, begin + 1, delimiter):
        if isinstance(cells, str):
            found.bad(file, line, cells)
        elif any(cell.strip() for cell in cells[len(header) :]):
            wanted = f"expected {len(header)} cells, got {len(cells)}: put a text with '{delimiter}' in quotes"
            found.bad(file, line, wanted)
        elif any(map(str.strip, cells)) and _is_song(cells, type_column):
            # Of two columns that mean the same, the first that says something counts.
            raw: dict[str, Value] = {}
            for name, cell in zip(header, cells, strict=False):
                if name is not None and cell.strip():
                    raw.setdefault(name, cell)
            found.song(file, line, raw)


def read_json(file: str, text: str, found: Found) -> None:
    """A list of songs, or an object that holds one as `songs` or `items`; a song is an object of its fields."""
    try:
        data = parse_json(text, max_values=len(text))
    except json.JSONDecodeError as error:
        found.bad(file, error.lineno, f"expected JSON: {error.msg}")
        return
    if isinstance(data, dict):
        data = data.get("songs", data.get("items", [data] if "title" in data else None))
    if not isinstance(data, list):
        found.bad(file, 1, "expected a list of songs, or an object with 'songs'")
        return
    for number, song in enumerate(data, 1):
        if not isinstance(song, dict):
            found.bad(file, number, f"expected a song as an object, got {shown(song)}")
        elif song.get("type", "song") == "song":
            fields = song["fields"] if isinstance(song.get("fields"), dict) else song
            named = ((field_named(key, found.types), value) for key, value in fields.items())
            found.song(file, number, {name: value for name, value in named if name is not None})


def read_chordpro(file: str, text: str, found: Found) -> None:
    """The songs of a ChordPro file (chordpro.org): its directives in long or short form; the rest is the chart."""
    for line, raw in _chordpro_songs(io.StringIO(text, newline=None)):
        found.song(file, line, {name: value for name, value in raw.items() if name in found.types})


def _header(line: str, delimiters: str, types: FieldTypes) -> tuple[list[str], str]:
    """The titles of the columns, and the delimiter: the one that makes the most sense of the header."""

    def known(delimiter: str) -> int:
        return sum(field_named(cell, types) is not None for cell in _cells(line, delimiter))

    best = max(delimiters, key=known)
    return _cells(line, best), best


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a header. One that is longer than the module takes has no title in it, and is one cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _is_song(cells: Sequence[str], type_column: int | None) -> bool:
    return type_column is None or len(cells) <= type_column or cells[type_column].strip().casefold() in ("song", "")


def _rows(lines: Sequence[str], begin: int, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The rows with the number of the line each begins on, or what is wrong with it; after a bad line it goes on.

    A row that went wrong after several lines was within quotes at the beginning of each of them but the first. So a
    row which begins on one of these and opens quotes that this line does not close comes to the same end: only the line
    itself is read, and none is read more than twice.
    """
    while begin < len(lines):
        reader = csv.reader((lines[index] for index in range(begin, len(lines))), delimiter=delimiter, strict=True)
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
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return f"expected a row of cells: {error}"


_SEVERAL = ("artist", "composer", "tags")
"""Of these a song may have several directives; of the others the first counts."""


def _chordpro_songs(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Value]]]:
    said: dict[str, list[str]] = {}
    chart: list[str] = []
    begin: int | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        name, value = _directive(line)
        if name == "new_song":
            if begin is not None:
                yield begin, _chordpro_song(said, chart)
            said, chart, begin = {}, [], None
            continue
        if begin is None and line.strip():
            begin = number
        field = _META.get(name)
        if field is None:
            chart.append(line)
        elif field in _SEVERAL or field not in said:
            said.setdefault(field, []).append(value)
    if begin is not None:
        yield begin, _chordpro_song(said, chart)


def _chordpro_song(said: Mapping[str, Sequence[str]], chart: Sequence[str]) -> dict[str, Value]:
    fields: dict[str, Value] = {field: ", ".join(filter(None, values)) for field, values in said.items()}
    return {**fields, "chart": "".join(chart).strip("\n")}


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
