"""Names of a song's parts, as they stand above them: `Chorus`, `Verse 2:`, `[Bridge]`, `Intro: G D`."""

import re

from collab.domain.record import record

_KINDS = {
    "chorus": "chorus|refrain|refrein|refren|estribillo|ritornello|coro|kehrvers|refr\u00e3o",
    "verse": "verse|verso|vers|strophe|strofa|couplet|estrofa|zwrotka",
    "bridge": "bridge|puente|ponte",
    "part": "intro|introduction|outro|pre-?chorus|post-?chorus|interlude|solo|tag|ending|instrumental|coda|turnaround"
    "|vamp|breakdown|riff|hook|zwischenspiel",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.replace("-?", "").split("|")}

_BLANKS = r"[ \t\r\u00a0]*"
_WORD = f"({'|'.join(_KINDS.values())})"
_COUNTED = rf"{_WORD}(?:[ ]?[0-9]{{1,2}}[a-z]?)?(?:[ ]?\(?(?:x[0-9]{{1,2}}|[0-9]{{1,2}}x)\)?)?"
_FLAGS = re.ASCII | re.IGNORECASE
_SHAPES = (
    re.compile(rf"{_BLANKS}\[({_WORD}(?![a-z])[^\[\]]{{0,60}})\]{_BLANKS}:?", _FLAGS),
    re.compile(rf"{_BLANKS}({_COUNTED}(?:[ ]\([^()]{{0,40}}\))?){_BLANKS}:", _FLAGS),
    re.compile(rf"{_BLANKS}\(?({_COUNTED})\)?{_BLANKS}$", _FLAGS),
)


@record
class Heading:
    """The name of a part: what it is, how it was written, and where in its line the part itself goes on."""

    kind: str
    label: str
    end: int


def heading(line: str) -> Heading | None:
    """The name of a part that a line begins with."""
    for shape in _SHAPES:
        if match := shape.match(line):
            word = match[2].lower().replace("-", "")
            return Heading(_KIND_OF[word], match[1].strip(" \t"), match.end())
    return None
