"""Directives of ChordPro (chordpro.org): lines such as `{start_of_chorus: Chorus 2}`, by their full names."""

import re
from collections.abc import Mapping

_BLOCKS = ("chorus", "verse", "bridge", "tab", "grid")
_SHORT: Mapping[str, str] = {
    "t": "title",
    "st": "subtitle",
    "su": "subtitle",
    "a": "artist",
    "k": "key",
    "ns": "new_song",
    **dict.fromkeys(("c", "ci", "cb", "comment_italic", "comment_box", "highlight"), "comment"),
    **{f"so{name[0]}": f"start_of_{name}" for name in _BLOCKS},
    **{f"eo{name[0]}": f"end_of_{name}" for name in _BLOCKS},
}
_BLANK = " \t\r\n"


def directive(line: str) -> tuple[str, str]:
    """The name and value of a line that is a directive; two empty strings for any other. `{meta: key A}` is key A."""
    text = line.strip(_BLANK + "\ufeff")
    if not (text.startswith("{") and text.endswith("}")):
        return "", ""
    name, value = _named(text[1:-1])
    if name == "meta":
        name, value = _named(value)
    return _SHORT.get(name, name), value


def _named(text: str) -> tuple[str, str]:
    """A name and what stands behind it, after a colon or white space."""
    match = re.match(r"[ \t]*([A-Za-z_]+)(?=[ \t:]|$)", text)
    if match is None:
        return "", ""
    return match[1].lower(), text[match.end() :].strip(_BLANK).removeprefix(":").strip(_BLANK)
