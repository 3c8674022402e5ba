"""Encodings: the text of a file that does not say how it was written.

UTF-8 shows by itself: other texts are hardly ever good UTF-8. The old code pages do not: every file is good in most of
them. charset-normalizer guesses by the letters' frequencies, which needs more text than a list of
songs has. So its guess and the usual code pages are compared: in the right one the words are words of some language,
with its letters and no others, and no sign or capital stands within a word.
"""

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from collab.domain.record import record
from collab.domain.songs.foreign import utf16_of

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))

_CODE_PAGES = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac_roman", "iso8859_2", "koi8_r"),
    *("cp932", "euc_kr", "gb18030", "big5"),
)
"""What charset-normalizer may guess."""

_USUAL = (
    *("cp1252", "cp1250", "cp1251", "mac_roman", "iso8859_2", "koi8_r", "cp1253", "cp850"),
    *("cp1254", "cp1255", "cp1256", "cp1257", "cp866"),
)
"""What is compared with its guess; of two that are as good, the first."""

_EASTERN = ("euc_kr", "gb18030", "big5", "cp932")
"""What a text may be that is hardly one in any other: it is good in several, of which the guess comes first."""

_DECLARED = re.compile(r"""<\?xml[^>]{0,200}\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
"""How XML says its encoding."""

_BETWEEN_WORDS = re.compile(r"""[\s,;|:"()\[\]{}]+""")

_SAMPLE_BYTES = 4_000
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
    if said := utf16_of(data) or _declared(data):
        return Decoded(data.decode(said, errors="replace"), said, is_guess=False)
    try:
        return Decoded(data.decode(), "utf-8", is_guess=False)
    except UnicodeDecodeError:
        return _guessed(data)


def _declared(data: bytes) -> str | None:
    """The encoding that XML says it is in, if there is such a one."""
    match = _DECLARED.search(data[:300].decode("latin-1"))
    try:
        return codecs.lookup(match[1]).name if match else None
    except LookupError:
        return None


def _guessed(data: bytes) -> Decoded:
    """A text that is no good UTF-8. One that is joined from several files may be in UTF-8 for most of its lines."""
    lines = data.splitlines(keepends=True)
    good = [_in_utf8(line) for line in lines]
    left = [line for line, text in zip(lines, good, strict=True) if text is None]
    encoding = _guess(_sample(left))
    if len(left) > sum(text is not None and not line.isascii() for line, text in zip(lines, good, strict=True)):
        return Decoded(data.decode(encoding, errors="replace"), encoding, is_guess=True)
    text = "".join(
        line.decode(encoding, errors="replace") if text is None else text
        for line, text in zip(lines, good, strict=True)
    )
    return Decoded(text, f"utf-8, and in some lines as {encoding}", is_guess=True)


def _in_utf8(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _sample(lines: Sequence[bytes]) -> bytes:
    picked: list[bytes] = []
    left = _SAMPLE_BYTES
    for line in lines:
        picked.append(line[:left])
        left -= len(line)
        if left <= 0:
            break
    return b"".join(picked)


def _guess(sample: bytes) -> str:
    """The first of those in which the text is the least strange; nothing is less so than one that is not at all."""
    best, least = _USUAL[0], None
    for encoding in _candidates(sample):
        strangeness = _strangeness(sample.decode(encoding, errors="replace"))
        if least is None or strangeness < least:
            best, least = encoding, strangeness
        if least == (0, 0):
            break
    return best


def _candidates(sample: bytes) -> Iterator[str]:
    yield from _USUAL
    # Needed for few files, and each is read by a process that has just begun.
    from charset_normalizer import from_bytes

    guess = from_bytes(sample, cp_isolation=list(_CODE_PAGES), language_threshold=0).best()
    if guess is not None:
        yield str(guess.encoding)
    yield from _EASTERN


def _strangeness(text: str) -> tuple[int, int]:
    """How many words are no words of any language, and how many letters the one that fits best does not have."""
    words = [word for word in _BETWEEN_WORDS.split(text) if not word.isascii()]
    letters = [letter for word in words for letter in word.lower() if letter.isalpha() and not letter.isascii()]
    counts = Counter(letters)
    fitting = max(sum(counts[letter] for letter in alphabet) for alphabet in _ALPHABETS)
    odd = sum(map(_oddness, words)) + text.count("\ufffd") + _oddness_of_all(text, set(letters))
    return odd, len(letters) - fitting


def _oddness_of_all(text: str, letters: set[str]) -> int:
    """What is odd of a whole text, though each of its words might be one."""
    is_korean = any("\uac00" <= letter <= "\ud7a3" for letter in letters)
    signs = sum(is_korean and "\u4e00" <= letter <= "\u9fff" for letter in text)
    signs += sum("\ue000" <= letter <= "\uf8ff" for letter in text)
    small_kana = sum("\uff61" <= letter <= "\uff9f" for letter in text)
    is_other = _is_hungarian(text.lower(), letters) or _is_turkish(text.lower(), letters)
    return signs + small_kana + is_other + _is_hebrew(text, letters)


def _is_turkish(text: str, letters: set[str]) -> bool:
    """Whether a text in the letters of western Europe was written in those of Turkey, whose ş and ğ are þ and ð there.
    Iceland, which has these, begins words with a þ, and has other vowels."""
    if not letters <= set("âçðîöþûüý"):
        return False
    return re.search(r"(?<=\w)þ", text) is not None or bool(letters & set("ðýþ") and letters & set("çü"))


def _is_hebrew(text: str, letters: set[str]) -> bool:
    """Whether a text in Cyrillic or Greek was written in Hebrew, which has no capitals: titles begin with one, and go
    on in small letters."""
    if not any("\u03b1" <= letter <= "\u03c9" or "\u0430" <= letter <= "\u044f" for letter in letters):
        return False
    return len({letter.isupper() for letter in text if letter.isalpha() and not letter.isascii()}) < 2


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
    scripts = {_script(letter) for letter in word if letter.isalpha()}
    is_known = any(letters <= alphabet for alphabet in _ALPHABETS) or "LATIN" not in scripts
    return odd + len(scripts) - 1 + (not is_known) if scripts else odd


@lru_cache(4_096)
def _script(letter: str) -> str:
    """What a letter is written in; Japanese writes in three scripts at once."""
    name = unicodedata.name(letter, "?").split()[0].partition("-")[0]
    return "CJK" if name in ("HIRAGANA", "KATAKANA") else name


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
            "ąčęėįšųūž",  # Lithuanian
            "āčēģīķļņšūž",  # Latvian
            "אבגדהוזחטיךכלםמןנסעףפץצקרשת",  # Hebrew
            "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأؤإئپچژگ",  # Arabic, Persian
            "абвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґ",  # Russian, Ukrainian
        ),
    )
)
"""The letters of a language beside those of ASCII."""
