"""A content as a page for paper and for the stage: its list, and the chart of each song with chords above the words.

It asks for nothing from outside. On paper a song begins a page of its own, with its title on each of its pages, in two
columns where its lines are short enough; a line ends only where its words do, so that no chord leaves its syllable.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined

from collab.domain.charts.chart import Line, Piece, Section, unbroken
from collab.domain.charts.playing import Played
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item
from collab.domain.words import clock
from collab.services.songs.sheets import written

_COLUMN = 46
"""Letters of a line that fits into half of a page's width."""
_PAGE = 36
"""Lines with their chords that fit on a page: what is longer takes two columns."""

_templates = Environment(
    loader=PackageLoader("collab.services.songs", "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True, slots=True)
class Row:
    """An item as it stands in the list; `number` counts the songs, 0 for anything else."""

    number: int
    type: str
    title: str
    key: str
    tempo: str
    length: str
    more: str


@dataclass(frozen=True, slots=True)
class Syllable:
    """Words under a chord, above which it is free to stick out where those behind it have none."""

    chord: str
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of a chart that look alike: of those with words each has its groups, which no line parts; of any other its
    text."""

    kind: str
    lines: Sequence[Sequence[Sequence[Syllable]] | str]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a chart; blocks between which a page may end."""

    kind: str
    label: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class ChartSheet:
    """A song's own pages; `about` is what stands beside the title."""

    title: str
    about: str
    is_in_columns: bool
    parts: Sequence[Part]


def as_html(document: Document, charts: Mapping[str, Played]) -> bytes:
    """The page; `charts` by the ids of their items."""
    items = document.ordered()
    fields = document.fields
    total = sum(item.fields.get("duration") or 0 for item in items)
    page = _templates.get_template("stage.html").render(
        title=document.title,
        when=" ".join(str(fields[name]) for name in ("date", "start_time") if fields.get(name)),
        venue=fields.get("venue"),
        notes=fields.get("notes"),
        count=sum(item.type == "song" for item in items),
        length=clock(total) if total else "",
        rows=list(_rows(items)),
        charts=[_chart_sheet(item, charts[item.id]) for item in items if item.id in charts],
    )
    return page.encode()


def _rows(items: Sequence[Item]) -> Iterator[Row]:
    number = 0
    for item in items:
        is_song = item.type == "song"
        number += is_song
        fields = item.fields
        yield Row(
            number=number if is_song else 0,
            type=item.type if item.type in ("song", "break") else "other",
            title=str(fields.get("title") or ""),
            key=str(fields.get("key") or ""),
            tempo=written("tempo", fields.get("tempo")),
            length=written("duration", fields.get("duration")),
            more="\n".join(str(fields[name]) for name in ("artist", "notes") if fields.get(name)),
        )


def _chart_sheet(item: Item, played: Played) -> ChartSheet:
    lines = [line for section in played.sections for line in section.lines if line.kind not in ("hidden", "blank")]
    return ChartSheet(
        str(item.fields.get("title") or ""),
        _about(item, played),
        len(lines) > _PAGE and all(_width(line) <= _COLUMN for line in lines),
        [part for section in played.sections if (part := _part(section)).blocks or part.label],
    )


def _about(item: Item, played: Played) -> str:
    """The key that sounds, and which one the chords are in where that is another; tempo, meter, capo."""
    key = str(item.fields.get("key") or "")
    is_other = bool(key and played.key and played.key != key)
    said = (
        key or played.key,
        f"chords in {played.key}" if is_other else "",
        f"capo {played.capo}" if played.capo else "",
        f"{written('tempo', item.fields['tempo'])} bpm" if item.fields.get("tempo") else "",
        str(item.fields.get("time_signature") or ""),
    )
    return " \u00b7 ".join(filter(None, said))


def _part(section: Section) -> Part:
    shown = [line for line in section.lines if line.kind != "hidden"]
    while shown and shown[-1].kind == "blank":
        shown.pop()
    blocks = [
        Block(kind, [_shown(line) for line in lines]) for kind, lines in groupby(shown, key=lambda line: line.kind)
    ]
    return Part(section.kind or "stanza", section.label, blocks)


def _shown(line: Line) -> Sequence[Sequence[Syllable]] | str:
    if line.kind == "change":
        return f"{line.name.capitalize()}: {line.text}"
    if line.kind not in ("song", "comment"):
        return line.text
    if not any(piece.words.strip() for piece in line.pieces):
        return [[Syllable(piece.chord, "", "alone")] for piece in line.pieces]
    return _syllables(line.pieces)


def _syllables(pieces: Sequence[Piece]) -> Sequence[Sequence[Syllable]]:
    """A line's groups. Spaces that held chords in their columns say nothing in letters of different widths."""
    set_pieces = [Piece(piece.chord, re.sub(r"  +", " ", piece.words), piece.is_annotation) for piece in pieces]
    is_free = iter([len(piece.words) > 1.5 * len(piece.chord) for piece in set_pieces if piece.chord])
    return [
        [
            Syllable(piece.chord, piece.words, _kind(piece, is_free=bool(piece.chord) and next(is_free)))
            for piece in group
        ]
        for group in unbroken(set_pieces)
    ]


def _kind(piece: Piece, *, is_free: bool) -> str:
    return " ".join(filter(None, ("annotation" if piece.is_annotation else "", "free" if is_free else "")))


def _width(line: Line) -> int:
    """Letters that a line is wide, about."""
    if line.kind == "verbatim":
        return len(line.text)
    return sum(max(len(piece.words), len(piece.chord) + 1 if piece.chord else 0) for piece in line.pieces)
