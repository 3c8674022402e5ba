"""What was found in files: songs, what of them was not taken in, and how the files were read."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from collab.domain.errors import MAX_MESSAGE_LENGTH, TooLarge, cut
from collab.domain.kinds import FieldTypes
from collab.domain.ot.ops import Fields, Value
from collab.domain.record import record
from collab.domain.songs.durations import Durations
from collab.domain.songs.values import read_song

MAX_PROBLEMS = 500
"""Bad lines that are named; all are counted. As many remarks on files are kept."""


_MAX_REMEMBERED = 40_000
_MAX_REMEMBERED_LENGTH = 100
"""Titles and artists that are kept as they are compared, and their letters: those of the largest repertoire."""


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
    """A song of a file, or of a setlist also a break; where it begins there."""

    file: str
    line: int
    fields: Fields
    type: str = "song"


@record
class Songs:
    """What was found in files.

    `problems` are the first of all that are counted: lines without a song, and values that were left out of one.
    `lost_count` counts the lines that should have been songs and are none. `remarks` say how a file was read.
    """

    entries: Sequence[Entry] = ()
    problems: Sequence[LineProblem] = ()
    problem_count: int = 0
    lost_count: int = 0
    remarks: Sequence[LineProblem] = ()
    setlist: Sequence[Entry] = ()
    """All in its order, where one file is a setlist of our own export; then there are no `entries`."""
    setlist_fields: Fields = field(default_factory=dict)


class Found:
    """Each song once, the first of its title and artist. Has a bound, so that bad files take no more than good ones.

    `TooLarge` where there are more than `max_songs`.
    """

    def __init__(self, types: FieldTypes, max_songs: int = 20_000) -> None:
        self.types = types
        self._max_songs = max_songs
        self._entries: dict[tuple[str, str], Entry] = {}
        self._problems: list[LineProblem] = []
        self._problem_count = 0
        self._lost_count = 0
        self._remarks: list[LineProblem] = []
        self._setlist: list[Entry] = []
        self._setlist_fields: Fields = {}

    @property
    def count(self) -> int:
        """The songs so far."""
        return len(self._entries)

    def bad(self, file: str, line: int, message: str, *, is_lost: bool = False) -> None:
        """A line has a problem, or is lost: it brings no song though it should."""
        self._problem_count += 1
        self._lost_count += is_lost
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(LineProblem(file, line, cut(message, MAX_MESSAGE_LENGTH)))

    def remark(self, file: str, message: str, line: int = 1) -> None:
        """How a file was read, where that is not plain."""
        if len(self._remarks) < MAX_PROBLEMS:
            self._remarks.append(LineProblem(file, line, cut(message, MAX_MESSAGE_LENGTH)))

    def song(self, file: str, line: int, raw: Mapping[str, Value], durations: Durations | None = None) -> None:
        """A song as it is written; only what the song's types name is read."""
        fields, remarks = self._read(raw, durations)
        if not fields.get("title"):
            self.bad(file, line, "title: expected the title of a song, got nothing", is_lost=True)
            return
        entry = Entry(file, line, fields)
        first = self._entries.setdefault(identity(fields), entry)
        if first is not entry:
            where = f"line {first.line}" if first.file == file else f"{first.file}, line {first.line}"
            self.bad(file, line, f"'{fields['title']}' was there already ({where})")
        elif len(self._entries) > self._max_songs:
            raise self._too_many()
        elif remarks:
            self.bad(file, line, f"'{fields['title']}': {'; '.join(remarks)}")

    def setlist(self, fields: Mapping[str, Value]) -> None:
        """A file is a setlist; what it says of it. Its items follow."""
        self._setlist_fields = dict(fields)

    def item(
        self, file: str, line: int, item_type: str, raw: Mapping[str, Value], durations: Durations | None = None
    ) -> None:
        """A song or a break of a setlist, which may have the same one twice."""
        if len(self._setlist) == self._max_songs:
            raise self._too_many()
        fields, remarks = self._read(raw, durations)
        self._setlist.append(Entry(file, line, fields, item_type))
        if remarks:
            self.bad(file, line, "; ".join(remarks))

    def songs(self) -> Songs:
        if self._entries or len({entry.file for entry in self._setlist}) > 1:
            # Several files: what setlists have are songs like all others.
            for entry in self._setlist:
                if entry.type == "song" and entry.fields.get("title"):
                    self._entries.setdefault(identity(entry.fields), entry)
            self._setlist = []
        # The rows of a table are read after their quotes were looked at.
        files = {problem.file: index for index, problem in reversed(list(enumerate(self._problems)))}
        return Songs(
            tuple(self._entries.values()),
            tuple(sorted(self._problems, key=lambda problem: (files[problem.file], problem.line))),
            self._problem_count,
            self._lost_count,
            tuple(self._remarks),
            tuple(self._setlist),
            self._setlist_fields,
        )

    def _read(self, raw: Mapping[str, Value], durations: Durations | None) -> tuple[dict[str, Value], list[str]]:
        known = {name: value for name, value in raw.items() if name in self.types}
        return read_song(known, self.types, durations or Durations())

    def _too_many(self) -> TooLarge:
        return TooLarge(f"expected at most {self._max_songs} songs, got more: send them in parts")


def identity(fields: Fields) -> tuple[str, str]:
    """What makes two songs the same one: title and artist, however they are spelled."""
    return folded_title(fields), _plain(fields.get("artist"))


def folded_title(fields: Fields) -> str:
    """A song's title as it is compared, however it is spelled."""
    return _plain(fields.get("title"))


def _plain(value: Value) -> str:
    text = str(value or "")
    return _remembered(text) if len(text) <= _MAX_REMEMBERED_LENGTH else _folded(text)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.replace("\u2019", "'").replace("\u2018", "'").split())


# An import looks at all songs of the repertoire once for each batch of its own.
_remembered = lru_cache(_MAX_REMEMBERED)(_folded)
