"""Songs as people write them down: values read leniently into a song's fields, and when two songs are the same one."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from collab.domain.fields import Line, value_problem
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Fields, Value
from collab.domain.record import record
from collab.domain.strings import cleaned_line


@record
class LineProblem:
    """What is wrong with a line of a file. In JSON a "line" is the number of the song in its list."""

    file: str
    line: int
    message: str

    def to_json(self) -> dict[str, Value]:
        return {"file": self.file, "line": self.line, "message": self.message}


@record
class Entry:
    """A song of a file; where it begins there."""

    file: str
    line: int
    fields: Fields


@record
class Songs:
    """What was found in files: the songs that are good, and what is wrong with the others: the first problems of all
    those that are counted."""

    entries: Sequence[Entry] = ()
    problems: Sequence[LineProblem] = ()
    problem_count: int = 0


_NAMES: Mapping[str, Sequence[str]] = {
    "title": ("song", "song title", "song name", "name", "track", "track name", "tune", "titel", "titre", "titulo"),
    "subtitle": ("sub title", "alternate title"),
    "artist": ("artists", "performer", "performed by", "band", "interpret", "artiste", "artista"),
    "composer": ("writer", "songwriter", "written by", "author", "music"),
    "key": ("song key", "original key", "tonart", "tonality", "tone"),
    "tempo": ("bpm", "tempo bpm", "speed", "beats per minute"),
    "duration": ("length", "time length", "dauer", "runtime", "seconds", "duration s", "duree"),
    "time_signature": ("time", "time sig", "meter", "metre", "signature", "takt"),
    "capo": ("capo fret",),
    "tuning": ("guitar tuning",),
    "style": ("genre", "feel", "groove", "stil"),
    "lead": ("lead vocal", "lead vocals", "singer", "vocals", "vocal"),
    "link": ("url", "web", "video", "youtube", "recording"),
    "notes": ("note", "comment", "comments", "remarks", "notizen"),
    "year": ("release year", "jahr"),
    "tags": ("tag", "keywords", "labels"),
    "chart": ("lyrics", "text", "chords", "chordpro", "song text"),
}
"""The usual names of columns beside the fields' own, in the form that `field_named` compares."""

_FIELD_OF = {alias: name for name, aliases in _NAMES.items() for alias in aliases}
_MAX_NAME = 100
"""Letters of a column's name. Marks on one letter are put in order in quadratic time (Unicode, D109)."""

_MAX_WRITTEN = 100
"""Letters of a number, a duration or a key, spaces within it counted once."""

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula."""

_MODES = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian", "blues")


def field_named(column: str, types: FieldTypes) -> str | None:
    """The field that a column or key of a file means; None for one that songs don't have."""
    if len(column) > _MAX_NAME:
        return None
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", column) if not unicodedata.combining(mark))
    words = " ".join(re.findall(r"[a-z0-9]+", plain.casefold()))
    own = words.replace(" ", "_")
    name = own if own in types else _FIELD_OF.get(words)
    return name if name in types else None


def read_song(raw: Mapping[str, Value], types: FieldTypes) -> tuple[Fields, list[str]]:
    """The fields of a song, and what is wrong with any of them; what is empty is left out.

    Strings are read as people write them: `3:45`, `128 bpm`, `120,5`, `B♭`; values of other types are taken as given.
    """
    fields: dict[str, Value] = {}
    problems: list[str] = []
    for name, written in raw.items():
        value = _value(name, written, types) if isinstance(written, str) else written
        if value is None or value == "":
            continue
        if found := value_problem(types[name], value):
            problems.append(f"{name}: {found}")
        fields[name] = value
    if not fields.get("title"):
        problems.append("title: expected the title of a song, got nothing")
    return fields, problems


def identity(fields: Fields) -> tuple[str, str]:
    """What makes two songs the same one: title and artist, however they are spelled."""
    return _plain(fields.get("title")), _plain(fields.get("artist"))


def _plain(value: Value) -> str:
    folded = unicodedata.normalize("NFKC", str(value or "")).casefold()
    return " ".join(folded.replace("\u2019", "'").replace("\u2018", "'").split())


def _value(name: str, written: str, types: FieldTypes) -> Value:
    text = written.strip()
    # A spreadsheet takes such a cell for a formula; exports put an apostrophe before it.
    if text[:1] == "'" and text[1:2] in _FORMULA:
        text = text[1:]
    read = _READ.get(name)
    if isinstance(types[name], Line):
        text = cleaned_line(" ".join(text.split()), len(text))
    elif read:
        text = " ".join(text.split())
    if read and text and (len(text) <= _MAX_WRITTEN or read is _tags):
        return read(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _number(text: str) -> Value:
    match = re.fullmatch(r"(-?\d{1,9}(?:[.,]\d{1,9})?) ?(?:bpm|s|sec|seconds)?", text, re.IGNORECASE)
    if match is None:
        return text
    number = float(match[1].replace(",", "."))
    return int(number) if number.is_integer() else number


def _duration(text: str) -> Value:
    if match := re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,5}):([0-5]\d)", text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3_600 + minutes * 60 + seconds
    if match := re.fullmatch(r"(\d{1,5}) ?(?:m|min|'|\u2032) ?(?:(\d{1,2}) ?(?:s|sec|\"|''|\u2033)?)?", text):
        return int(match[1]) * 60 + int(match[2] or 0)
    return _number(text)


def _key(text: str) -> Value:
    plain = text.replace("\u266d", "b").replace("\u266f", "#")
    match = re.fullmatch(r"([A-Ga-g]) ?(#|b|sharp|flat)? ?(\S*)", plain)
    if match is None:
        return text
    accidental = {"sharp": "#", "flat": "b"}.get(match[2], match[2] or "")
    mode = "" if match[3] == "M" else match[3].lower()
    return f"{match[1].upper()}{accidental}{' ' if mode in _MODES else ''}{mode}"


def _tags(text: str) -> Value:
    return list(dict.fromkeys(tag for part in re.split(r"[,;|]", text) if (tag := part.strip())))


_READ: Mapping[str, Callable[[str], Value]] = {
    "tempo": _number,
    "capo": _number,
    "year": _number,
    "duration": _duration,
    "key": _key,
    "tags": _tags,
}
