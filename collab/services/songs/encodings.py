"""Encodings: the text of a file that does not say how it was written.

UTF-8 shows by itself: other texts are hardly ever good UTF-8. The old code pages do not: every file is good in most of
them. charset-normalizer guesses by the letters' frequencies, which needs more text than a list of
songs has. So its guess and the usual code pages are compared: in the right one the words are words of some language,
with its letters and no others, and no sign or capital stands within a word.
"""

import re
import unicodedata
from collections import Counter

from collab.domain.record import record

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))

_CODE_PAGES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "iso8859_2", "koi8_r"),
    *("cp932", "euc_kr", "gb18030", "big5"),
)
"""What charset-normalizer may guess."""

_USUAL = ("cp1252", "cp1250", "cp1251", "mac_roman", "iso8859_2", "koi8_r", "cp1253", "cp850")
"""What is compared with its guess; of two that are as good, the first."""

_SAMPLE_BYTES = 20_000
"""Of the lines that are not plain ASCII: enough to tell, and guessing takes far longer than reading."""


@record
class Decoded:
    """A text, and how it was written: its own mark, UTF-8, or else a guess."""

    text: str
    encoding: str
    is_guess: bool


def decoded(data: bytes) -> Decoded:
    """The text of a file; bytes that mean nothing in its encoding become U+FFFD."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return Decoded(data[len(bom) :].decode(encoding, errors="replace"), encoding, is_guess=False)
    try:
        return Decoded(data.decode(), "utf-8", is_guess=False)
    except UnicodeDecodeError:
        encoding = _guess(_sample(data))
        return Decoded(data.decode(encoding, errors="replace"), encoding, is_guess=True)


def _sample(data: bytes) -> bytes:
    picked: list[bytes] = []
    left = _SAMPLE_BYTES
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            picked.append(line[:left])
            left -= len(line)
            if left <= 0:
                break
    return b"".join(picked)


def _guess(sample: bytes) -> str:
    # Needed for few files, and each is read by a process that has just begun.
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=list(_CODE_PAGES), language_threshold=0).best()
    guesses = dict.fromkeys([*_USUAL, *([] if best is None else [best.encoding])])
    return min(guesses, key=lambda encoding: _strangeness(sample.decode(encoding, errors="replace")))


def _strangeness(text: str) -> tuple[int, int]:
    """How many words are no words of any language, and how many letters the one that fits best does not have."""
    words = [word for word in text.split() if not word.isascii()]
    letters = [letter for word in words for letter in word.lower() if letter.isalpha() and not letter.isascii()]
    counts = Counter(letters)
    fitting = max(sum(counts[letter] for letter in alphabet) for alphabet in _ALPHABETS)
    odd = sum(map(_oddness, words)) + text.count("\ufffd") + _is_hungarian(text.lower(), set(letters))
    return odd, len(letters) - fitting


def _is_hungarian(text: str, letters: set[str]) -> bool:
    """Whether a text in the letters of western Europe was written in those of Hungary, whose ő and ű are õ and û there.

    In Portuguese, which has that letter too, an e follows it; French has none of the other letters.
    """
    if not letters <= set("áéíóöõúüû"):
        return False
    return re.search("õ(?!e)", text) is not None or ("û" in letters and not letters.isdisjoint("áíóöúü"))


def _oddness(word: str) -> int:
    odd = 0
    for before, mark, after in zip(" " + word, word, word[1:] + " ", strict=False):
        if mark.isascii():
            continue
        is_sign = not mark.isalpha() and mark not in _MARKS
        odd += is_sign and (before.isalpha() or after.isalpha())
        odd += mark.isupper() and before.isalpha() and (before.islower() or after.islower())
    letters = {letter for letter in word.lower() if letter.isalpha() and not letter.isascii()}
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in word if letter.isalpha()}
    is_known = any(letters <= alphabet for alphabet in _ALPHABETS) or "LATIN" not in scripts
    return odd + len(scripts) - 1 + (not is_known) if scripts else odd


_MARKS = "\u2019\u2018\u201c\u201d\u201e\u00ab\u00bb\u2013\u2014\u2026\u00b4\u00a1\u00bf\u00a0\u00ad\u00b7\u00b0"
"""Signs that do stand at a word: quotes, dashes, an ellipsis."""

_ALPHABETS = tuple(
    map(
        frozenset,
        (
            "äöüßé",  # German
            "àâæçéèêëîïôœùûüÿ",  # French
            "áéíñóúü",  # Spanish
            "àáâãçéêíóôõú",  # Portuguese
            "àèéìíîòóùú",  # Italian
            "äåæéöø",  # Danish, Norwegian, Swedish
            "áæéíðóöúýþ",  # Icelandic
            "áéèëíïóöü",  # Dutch
            "ąćęłńóśźż",  # Polish
            "áčďéěíňóřšťúůýž",  # Czech
            "áäčďéíĺľňóôŕšťúýž",  # Slovak
            "áéíóöőúüű",  # Hungarian
            "čćđšž",  # Croatian, Slovene
            "ăâîşţșț",  # Romanian
            "âçğıîöşûü",  # Turkish
            "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",  # Greek
            "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґ",  # Russian, Ukrainian
        ),
    )
)
"""The letters of a language beside those of ASCII."""
