"""Keys as musicians write them: letters of the English, German and Romance names, with modes, chords and DJs' codes.

`A minor`, `Am`, `a-moll`, `la menor` and `8A` are one key. H is B natural; with `Dur` or `moll` behind it B is B flat,
as in Germany and its neighbours.
"""

import re
import unicodedata

from collab.domain.record import record

_PITCHES_MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_PITCHES_MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""The usual spelling of the key on each semitone from C."""

_ROMANCE = {"do": "C", "ut": "C", "re": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}

_SHARPS = ("#", "is", "sharp", "diese", "diesis", "sostenido", "sustenido", "kruis", "krzyzyk")
_FLATS = ("b", "es", "s", "flat", "bemol", "bemolle", "mol")
_MAJORS = ("", "maj", "major", "dur", "majeur", "maggiore", "mayor", "maior", "groot", "ma")
_MINORS = ("m", "min", "minor", "moll", "mineur", "minore", "menor", "klein", "-", "mi")
_GERMAN = ("dur", "moll")
_MODES = {
    mode: modes.split()[0]
    for modes in ("dorian dor dorisch", "phrygian phr phryg phrygisch", "lydian lyd lydisch", "locrian loc", "blues")
    for mode in modes.split()
} | dict.fromkeys(("mixolydian", "mix", "mixo", "mixolyd", "mixolydisch"), "mixolydian")

_LETTER = re.compile(r"([a-h])(?:[ -]?(sharp|flat|kruis)\b|(is|es|#|b)|(s)(?!us))?", re.IGNORECASE)
_SYLLABLE = re.compile(
    r"(do|ut|re|mi|fa|sol|la|si)(?:[ -]?(#|b(?![a-z])|diese|diesis|sostenido|sustenido|bemolle|bemol))?(?![a-z]{2})",
    re.IGNORECASE,
)
_MODE = re.compile(r"(?:(-)(?=$|[/7,(])|[ -]*([a-z]+))?", re.IGNORECASE)
_PREFIX = re.compile(r"(?:in|key(?: of)?|tonart)[ :]+", re.IGNORECASE)
_DJ = re.compile(r"([1-9]|1[0-2])([abdm])", re.IGNORECASE)
_PITCH_CLASS = re.compile(r"[0-9]|1[01]")


@record
class Key:
    """A key as our fields have it (`Bb`, `F#m`, `C dorian`), and what was written behind it that it does not hold."""

    name: str
    rest: str = ""


def read_key(text: str) -> Key | None:
    """The key that a text begins with; None where it names none."""
    plain = _PREFIX.sub("", _plain(text))
    if _PITCH_CLASS.fullmatch(plain):
        return Key(_PITCHES_MAJOR[int(plain)])
    if match := _DJ.fullmatch(plain):
        return Key(_of_wheel(int(match[1]), match[2].lower()))
    if match := _SYLLABLE.match(plain):
        accidental = "" if match[2] is None else "#" if match[2].lower() in _SHARPS else "b"
        if key := _with_mode(_ROMANCE[match[1].lower()], accidental, plain[match.end() :], is_letter=False):
            return key
    if match := _LETTER.match(plain):
        written = (match[2] or match[3] or match[4] or "").lower()
        accidental = "" if not written else "#" if written in _SHARPS else "b"
        return _with_mode(match[1].upper(), accidental, plain[match.end() :], is_letter=True)
    return None


_PLAIN = re.compile(r"[A-H](?:#|b|is|es|s)?(?:m|-| ?(?:minor|major|min|maj|moll|dur))?", re.IGNORECASE)


def is_plain_key(text: str) -> bool:
    """Whether a text is a key and could hardly be anything else, though nothing says that it is one."""
    plain = _PREFIX.sub("", _plain(text))
    return plain[:1].isupper() and _PLAIN.fullmatch(plain) is not None


def in_minor(key: str) -> str:
    """The minor key on a major one's first note, in its usual spelling: `Db` gives `C#m`."""
    return f"{_PITCHES_MINOR[_PITCHES_MAJOR.index(key)]}m" if key in _PITCHES_MAJOR else f"{key}m"


def _plain(text: str) -> str:
    signs = text.replace("\u266d", "b").replace("\u266f", "#").replace("\u266e", "").replace("\u2212", "-")
    letters = unicodedata.normalize("NFKD", signs)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()


def _with_mode(letter: str, accidental: str, behind: str, *, is_letter: bool) -> Key | None:
    match = _MODE.match(behind)
    written = (match[1] or match[2] or "") if match else ""
    mode, rest = written.lower(), behind[match.end() if match else 0 :]
    if is_letter:
        letter, accidental = _german(letter, accidental, is_named=mode in _GERMAN)
    tonic = letter + accidental
    if mode in _MODES:
        return Key(f"{tonic} {_MODES[mode]}", rest.strip())
    # A capital M is major, as in `CM7`.
    if mode in _MAJORS or written == "M":
        return _key(f"{tonic} major" if mode == "major" and behind[:1] == " " else tonic, rest)
    if mode in _MINORS:
        return _key(f"{tonic} minor" if mode == "minor" and behind[:1] == " " else f"{tonic}m", rest)
    return _chord(tonic, behind)


def _key(name: str, rest: str) -> Key | None:
    """The key; none where a word goes on behind it."""
    return None if rest[:1].isalpha() else Key(name, rest.strip())


_QUALITY = re.compile(r"(maj|min|mi|ma|m|M)?(?:sus|add|dim|aug|no|[0-9#b+/().\u00b0-]|\u00f8|\u0394)*")


def _chord(tonic: str, behind: str) -> Key | None:
    """The key of which a chord is the first: `Am7` is said of a song in A minor."""
    match = _QUALITY.match(behind)
    end = match.end() if match else 0
    if (end == 0 and behind[:1].isalpha()) or behind[end : end + 1].isalpha():
        return None
    is_minor = bool(match and match[1] in ("m", "min", "mi"))
    return Key(tonic + ("m" if is_minor else ""), behind.strip())


def _german(letter: str, accidental: str, *, is_named: bool) -> tuple[str, str]:
    if letter == "H":
        return "B", accidental
    if letter == "B" and is_named and not accidental:
        return "B", "b"
    return letter, accidental


def _of_wheel(number: int, letter: str) -> str:
    """The key of a code on the wheel of fifths: Camelot's (`8A`, `8B`), or Open Key's (`1m`, `1d`)."""
    fifths = (number - 8 if letter in "ab" else number - 1) % 12
    is_minor = letter in "am"
    pitch = (fifths * 7 + (9 if is_minor else 0)) % 12
    return f"{_PITCHES_MINOR[pitch]}m" if is_minor else _PITCHES_MAJOR[pitch]
