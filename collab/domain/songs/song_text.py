"""Songs as plain text: OnSong files and chords over words.

A song's text begins with its title, its artist and lines such as `Key: G`; the chart is what follows.
"""

import re
from collections.abc import Sequence
from itertools import islice

from collab.domain.charts.chords import is_chords
from collab.domain.charts.headings import heading
from collab.domain.charts.lines import brackets
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.songs.columns import field_named, is_time, usual_field
from collab.domain.songs.found import Found
from collab.domain.songs.song_list import MAX_TITLE, is_numbered
from collab.domain.songs.title_lines import title_and_more

_MAX_HEAD_LINES = 30
_LOOKED_AT = 300

_HEADS = frozenset(
    ("meter", "copyright", "ccli", "flow", "book", "number", "album", "topic", "pitch", "restrictions", "keywords")
)
"""What OnSong and others write above a song that is no column's name."""
_SPOKEN = re.compile(r"(?:by|von|par|di|de|door) (?=\S)", re.IGNORECASE)
"""What may stand before an artist."""
_MARKED = re.compile(r"#{1,6} +(?=\S)")
"""How Markdown marks a title."""
_GO = re.compile(r"[A-H]o")
"""Words that would be diminished chords."""


def is_song_text(lines: Sequence[str]) -> bool:
    """Whether lines are the text of one song: with chords, parts or what is said of it; or stanzas of several lines."""
    if is_numbered(lines):
        return False
    shown = [line.strip() for line in lines[:_LOOKED_AT]]
    if any(heading(line) or brackets(line[:2_000]) for line in shown):
        return True
    if sum(map(is_chords, shown)) >= 2 or any(_said(line) for line in shown[1:_MAX_HEAD_LINES]):
        return True
    stanzas = "\n".join(shown).strip().split("\n\n")
    return sum("\n" in stanza.strip() for stanza in stanzas) >= 2


def has_chords_over_words(lines: Sequence[str]) -> bool:
    """Whether chords stand over words, and none in brackets within them."""
    shown = [line.strip() for line in lines[:_LOOKED_AT]]
    return any(map(is_chords, shown)) and not any(brackets(line[:2_000]) for line in shown)


def read_song_text(file: str, lines: Sequence[str], found: Found, title: str, *, is_onsong: bool = False) -> None:
    """The one song of a text; `title` where none stands above it. In OnSong the second line is always the artist."""
    raw: dict[str, Value] = {}
    at = _skip_blank(lines, 0)
    begin = at
    if at < len(lines) and (_is_heading(lines[at]) or _is_short_title(lines, at, title)):
        raw["title"] = _MARKED.sub("", lines[at].strip(), count=1)
        at += 1
        if at < len(lines) and _is_artist(lines, at, is_onsong=is_onsong):
            raw["artist"] = _SPOKEN.sub("", lines[at].strip(), count=1)
            at += 1
    begins, kept = _read_head(lines, at, raw, found.types)
    told = title_and_more(str(raw.get("title", "")))
    if "title" in raw and not ("artist" in raw and "artist" in told):
        raw = {**told, **raw, "title": told["title"]}
    raw["chart"] = "".join([*kept, *lines[begins:]])
    found.song(file, begin + 1, {"title": title, **raw})


def _is_artist(lines: Sequence[str], at: int, *, is_onsong: bool) -> bool:
    """Whether a line below the title is the artist, and no line of the song's text."""
    if _is_heading(lines[at]):
        return is_onsong or _is_end_of_heading(lines, at + 1)
    # The name of a band may look like a chord.
    following = lines[at + 1] if at + 1 < len(lines) else ""
    return _said(following) is not None and len(lines[at].split()) == 1 and is_chords(lines[at].strip())


def _is_heading(line: str) -> bool:
    """Whether a line above a song may be its title or artist."""
    text = line.strip()
    if not 0 < len(text) <= MAX_TITLE or _said(text):
        return False
    return not (heading(text) or brackets(text) or is_chords(text))


def _is_short_title(lines: Sequence[str], at: int, name: str) -> bool:
    """Whether a line is a title though it might be one chord, as `Go` might: it is the file's name, or what is said of
    the song follows it, at most behind its artist, or it is a word that stands above no other words."""
    line = lines[at].strip()
    if len(line.split()) != 1 or not is_chords(line):
        return False
    following = list(islice(filter(str.strip, lines[at + 1 : at + 5]), 2))
    says = [_said(below) is not None for below in following]
    if line == name or says[:1] == [True] or (says[1:] == [True] and _is_heading(following[0])):
        return True
    is_above_words = at + 1 < len(lines) and bool(lines[at + 1].strip()) and not is_chords(lines[at + 1].strip())
    return _GO.fullmatch(line) is not None and not is_above_words


def _is_end_of_heading(lines: Sequence[str], at: int) -> bool:
    """Whether what stands above a song is over: a line of its text is no artist."""
    return at >= len(lines) or not lines[at].strip() or _said(lines[at]) is not None


def _read_head(lines: Sequence[str], at: int, raw: dict[str, Value], types: FieldTypes) -> tuple[int, list[str]]:
    """Takes the lines that say something of the song; returns where its text begins, and the lines of those that songs
    have no field for."""
    end = at
    kept: list[str] = []
    for index in range(at, min(len(lines), at + _MAX_HEAD_LINES)):
        if not lines[index].strip():
            continue
        said = _said(lines[index])
        if said is None:
            break
        name, value = said
        field = "time_signature" if is_time(name) else field_named(name, types)
        if field is None:
            kept.append(lines[index])
        else:
            raw.setdefault(field, value)
        end = index + 1
    return _skip_blank(lines, end), kept


def _said(line: str) -> tuple[str, str] | None:
    """The name and the value of a line such as `Key: [G]`, whose name is that of a column or another usual one."""
    name, _, value = line.partition(":")
    name, value = name.strip().casefold(), value.strip().strip("[]")
    return (
        (name, value)
        if value and (name in _HEADS or is_time(name) or usual_field(name) not in (None, "chart"))
        else None
    )


def _skip_blank(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at
