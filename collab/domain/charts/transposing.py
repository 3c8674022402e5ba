"""A chart in another key.

All notes move by as many places on the line of fifths as the key does, so that what was spelled well stays so; what
would be spelled as nobody writes it in that key gets its usual name. There and back is the same chord.
"""

from collab.domain.charts.chords import Chord
from collab.domain.charts.keys import Key, is_german, read_key, spelled
from collab.domain.charts.notes import ENGLISH, Notation, notation_of, read_note, write_note
from collab.domain.charts.rewriting import rewritten


def transposed(chart: str, key: Key, to: Key) -> str:
    """A chart that stands in `key`, on the first note of `to`; its mode is its own. The chart as it is where they are
    spelled alike. A tab stays as it is: its numbers are frets."""
    if key.place == to.place:
        return chart
    return rewritten(chart, _Transposer(key, Key(to.place, key.mode).within(), notation(chart)))


def transposed_chord(chord: Chord, key: Key, to: Key, written: Notation = ENGLISH) -> str:
    """A chord of a chart that moves from one key to another."""
    root = read_note(chord.root, written)
    at = spelled(root + to.place - key.place, to.signature, is_major=chord.is_major)
    bass = write_note(_bass(read_note(chord.bass, written), root, at), written) if chord.bass else ""
    return chord.symbol(_as_small(chord.root, write_note(at, written)), _as_small(chord.bass, bass))


def notation(chart: str) -> Notation:
    """How a chart writes B and B flat, by its chords and by the keys that it names."""
    said = _said(chart)
    notes = [note for chord in said.chords for note in (chord.root, chord.bass) if note]
    return notation_of([*notes, "H"] if any(map(is_german, said.keys)) else notes)


def key_of_chords(chart: str) -> Key:
    """A key to spell in where nothing says which: that of the first chord."""
    found = _said(chart).chords
    if not found:
        return Key(0)
    root = read_note(found[0].root, notation(chart))
    return Key(root) if found[0].is_major else Key(root, "minor", "m")


def _bass(bass: int, root: int, at: int) -> int:
    """The place of a bass under a root that has moved: as far from it as it was, by its usual interval."""
    interval = bass - root
    while interval > 6:
        interval -= 12
    while interval < -6:
        interval += 12
    place = at + interval
    return place - 12 if place > 12 else place + 12 if place < -8 else place


def _as_small(before: str, note: str) -> str:
    return note.lower() if before[:1].islower() else note


class _Transposer:
    def __init__(self, key: Key, to: Key, notation: Notation) -> None:
        self._key = key
        self._to = to
        self._notation = notation

    def chord(self, chord: Chord) -> str:
        return transposed_chord(chord, self._key, self._to, self._notation)

    def key(self, written: str) -> str:
        key = read_key(written, self._notation)
        if key is None:
            return written
        self._key, self._to = key, key.moved(self._to.place - self._key.place)
        return self._to.name(self._notation)


class _Said:
    """The chords and keys of a chart, in order."""

    def __init__(self) -> None:
        self.chords: list[Chord] = []
        self.keys: list[str] = []

    def chord(self, chord: Chord) -> str:
        self.chords.append(chord)
        return chord.root

    def key(self, written: str) -> str:
        self.keys.append(written)
        return written


def _said(chart: str) -> _Said:
    said = _Said()
    rewritten(chart, said)
    return said
