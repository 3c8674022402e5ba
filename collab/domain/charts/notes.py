"""Notes, by their place on the line of fifths: … Bb is -2, F -1, C 0, G 1, D 2 …

A place is a note with its spelling: C# is 7 and Db is -5, twelve apart, one key of a piano. To transpose is to add, and
what is spelled well in one key is then spelled well in the other: a third stays a third.

Letters are English; in a chart that has an H the B is B flat, as in Germany, Scandinavia and Poland, whose `Fis`, `Es`
and `As` are read too.
"""

from collab.domain.record import record

_LETTERS = "FCGDAEB"
_SHARPS = ("#", "\u266f", "is")
_FLATS = ("b", "\u266d", "es", "s")

NOTE = r"(?:[AE]s(?!us)|[A-H](?:#|b|\u266f|\u266d|is|es)?)"
"""A note, as a pattern."""


@record
class Notation:
    """How B natural and B flat are written."""

    b: str = "B"
    b_flat: str = "Bb"


ENGLISH = Notation()


def read_note(written: str, notation: Notation = ENGLISH) -> int:
    """The place of a note that matches `NOTE`, in capitals or small letters."""
    letter, accidental = written[0].upper(), written[1:]
    if letter in "BH" and notation.b == "H":
        # There `Bb` is one note with `B`.
        letter, accidental = ("B", accidental) if letter == "H" else ("B", accidental or "b")
    place = _LETTERS.index("B" if letter == "H" else letter) - 1
    return place + 7 * ((accidental in _SHARPS) - (accidental in _FLATS))


def write_note(place: int, notation: Notation = ENGLISH) -> str:
    letter, sharps = _LETTERS[(place + 1) % 7], (place + 1) // 7
    if letter == "B":
        if sharps == -1:
            return notation.b_flat
        letter = notation.b
    return letter + ("#" * sharps if sharps > 0 else "b" * -sharps)


def semitone(place: int) -> int:
    """The key of a piano that a place is, counted from C."""
    return place * 7 % 12


def notation_of(notes: list[str]) -> Notation:
    """How those who wrote these notes write B and B flat. Without an H they are English."""
    names = {note[:1].upper() + note[1:] for note in notes}
    if not any(name.startswith("H") for name in names):
        return ENGLISH
    return Notation("H", "B" if "B" in names else "Bb")
