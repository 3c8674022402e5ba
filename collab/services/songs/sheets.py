"""Sheets: a content as a file for other programs. Pure."""

import csv
import io
from collections.abc import Mapping

import orjson

from collab.domain.kinds import Kind
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item, Value
from collab.domain.songs.chordpro import CHART_BEGINS, CHART_ENDS, META, chordpro_songs, quoted
from collab.domain.songs.formulas import defused
from collab.domain.songs.tables import ALWAYS
from collab.domain.words import clock

_OWN_META = ("tuning", "style", "lead", "link")
"""Fields that ChordPro has no directive for, written as `{meta: style …}`."""

_DIRECTIVES = ("title", "subtitle", "artist", "composer", "key", "tempo", "time", "capo", "duration", "year")
_CLOCKS = ("duration", "target_duration")


def as_json(document: Document) -> bytes:
    """The document as REST answers it, indented."""
    return orjson.dumps(document.to_json(), option=orjson.OPT_INDENT_2)


def as_csv(document: Document, kind: Kind) -> bytes:
    """One item a row, for spreadsheets: with a byte order mark, and nothing in a cell that is taken for a formula."""
    items = document.ordered()
    used = {name for item in items for name in item.fields}
    declared = dict.fromkeys(name for types in kind.item_types.values() for name in types)
    names = [name for name in declared if name in used or name in ALWAYS]
    has_types = len(kind.item_types) > 1
    written = io.StringIO()
    # In quotes a cell keeps the spaces that it begins with: a chart's indent.
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow([*(["type"] if has_types else []), *names])
    for item in items:
        cells = [defused(_cell(name, item.fields.get(name))) for name in names]
        writer.writerow([*([item.type] if has_types else []), *cells])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_chordpro(document: Document, charts: Mapping[str, str]) -> bytes:
    """A songbook: the songs in order, each with its directives and, where `charts` has it by its item, its chart."""
    songs = (_chordpro_song(item, charts.get(item.id, "")) for item in document.ordered() if item.type == "song")
    return "\n{new_song}\n".join(songs).encode()


def _chordpro_song(item: Item, chart: str) -> str:
    lines = [
        f"{{{name}: {_in_line(written(field, item.fields[field]))}}}"
        for name, field in META.items()
        if name in _DIRECTIVES and item.fields.get(field) is not None
    ]
    if item.fields.get("subtitle") and not item.fields.get("artist"):
        # Without it the subtitle would be taken for the artist.
        lines.insert(1, "{artist: }")
    lines += [_meta(name, item.fields[name]) for name in _OWN_META if item.fields.get(name)]
    lines += [_meta("tag", tag) for tag in item.fields.get("tags") or ()]
    notes = str(item.fields.get("notes") or "")
    lines += [_meta("notes", line) for line in notes.split("\n") if notes]
    return "\n".join([*lines, *(["", *_chart(chart)] if chart else [])]) + "\n"


def _meta(name: str, value: str) -> str:
    # A colon that begins the value would be taken for the one behind the name.
    colon = ":" if value.lstrip().startswith(":") else ""
    return f"{{meta: {name}{colon} {_in_line(value)}}}"


def _chart(chart: str) -> list[str]:
    """The lines of a chart, marked as such where one of them would be read as something else."""
    lines = chart.split("\n")
    songs = [raw for _, raw in chordpro_songs(["{title: x}\n", "\n", *(f"{line}\n" for line in lines)])]
    is_plain = len(songs) == 1 and songs[0] == {"title": "x", "tags": [], "chart": f"\n{chart}\n"}
    return lines if is_plain else [CHART_BEGINS, *map(quoted, lines), CHART_ENDS]


def _in_line(value: str) -> str:
    """A value as it stands in a directive, on one line."""
    return " ".join(value.split())


def _cell(name: str, value: Value) -> str:
    """A value as it stands in a table. Hours are minutes there: a spreadsheet takes `1:02:03` for a time of day."""
    if name in _CLOCKS and value is not None:
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes}:{seconds:02}"
    return written(name, value)


def written(name: str, value: Value) -> str:
    """A value of a field in words, as people write it."""
    if value is None:
        return ""
    if name in _CLOCKS:
        return clock(value)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
