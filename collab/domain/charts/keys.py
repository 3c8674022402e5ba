"""The key in which chords stand: what it is called, and how notes are spelled in it."""

import re

from collab.domain.charts.notes import ENGLISH, NOTE, Notation, read_note, write_note
from collab.domain.record import record

_SIGNATURES = {"minor": -3, "dorian": -2, "phrygian": -4, "lydian": 1, "mixolydian": -1, "locrian": -5, "blues": -1}
"""How far the signature of a mode lies from that of the major key on its first note."""
_MINOR_MODES = ("minor", "dorian", "phrygian", "locrian")

_WORDS = {
    **{name: name for name in _SIGNATURES},
    **dict.fromkeys(("m", "min", "mi", "moll", "-"), "minor"),
    **dict.fromkeys(("", "major", "maj", "dur"), "major"),
}
_KEY = re.compile(rf"({NOTE}|[a-h](?:#|b|is|es)?)([ \t]{{0,4}}-?[ \t]{{0,4}})([A-Za-z]{{0,20}})")
_GERMAN = Notation("H", "B")


@record
class Key:
    """A key: the place of its first note, its mode, and the words of that mode as they were written."""

    place: int
    mode: str = "major"
    words: str = ""

    @property
    def signature(self) -> int:
        """Sharps, or with a minus flats."""
        return self.place + _SIGNATURES.get(self.mode, 0)

    @property
    def is_minor(self) -> bool:
        return self.mode in _MINOR_MODES

    def name(self, notation: Notation = ENGLISH) -> str:
        """What it is called; a German word stands with German letters alone."""
        is_foreign = is_german(self.words) and notation.b != "H"
        words = ("m" if self.is_minor else "") if is_foreign else self.words
        return write_note(self.place, notation) + words

    def up(self, semitones: int) -> "Key":
        """The key so many semitones higher, in its usual spelling; this one where they are none."""
        return self.moved(7 * semitones) if semitones % 12 else self

    def moved(self, places: int) -> "Key":
        """The key so many places on, in its usual spelling: of F# and Gb a major key is F#, and a minor one Ebm."""
        low, high = (-6, 5) if self.is_minor else (-5, 6)
        return Key(self.place + places, self.mode, self.words).within(low, high)

    def within(self, low: int = -7, high: int = 7) -> "Key":
        """The same key with a signature in a range, of twelve at least: for G#, which has eight sharps, Ab."""
        place = self.place
        while self.signature - self.place + place > high:
            place -= 12
        while self.signature - self.place + place < low:
            place += 12
        return Key(place, self.mode, self.words)


def read_key(text: str, notation: Notation = ENGLISH) -> Key | None:
    """A key as fields and charts have it: `Bb`, `F#m`, `C minor`, `Eb dorian`, `a-moll`, `fis`; else None."""
    match = _KEY.fullmatch(text.strip(" \t\r"))
    if match is None:
        return None
    note, between, word = match.groups()
    # A capital M is major; a minus alone is minor.
    mode = "major" if word == "M" else _WORDS.get(word.lower() or between.strip(" \t"))
    if mode is None:
        return None
    if is_german(word) or note[0].islower():
        notation = _GERMAN
    if note[0].islower() and mode == "major":
        return Key(read_note(note, notation), "minor", "m")
    return Key(read_note(note, notation), mode, between + word)


def is_german(written: str) -> bool:
    """Whether a key is called as in German: `a-moll`, `H`."""
    plain = written.lower().strip(" \t\r")
    return plain.startswith("h") or plain.endswith(("dur", "moll"))


def spelled(place: int, signature: int, *, is_major: bool) -> int:
    """The place of a chord's root or its twin, whichever musicians write in a key: no Cb in D, and flats in flat keys.

    Between the fifth flat and the sixth sharp from the key's first note there is one name for each note, for chords
    that are major. Those that are not lead upwards too (G#dim in C): they keep the name that they were given.
    """
    while place > signature + (6 if is_major else 9):
        place -= 12
    while place < signature - 6:
        place += 12
    is_of_the_key = signature - 1 <= place <= signature + 5
    if not is_of_the_key and not -6 <= place <= 10:
        # Cb, Fb, E#, B# and whatever has two signs.
        place += 12 if place < 0 else -12
    return place
