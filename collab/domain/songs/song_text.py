"""Songs as plain text: OnSong files, chords over words, and lists of titles.

A song's text begins with its title, its artist and lines such as `Key: G`; the chart is what follows. A list has a song
on each line, with a number before it or an artist behind it.
"""

import re
from collections.abc import Sequence
from itertools import islice

from collab.domain.charts.chords import is_chords
from collab.domain.charts.headings import heading
from collab.domain.charts.lines import brackets
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Value
from collab.domain.songs.columns import field_named
from collab.domain.songs.found import Found

_MAX_TITLE = 200
_MAX_HEAD_LINES = 30

_NUMBERED = re.compile(r"(?:\(?\d{1,3}[.):]\s?|\d{1,3}\s+-?\s?|[-*\u2022\u2013]\s+)(?=\S)")
_BY = re.compile(r" [-\u2013\u2014/|] |\t")
"""What stands between a title and its artist."""

_HEADS = frozenset(
    {
        *("title", "artist", "author", "composer", "key", "original key", "tempo", "bpm", "time", "meter", "capo"),
        *("tuning", "duration", "length", "year", "style", "genre", "copyright", "ccli", "flow", "book", "number"),
        *(
            "tags",
            "tag",
            "notes",
            "keywords",
            "topic",
            "pitch",
            "restrictions",
            "link",
            "url",
            "titel",
            "tonart",
            "takt",
        ),
    }
)
"""What OnSong and others write above a song."""


def is_song_text(lines: Sequence[str]) -> bool:
    """Whether lines are the text of one song: with chords, parts or what is said of it; or stanzas of several lines."""
    shown = [line.strip() for line in lines[:300]]
    if _is_list([line for line in shown if line]):
        return False
    if any(heading(line) or brackets(line[:2_000]) for line in shown):
        return True
    if sum(map(is_chords, shown)) >= 2 or any(_said(line) for line in shown[1:_MAX_HEAD_LINES]):
        return True
    stanzas = "\n".join(shown).strip().split("\n\n")
    return sum("\n" in stanza.strip() for stanza in stanzas) >= 2


def read_song_text(file: str, lines: Sequence[str], found: Found, title: str) -> None:
    """The one song of a text; `title` where none stands above it."""
    raw: dict[str, Value] = {}
    at = _skip_blank(lines, 0)
    begin = at
    if at < len(lines) and (_is_heading(lines[at]) or _is_short_title(lines, at)):
        raw["title"] = lines[at].strip()
        at += 1
        if at < len(lines) and _is_heading(lines[at]) and _is_end_of_heading(lines, at + 1):
            raw["artist"] = lines[at].strip()
            at += 1
    begins, kept = _read_head(lines, at, raw, found.types)
    if "title" in raw and "artist" not in raw:
        raw |= _title_and_artist(str(raw["title"]))
    raw["chart"] = "".join([*kept, *lines[begins:]])
    found.song(file, begin + 1, {"title": title, **raw})


def read_list(file: str, lines: Sequence[str], found: Found) -> None:
    """A song a line."""
    for number, line in enumerate(lines, 1):
        if text := line.strip():
            found.song(file, number, _title_and_artist(_NUMBERED.sub("", text, count=1)))


def is_list(lines: Sequence[str]) -> bool:
    """Whether each line may be a title: a numbered list, or lines that are short and have no cells."""
    shown = [text for line in lines if (text := line.strip())]
    return (
        bool(shown)
        and (_is_list(shown[:300]) or not any(set(text) & set(",;|{}<>") for text in shown[:300]))
        and all(len(text) <= _MAX_TITLE for text in shown)
    )


def _is_list(shown: Sequence[str]) -> bool:
    numbered = sum(bool(_NUMBERED.match(line)) for line in shown)
    return numbered >= 2 and numbered * 2 > len(shown)


def _is_heading(line: str) -> bool:
    """Whether a line above a song may be its title or artist."""
    text = line.strip()
    if not 0 < len(text) <= _MAX_TITLE or _said(text):
        return False
    return not (heading(text) or brackets(text) or is_chords(text))


def _is_short_title(lines: Sequence[str], at: int) -> bool:
    """Whether a line is a title though it might be one chord, as `Go` might: what is said of the song follows it, at
    most behind its artist."""
    following = list(islice(filter(str.strip, lines[at + 1 : at + 5]), 2))
    says = [_said(line) is not None for line in following]
    is_above = says[:1] == [True] or (says[1:] == [True] and _is_heading(following[0]))
    return is_above and len(lines[at].split()) == 1 and is_chords(lines[at].strip())


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
        field = field_named(name, types) if name != "time" else "time_signature"
        if field is None:
            kept.append(lines[index])
        else:
            raw.setdefault(field, value)
        end = index + 1
    return _skip_blank(lines, end), kept


def _said(line: str) -> tuple[str, str] | None:
    """The name and the value of a line such as `Key: [G]`."""
    name, _, value = line.partition(":")
    name, value = name.strip().casefold(), value.strip().strip("[]")
    return (name, value) if name in _HEADS and value else None


def _title_and_artist(text: str) -> dict[str, Value]:
    spaced = " ".join(part for part in text.split(" ") if part)
    title, *rest = _BY.split(spaced, maxsplit=1)
    return {"title": title.strip(), "artist": rest[0].strip()} if rest and title.strip() else {"title": text.strip()}


def _skip_blank(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at
