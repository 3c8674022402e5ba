"""Chords as musicians write them: `F#m7b5/C#`, `Bbmaj7`, `C6/9`, `Am(maj7)`, `N.C.`; and the signs between them.

A grammar of our own, a pattern of forty words: there is no library that reads the same in Python and in TypeScript
(pychord knows a fixed list of qualities, chord-symbol reads none of `H`, `(G)` or `C6/9/E`), and all that a chart needs
of a chord are its root, its bass and whether it is major; what is between them stays as it was written.
"""

import re
from collections.abc import Iterator

from collab.domain.charts.notes import NOTE
from collab.domain.record import record

_QUALITY = (
    r"(?:maj|Maj|MAJ|min|mi|ma|mj|m|M|sus|add|dim|aug|alt|dom|no|omit|o|\u00b0|\u00ba|\u00f8|\u00d8|\u0394|\u2206"
    r"|\^|\+|-|#|b|\u266f|\u266d|[0-9]|\(|\)|,|/(?=[0-9])){0,24}"
)
_SMALL_NOTE = r"(?:[ae]s(?!us)|[a-h](?:#|b|\u266f|\u266d|is|es)?)"

_PARTS = rf"({_QUALITY})(?:/({NOTE}|{_SMALL_NOTE}))?(\)?\*{{0,2}})"
_CHORD = re.compile(rf"(\(?)({NOTE}){_PARTS}")
_ANY_CHORD = re.compile(rf"(\(?)({NOTE}|{_SMALL_NOTE}){_PARTS}")
_LOW_QUALITY = re.compile(r"m(?!aj|a|j)|-|dim|o|\u00b0|\u00ba|\u00f8|\u00d8|\+|aug")

_DEGREE = "[b#]{0,2}[1-7]"
_NUMBER = re.compile(
    rf"\(?{_DEGREE}[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{{0,4}}{_QUALITY}(?:/{_DEGREE})?\)?\*{{0,2}}"
)
_SIGN = re.compile(
    r":?\|{1,2}:?|[%*~,]|[-\u2013\u2014]{1,4}|[./]{1,8}|N\.?C\.?|n\.?c\.?|[(\[]?(?:[xX\u00d7][0-9]{1,2}|[0-9]{1,2}[xX\u00d7])[)\]]?"
)
_TOKEN = re.compile(r":?\|{1,2}:?|-(?=[A-H])|(?:(?!-[A-H]|:?\|)[^ \t\r\u00a0])+")
_MAX_LENGTH = 40


@record
class Chord:
    """A chord's symbol in its parts: joined they are the symbol. `bass` is empty where none is named."""

    root: str
    quality: str = ""
    bass: str = ""
    before: str = ""
    behind: str = ""

    @property
    def is_major(self) -> bool:
        """Whether its third and fifth are those of a major chord, so that it leads nowhere by itself."""
        return _LOW_QUALITY.match(self.quality) is None and "b5" not in self.quality

    def symbol(self, root: str, bass: str) -> str:
        """This chord on other notes."""
        return f"{self.before}{root}{self.quality}{'/' if bass else ''}{bass}{self.behind}"


def read_chord(text: str, *, may_be_small: bool = False) -> Chord | None:
    """The chord that a whole text is. In brackets a minor one `may_be_small`: `a`, `fis7`."""
    if len(text) > _MAX_LENGTH:
        return None
    match = (_ANY_CHORD if may_be_small else _CHORD).fullmatch(text)
    return Chord(match[2], match[3], match[4] or "", match[1], match[5]) if match else None


def tokens(line: str, begin: int = 0) -> Iterator[tuple[int, str]]:
    """What stands in a line of chords, and where: chords, bars and other signs."""
    return ((match.start(), match[0]) for match in _TOKEN.finditer(line, begin))


def is_chords(text: str, *, may_be_small: bool = False, has_numbers: bool = False) -> bool:
    """Whether a text is chords and signs alone, with a chord among them at least; or with `has_numbers` such as 5/7."""
    has_chord = False
    for _, token in tokens(text):
        if (has_numbers and _is_number(token)) or read_chord(token, may_be_small=may_be_small) is not None:
            has_chord = True
        elif not is_sign(token):
            return False
    return has_chord


def _is_number(token: str) -> bool:
    return len(token) <= _MAX_LENGTH and _NUMBER.fullmatch(token) is not None


def is_sign(token: str) -> bool:
    """Whether a token is a bar, a rest or a repeat; `N.C.` too, where no chord is played."""
    return len(token) <= _MAX_LENGTH and _SIGN.fullmatch(token) is not None
