"""iReal Pro: links that hold songs, in a page or a text of their own. Their chord charts are left out."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from collab.domain.ot.ops import Value
from collab.domain.songs.found import Found

_LINK = re.compile(r"ireal(b|book)://([^\s\"'<>]+)")


def is_ireal(text: str) -> bool:
    return "irealb://" in text or "irealbook://" in text


def read_ireal(file: str, text: str, found: Found) -> None:
    """The songs of all links: title, composer, style, key and tempo."""
    before = found.count
    for number, line in enumerate(text.split("\n"), 1):
        for match in _LINK.finditer(line):
            for fields in _songs(match[1], unquote(match[2])):
                found.song(file, number, fields)
    if found.count > before:
        found.remark(file, "chords of iReal Pro were left out: songs came in with title, composer, style and key")


def _songs(scheme: str, text: str) -> Iterator[dict[str, Value]]:
    if scheme == "b":
        parts = (song.split("=") for song in text.split("==="))
        yield from (_song(part) for part in parts if len(part) >= 5)
    else:
        # The first format: six parts a song, one after the other.
        words = text.split("=")
        yield from (_old_song(words[index : index + 6]) for index in range(0, len(words) - 5, 6))


def _song(parts: list[str]) -> dict[str, Value]:
    """`title=composer==style=key=transposed=music=style of the player=bpm=repeats`; old ones lack the empty part."""
    fields: dict[str, Value] = {"title": parts[0], "composer": _composer(parts[1]), "style": parts[3], "key": parts[4]}
    if len(parts) > 8 and parts[8].isdigit() and parts[8] != "0":
        fields["tempo"] = parts[8]
    return fields


def _old_song(parts: list[str]) -> dict[str, Value]:
    return {"title": parts[0], "composer": _composer(parts[1]), "style": parts[2], "key": parts[3]}


def _composer(name: str) -> str:
    """iReal Pro writes the last name first."""
    last, _, first = name.strip().partition(" ")
    return f"{first} {last}".strip()
