"""A chart in its sections, lines and pieces: what is needed to show it.

Nothing is lost: the `source` of all lines, joined by line breaks, is the chart. What no program and no musician would
take for a chord stays among the words, with its brackets.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import takewhile
from typing import Literal, TypeAlias

from collab.domain.charts.chords import tokens
from collab.domain.charts.lines import Read, brackets, has_chords, read_lines
from collab.domain.record import record

SectionKind: TypeAlias = Literal["", "verse", "chorus", "bridge", "part", "tab", "grid", "block"]
"""A `part` has a name of its own, such as an intro; a stanza without a name has no kind."""

LineKind: TypeAlias = Literal["song", "comment", "verbatim", "change", "blank", "hidden"]
"""`song`: words and chords. `comment`: words about the song, perhaps with chords. `verbatim`: letters that stand under
each other, as in a tab. `change`: from here on another key, tempo, time or capo. `hidden`: for programs, or said by the
section already."""


@record
class Piece:
    """A chord, and the words that are sung from it on; either may be empty. An annotation stands as a chord would."""

    chord: str
    words: str
    is_annotation: bool = False


@record
class Line:
    """`pieces` are those of a song or comment, `text` that of a verbatim line or of a change (`G`), `name` says what
    changes."""

    kind: LineKind
    source: str
    pieces: Sequence[Piece] = ()
    text: str = ""
    name: str = ""


@record
class Section:
    """Lines that belong together. A chorus that is only called for by `{chorus}` has but that hidden line."""

    kind: SectionKind
    label: str
    lines: list[Line] = field(default_factory=list)


@record
class Diagram:
    """How a chord is held, from the lowest string on: the fret on each, None where it is not played.

    Frets count from `base_fret`, which is 1 at the top of the neck.
    """

    name: str
    base_fret: int
    frets: Sequence[int | None]


_RAW: Mapping[str, SectionKind] = {
    "tab": "tab",
    "grid": "grid",
    **dict.fromkeys(("ly", "abc", "svg", "textblock", "musicxml"), "block"),
}
_NAMED: Mapping[str, SectionKind] = {"verse": "verse", "chorus": "chorus", "bridge": "bridge"}

_CHANGES = ("key", "tempo", "time", "capo")
_UNSEEN = frozenset(
    {
        *("title", "sorttitle", "subtitle", "artist", "sortartist", "composer", "lyricist", "arranger", "copyright"),
        *("album", "year", "duration", "tag", "tuning", "style", "lead", "link", "notes", "ccli", "metronome", "bpm"),
        *("new_song", "new_page", "np", "new_physical_page", "npp", "column_break", "columns", "colb", "col", "titles"),
        *("pagetype", "define", "chord", "diagrams", "grid", "g", "no_grid", "ng", "image", "transpose", "chorus"),
    }
)
_UNSEEN_LOOKS = ("font", "size", "colour", "color")

_WORD = re.compile(r"[^ ]+ *| +")
_LABEL = re.compile(r'label[ ]?=[ ]?"([^"]*)"')
_NUMBER = re.compile(r"[0-9]{1,2}")
_FRET = re.compile(r"[0-9]{1,2}|[xXN-]|-1")


def parse(chart: str, *, has_numbers: bool = False) -> Sequence[Section]:
    """The sections of a chart, in order. With `has_numbers` its chords are numbers, as `numbered` writes them."""
    reader = _Reader()
    above: Read | None = None
    for line in read_lines(chart, has_numbers=has_numbers):
        if above is not None:
            is_pair = line.type == "words" and line.heading is None and not has_chords(line, has_numbers=has_numbers)
            reader.add(_pair(above, line) if is_pair else _chords_alone(above))
            above = None
            if is_pair:
                continue
        reader.open(line)
        if line.type == "chords":
            above = line
        else:
            reader.add(_line(line, has_numbers=has_numbers))
            reader.close(line)
    if above is not None:
        reader.add(_chords_alone(above))
    return reader.sections


def unbroken(pieces: Sequence[Piece]) -> Sequence[Sequence[Piece]]:
    """The pieces of a line cut at its spaces: what is in one group may not be parted by the end of a line, so that no
    chord comes apart from its syllable. Their letters are those of the line."""
    groups: list[list[Piece]] = [[]]
    for piece in pieces:
        for index, word in enumerate(_WORD.findall(piece.words) or [""]):
            is_first = index == 0
            groups[-1].append(Piece(piece.chord if is_first else "", word, piece.is_annotation and is_first))
            if word.endswith(" "):
                groups.append([])
    return [group for group in groups if group]


def diagrams(chart: str) -> Sequence[Diagram]:
    """What a chart itself says of how its chords are held, by `{define: …}`."""
    return [made for line in read_lines(chart) if line.name == "define" and (made := _diagram(line.value))]


class _Reader:
    """Puts lines into sections.

    A part lasts until another begins or `{end_of_…}` ends it; a block within it, such as a tab, until its own end, and
    then the part goes on. What is in no part is a stanza, which ends at a blank line. Blank lines belong to what stands
    before them.
    """

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._part: SectionKind = ""
        self._is_open = False

    def open(self, line: Read) -> None:
        """Begins another section where this line does."""
        if line.heading is not None:
            self._begin_part(_NAMED.get(line.heading.kind, "part"), line.heading.label)
        elif line.name.startswith("start_of_"):
            self._begin_said(line.name.removeprefix("start_of_"), _label(line.value))
        elif line.name == "chorus":
            self._begin_part("chorus", _label(line.value) or "Chorus")
        elif not self._is_open and not (line.type == "blank" or line.name.startswith("end_of_")):
            self._begin(self._part, "")

    def add(self, line: Line) -> None:
        if not self.sections:
            self._begin("", "")
        self.sections[-1].lines.append(line)

    def close(self, line: Read) -> None:
        """Ends a section where this line, its last one, does."""
        if line.name.startswith("end_of_") or line.name == "chorus":
            self._is_open = False
            if line.name.removeprefix("end_of_") not in _RAW:
                self._part = ""
        elif line.type == "blank" and line.heading is None and not self._part:
            self._is_open = False

    def _begin_said(self, name: str, label: str) -> None:
        if name in _RAW:
            self._begin(_RAW[name], label)
        elif name in _NAMED:
            self._begin_part(_NAMED[name], label)
        else:
            self._begin_part("part", label or name.replace("_", " ").capitalize())

    def _begin_part(self, kind: SectionKind, label: str) -> None:
        self._part = kind
        self._begin(kind, label)

    def _begin(self, kind: SectionKind, label: str) -> None:
        self.sections.append(Section(kind, label))
        self._is_open = True


def _label(value: str) -> str:
    match = _LABEL.search(value)
    return match[1] if match else value


def _line(line: Read, *, has_numbers: bool) -> Line:
    match line.type:
        case "blank":
            return Line("hidden" if line.heading else "blank", line.text)
        case "remark":
            return Line("hidden", line.text)
        case "block" | "grid" | "tab":
            return Line("verbatim", line.text, text=line.text.rstrip("\r"))
        case "directive":
            return _of_directive(line, has_numbers=has_numbers)
    return Line("song", line.text, _inline(line.text[line.begin :], has_numbers=has_numbers))


def _of_directive(line: Read, *, has_numbers: bool) -> Line:
    name, value = line.name, line.value
    if name == "comment":
        return Line("comment", line.text, _inline(value, has_numbers=has_numbers))
    if name in _CHANGES and value:
        return Line("change", line.text, text=value, name=name)
    is_unseen = name in _UNSEEN or name in _CHANGES or name.startswith(("x_", "start_of_", "end_of_"))
    if is_unseen or name.endswith(_UNSEEN_LOOKS):
        return Line("hidden", line.text)
    # What no program of ours knows a musician may.
    return Line("comment", line.text, (Piece("", line.text.strip()),))


def _inline(text: str, *, has_numbers: bool) -> Sequence[Piece]:
    """Words with chords in brackets between them."""
    text = text.rstrip("\r")
    pieces: list[Piece] = []
    chord, at = "", 0
    for bracket in [*brackets(text, has_numbers=has_numbers), None]:
        words = text[at : bracket.begin if bracket else None]
        if words or chord:
            pieces.append(Piece(chord.removeprefix("*"), words, chord.startswith("*")))
        if bracket:
            chord, at = bracket.inner, bracket.end
    return pieces


def _pair(above: Read, below: Read) -> Line:
    """Words, with the chords that stand over them: each begins at its column."""
    words = below.text.rstrip("\r").expandtabs()
    chords = [(_sung_from(words, column), token) for column, token in tokens(above.text.expandtabs(), above.begin)]
    ends = [column for column, _ in chords[1:]] + [len(words)]
    pieces = [Piece("", words[: chords[0][0]])] if chords[0][0] else []
    pieces += [
        Piece(token, words[column:end].ljust(end - column if index < len(chords) - 1 else 0))
        for index, ((column, token), end) in enumerate(zip(chords, ends, strict=True))
    ]
    return Line("song", f"{above.text}\n{below.text}", pieces)


def _sung_from(words: str, column: int) -> int:
    """Where a chord at a column begins: over the last space before a word it is meant for that word."""
    is_before_word = words[column : column + 1] == " " and words[column + 1 : column + 2] not in ("", " ")
    return column + is_before_word


def _chords_alone(line: Read) -> Line:
    """Chords without words: between them are the spaces that there were."""
    text = line.text[line.begin :].rstrip("\r").expandtabs()
    chords = list(tokens(text))
    ends = [column for column, _ in chords[1:]] + [len(text)]
    pieces = [
        Piece(token, " " * (end - column - len(token))) for (column, token), end in zip(chords, ends, strict=True)
    ]
    return Line("song", line.text, pieces)


def _diagram(value: str) -> Diagram | None:
    """What stands behind `define`: `D7 base-fret 3 frets x 3 2 3 1 x fingers …`."""
    words = [word for word in value.split(" ") if word]
    if "frets" not in words[1:]:
        return None
    at = words.index("frets", 1)
    frets = list(takewhile(_FRET.fullmatch, words[at + 1 :]))
    base = words[2] if words[1] in ("base-fret", "basefret") and _NUMBER.fullmatch(words[2]) else "1"
    return (
        Diagram(words[0], int(base), [int(fret) if _NUMBER.fullmatch(fret) else None for fret in frets])
        if frets
        else None
    )
