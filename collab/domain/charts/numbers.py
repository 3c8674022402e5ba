"""Chords as numbers of their key, as they are called in Nashville: 1, 4, 5\u2077, 6m, 5/7.

A minor key is numbered by its relative major, so that its own chord is 6m.
"""

from collab.domain.charts.chords import Chord
from collab.domain.charts.keys import Key, read_key, spelled
from collab.domain.charts.notes import ENGLISH, Notation, read_note
from collab.domain.charts.rewriting import rewritten
from collab.domain.charts.transposing import notation

_NUMBERS = "4152637"
_RAISED = str.maketrans("0123456789", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")


def numbered(chart: str, key: Key) -> str:
    """A chart that stands in `key`, with numbers for its chords."""
    return rewritten(chart, _Numberer(key, notation(chart)))


def number(chord: Chord, key: Key, written: Notation = ENGLISH) -> str:
    """A chord as a number. Digits right behind it are raised, so that a 5 with a seventh is no 57."""
    one = key.place - 3 if key.is_minor else key.place
    root = spelled(read_note(chord.root, written) - one, 0, is_major=chord.is_major)
    bass = _number(spelled(read_note(chord.bass, written) - one, 0, is_major=False)) if chord.bass else ""
    digits = len(chord.quality) - len(chord.quality.lstrip("0123456789"))
    raised = chord.quality[:digits].translate(_RAISED) + chord.quality[digits:]
    return Chord("", raised, "", chord.before, chord.behind).symbol(_number(root), bass)


def _number(place: int) -> str:
    sharps = (place + 1) // 7
    return ("#" * sharps if sharps > 0 else "b" * -sharps) + _NUMBERS[(place + 1) % 7]


class _Numberer:
    def __init__(self, key: Key, notation: Notation) -> None:
        self._key = key
        self._notation = notation

    def chord(self, chord: Chord) -> str:
        return number(chord, self._key, self._notation)

    def key(self, written: str) -> str:
        self._key = read_key(written, self._notation) or self._key
        return written
