"""Names of a song's parts, as they stand above them: `Chorus`, `Verse 2:`, `[Bridge]`, `Intro: G D`."""

import re

from collab.domain.record import record

_WORDS = {
    "chorus": ("chorus", "refrain", "refrein", "refren", "refr\u00e3o", "estribillo", "ritornello", "coro", "kehrvers"),
    "verse": ("verse", "verso", "vers", "strophe", "strofa", "couplet", "estrofa", "zwrotka"),
    "bridge": ("bridge", "puente", "ponte"),
    "part": (
        *("intro", "introduction", "outro", "prechorus", "postchorus", "interlude", "solo", "tag", "ending", "coda"),
        *("instrumental", "turnaround", "vamp", "breakdown", "riff", "hook", "zwischenspiel"),
    ),
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words}

_BLANK = " \t\r\u00a0"
_MAX_LENGTH = 60
_LETTERS = re.compile(r"[A-Za-z\u00c3\u00e3-]{3,20}")
_COUNTED = re.compile(
    r"[A-Za-z\u00c3\u00e3-]{3,20}(?: ?[0-9]{1,2}[a-z]?)?(?: ?\(?(?:[xX][0-9]{1,2}|[0-9]{1,2}[xX])\)?)?"
)
_REMARKED = re.compile(r"[A-Za-z\u00c3\u00e3-]{3,20}[ 0-9a-zX()]{0,10}(?: \([^()]{0,40}\))?")


@record
class Heading:
    """The name of a part: what it is, how it was written, and where in its line the part itself goes on."""

    kind: str
    label: str
    end: int


def heading(line: str) -> Heading | None:
    """The name of a part that a line begins with: in brackets, before a colon, or alone."""
    text = line.lstrip(_BLANK)
    begin = len(line) - len(text)
    if text.startswith("["):
        close = text.find("]", 0, _MAX_LENGTH)
        rest = text[close + 1 :].lstrip(_BLANK).removeprefix(":")
        return _named(text[1:close], len(line) - len(rest)) if close > 0 else None
    colon = text.find(":", 0, _MAX_LENGTH)
    if colon > 0:
        label = text[:colon].rstrip(_BLANK)
        return _named(label, begin + colon + 1) if _REMARKED.fullmatch(label) else None
    label = text.rstrip(_BLANK) if len(text) <= _MAX_LENGTH else ""
    if label.startswith("(") and label.endswith(")"):
        label = label[1:-1]
    return _named(label, len(line)) if _COUNTED.fullmatch(label) else None


def _named(label: str, end: int) -> Heading | None:
    """The heading, where the first word of its label names a part."""
    match = _LETTERS.match(label)
    kind = _KINDS.get(match[0].lower().replace("-", "")) if match else None
    return Heading(kind, label, end) if kind else None
