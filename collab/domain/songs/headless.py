"""Tables without a header: what their columns hold shows by the values alone."""

import re
from collections.abc import Callable, Sequence

from collab.domain.songs.durations import Durations
from collab.domain.songs.keys import is_plain_key

_SAMPLE = 200
_NUMBER = re.compile(r"\d{1,4}[.):]?")
_TEMPO = re.compile(r"(?:[4-9]\d|1\d\d|2[0-4]\d)(?: ?bpm)?", re.IGNORECASE)
_METER = re.compile(r"[1-9]\d?/(?:2|4|8|16)")
_LENGTH = Durations()

_HOLDS: Sequence[tuple[str, Callable[[str], bool]]] = (
    ("key", is_plain_key),
    ("duration", lambda cell: ":" in cell and _LENGTH.read(cell) is not None),
    ("time_signature", lambda cell: _METER.fullmatch(cell) is not None),
    ("link", lambda cell: cell.startswith(("https://", "http://"))),
    ("tempo", lambda cell: _TEMPO.fullmatch(cell) is not None),
    ("number", lambda cell: _NUMBER.fullmatch(cell) is not None),
)
"""What a column is, if all its cells say so. Of the others the first is the title, the second the artist."""


def titles_of(rows: Sequence[Sequence[str]], *, is_sure: bool) -> Sequence[str] | None:
    """The names of the columns that these rows have; None where they are no table of songs.

    If nobody `is_sure` that there is no header, some column has to hold keys, lengths or numbers from the first row on:
    a header in a language that we don't know would be a song.
    """
    rows = [[cell.strip() for cell in row] for row in rows[:_SAMPLE]]
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or width < 2 or any(len(row) != width for row in rows):
        return None
    free = iter(("title", "artist"))
    titles: list[str] = []
    held = [_held([cell for row in rows if (cell := row[index])]) for index in range(width)]
    if not is_sure and not any(held):
        return None
    for index, name in enumerate(held):
        titles.append(name if name is not None and name not in titles else next(free, f"column {index + 1}"))
    return titles if "title" in titles else None


def _held(cells: Sequence[str]) -> str | None:
    return next((name for name, holds in _HOLDS if cells and all(map(holds, cells))), None)
