"""ChordPro (chordpro.org): directives say what the song is, the rest is its chart.

A file holds one song or several, parted by `{new_song}`, or by the next title where a song's text has begun. What is
said of a song before its text goes into its fields. A key, tempo or meter within the text stays where it is, since it
holds from there on; so does whatever songs have no field for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from collab.domain.charts.directives import directive
from collab.domain.ot.ops import Value
from collab.domain.songs.found import Found

META: Mapping[str, str] = {
    **{name: name for name in ("title", "subtitle", "artist", "composer", "key", "tempo", "capo", "duration", "year")},
    **{name: name for name in ("tuning", "style", "lead", "link", "notes")},
    "time": "time_signature",
    "metronome": "tempo",
    "bpm": "tempo",
    "genre": "style",
    "tag": "tags",
}
"""The directives that say something of the song, and our fields for them. Those of the second line are ours, written as
`{meta: style …}`."""

SEVERAL = {"artist": ", ", "composer": ", ", "notes": "\n"}
"""Of these a song may have several directives, and what is between them; of the others the first counts."""

_WITHIN = ("key", "tempo", "time_signature", "capo")
"""These may change within a song."""

_RAW_ENDS: Mapping[str, str] = {
    **{f"start_of_{name}": f"end_of_{name}" for name in ("ly", "abc", "svg", "textblock", "musicxml", "tab", "grid")},
    "x_collab": "x_collab",
}
"""Blocks that hold no ChordPro, and what ends them. Our own is not part of the chart."""

CHART_BEGINS = "{x_collab: chart}"
CHART_ENDS = "{x_collab: end}"
"""Our exports put these round a chart that holds what would be read as something else; other programs skip them."""
_QUOTE = "{x_collab: ="
"""What a line of such a chart begins with that would end it, up to one brace more at its end."""


def quoted(line: str) -> str:
    """A line of a chart, so that it does not end the chart that our export marked."""
    return f"{_QUOTE}{line}}}" if directive(line)[0] == "x_collab" else line


def _unquoted(line: str) -> str:
    return line.rstrip("\r\n").removeprefix(_QUOTE)[:-1] + "\n"


_SEVERAL_IN_LINE = re.compile(r"\{[^{}\n]*\}")
_SAYS_SEVERAL = re.compile(r"(?:\{[^{}\n]*\}[ \t]*){2,}")

_SURE = frozenset(META) | {"new_song", "comment", "start_of_chorus", "start_of_verse", "start_of_tab", "define"}


def is_chordpro(text: str) -> bool:
    """Whether a text has a directive of ChordPro on one of its first lines."""
    return any(directive(line)[0] in _SURE for line in text.split("\n", 300)[:300])


def read_chordpro(file: str, lines: Sequence[str], found: Found, title: str = "") -> None:
    """The songs of a file. A song that has a chart and no title gets this one, if it is the only one."""
    songs = list(chordpro_songs(lines))
    for line, raw in songs:
        if len(songs) == 1 and not raw.get("title") and raw["chart"]:
            raw["title"] = title
        found.song(file, line, raw)


def chordpro_songs(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, Value]]]:
    """Each song as it is written, and the line that it begins on."""
    song = _Song()
    for number, line in _apart(lines):
        name, value = directive(line)
        if song.ends_with(name, value):
            if song.line:
                yield song.line, song.fields()
            song = _Song()
        if name != "new_song" or song.is_ours:
            song.take(number, line, name, value)
    if song.line:
        yield song.line, song.fields()


def _apart(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers; of one that says several things of a song, each by itself."""
    for number, written in enumerate(lines, 1):
        # Songbooks are joined from files that each begin with a byte order mark.
        line = written.removeprefix("\ufeff")
        parts = _SEVERAL_IN_LINE.findall(line) if _SAYS_SEVERAL.fullmatch(line.rstrip()) else ()
        if len(parts) > 1 and all(directive(part)[0] in META for part in parts):
            yield from ((number, f"{part}\n") for part in parts)
        else:
            yield number, line


def _joined(field: str, words: Sequence[str]) -> str:
    """What several directives say of one field. One that is empty says that there is nothing; in notes it is a line."""
    return SEVERAL.get(field, "").join(words if field == "notes" else filter(None, words))


class _Song:
    """A song while it is read."""

    def __init__(self) -> None:
        self.line = 0
        self._said: dict[str, list[str]] = {}
        self._chart: list[str] = []
        self._has_text = False
        self._raw_end = ""

    @property
    def is_ours(self) -> bool:
        """Within a chart that our export marked: nothing in it means anything."""
        return self._raw_end == "x_collab"

    def ends_with(self, name: str, value: str) -> bool:
        """Whether this directive begins another song. It does so within a block too: many a block is never ended."""
        if self.is_ours:
            return False
        return name == "new_song" or (name == "title" and bool(value) and self._has_text and "title" in self._said)

    def take(self, number: int, line: str, name: str, value: str) -> None:
        if not self.line:
            if line.startswith("#") or not line.strip():
                # What stands above the first directive is about the file.
                return
            self.line = number
        if self._raw_end:
            self._take_raw(line, name)
        elif not self._is_said(name, value):
            self._take_text(line, name)

    def fields(self) -> dict[str, Value]:
        """What was said of the song, by field, and its chart."""
        tags = self._said.pop("tags", [])
        said: dict[str, Value] = {field: _joined(field, words) for field, words in self._said.items()}
        if "subtitle" in said and "artist" not in said:
            # The first programs had no directive for the artist.
            said["artist"] = said.pop("subtitle")
        return {**said, "tags": tags, "chart": "".join(self._chart)}

    def _take_raw(self, line: str, name: str) -> None:
        self._has_text = True
        is_quoted = self.is_ours and line.startswith(_QUOTE)
        if is_quoted or name != "x_collab":
            self._chart.append(_unquoted(line) if is_quoted else line)
        if name == self._raw_end and not is_quoted:
            self._raw_end = ""

    def _is_said(self, name: str, value: str) -> bool:
        """Takes what a directive says of the song; False where it is part of the chart."""
        field = META.get(name)
        if field is None:
            return False
        if field in SEVERAL or field == "tags":
            self._said.setdefault(field, []).append(value)
            return True
        if field in self._said:
            return False
        if value:
            self._said[field] = [value]
        return not (field in _WITHIN and self._has_text)

    def _take_text(self, line: str, name: str) -> None:
        self._raw_end = _RAW_ENDS.get(name, "")
        if name != "x_collab":
            self._chart.append(line)
        is_directive = bool(name) and name not in _RAW_ENDS
        self._has_text = self._has_text or not (is_directive or line.startswith("#") or not line.strip())
