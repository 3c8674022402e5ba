"""OpenSong and OpenLyrics: songs as XML, with their words and chords as a chart in ChordPro.

A document type may name entities that grow without end, so a file that has one is refused; these formats have none.
"""

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from collab.domain.ot.ops import Value
from collab.domain.songs.found import Found

_PARTS = {
    "v": "Verse",
    "c": "Chorus",
    "b": "Bridge",
    "p": "Pre-chorus",
    "t": "Tag",
    "i": "Intro",
    "e": "Ending",
    "o": "Other",
}


_OTHERS = (
    ("<score-partwise", "sheet music (MusicXML)"),
    ("<score-timewise", "sheet music (MusicXML)"),
    ("<museScore", "a MuseScore score"),
    ("<plist", "a library of iTunes"),
    ("<set ", "a set of OpenSong, which has no songs in it"),
    ("xspf.org", "a playlist (XSPF)"),
)
_OF_A_SONG = ("properties", "lyrics", "title")
"""What a song of either format has one of."""


def is_xml(text: str) -> bool:
    return bool(re.match(r"\s{0,1000}<[?!A-Za-z]", text))


def read_xml(file: str, text: str, found: Found, title: str) -> None:
    """The songs of an OpenSong or OpenLyrics file; other XML is named for what it is."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        found.bad(file, 1, _unknown(text), is_lost=True)
        return
    try:
        root = ET.fromstring(text.lstrip())  # noqa: S314  # without a document type there are no entities
    except (ET.ParseError, ValueError) as error:
        found.bad(file, getattr(error, "position", (1, 0))[0], f"expected XML: {error}", is_lost=True)
        return
    for element in root.iter():
        # OpenLyrics has a namespace of its own.
        element.tag = _name(element)
    songs = [song for song in root.iter("song") if any(song.find(tag) is not None for tag in _OF_A_SONG)]
    if not songs:
        found.bad(file, 1, _unknown(text), is_lost=True)
    for number, song in enumerate(songs, 1):
        _read_song(file, number, song, found, title if len(songs) == 1 else "")


def _read_song(file: str, number: int, song: ET.Element, found: Found, title: str) -> None:
    try:
        raw = _open_lyrics(song) if song.find("properties") is not None else _open_song(song)
    except RecursionError:
        found.bad(file, number, "expected a song, got elements within elements without end", is_lost=True)
        return
    found.song(file, number, {"title": title, **{name: value for name, value in raw.items() if value}})


def _unknown(text: str) -> str:
    kind = next((kind for begin, kind in _OTHERS if begin in text[:5_000]), "XML")
    return f"expected a song of OpenSong or OpenLyrics, got {kind}: export it as ChordPro, CSV or one of these"


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _open_song(root: ET.Element) -> dict[str, Value]:
    def said(name: str) -> str:
        return (root.findtext(name) or "").strip()

    return {
        "title": said("title"),
        "artist": said("author"),
        "key": said("key"),
        "tempo": said("tempo"),
        "time_signature": said("time_sig"),
        "capo": said("capo"),
        "tags": [part.strip() for part in said("theme").split(";") if part.strip()],
        "chart": "\n".join(_open_song_lines(root.findtext("lyrics") or "")),
    }


def _open_song_lines(lyrics: str) -> Iterator[str]:
    """The first letter of a line says what it is: `.` chords, a space words, a digit words of that verse, `;` a remark,
    `[` a part's name."""
    part: list[str] = []
    name = ""
    for line in lyrics.splitlines():
        if line.startswith("["):
            yield from _open_song_part(name, part)
            name, part = line.strip("[] "), []
        elif not line.startswith(("---", "-!!", "||")):
            part.append(line)
    yield from _open_song_part(name, part)


def _open_song_part(name: str, lines: Sequence[str]) -> Iterator[str]:
    """A part under its name; one whose lines are numbered is several verses to the same chords."""
    verses = sorted({line[0] for line in lines if line[:1].isdecimal()}) or [""]
    for verse in verses:
        if name:
            yield f"{{comment: {_part(name + verse)}}}"
        for line in lines:
            if line.startswith(";"):
                yield f"# {line[1:].strip()}"
            elif line.startswith((".", " ")) or (verse and line.startswith(verse)):
                yield line[1:].rstrip()
            elif not (verse and line[:1].isdecimal()):
                yield line.rstrip()


def _open_lyrics(root: ET.Element) -> dict[str, Value]:
    said = root.find("properties")
    if said is None:
        return {}

    def all_of(path: str, *kinds: str | None) -> list[str]:
        found = (element for element in said.iterfind(path) if not kinds or element.get("type") in kinds)
        return [text for element in found if (text := "".join(element.itertext()).strip())]

    titles = all_of("titles/title")
    return {
        "title": titles[0] if titles else "",
        "subtitle": next((title for title in titles if title != titles[0]), ""),
        "artist": ", ".join(all_of("authors/author", None, "artist")),
        "composer": ", ".join(dict.fromkeys(all_of("authors/author", "words", "music"))),
        "key": "".join(all_of("key")[:1]),
        "tempo": "".join(all_of("tempo")[:1]),
        "time_signature": "".join(all_of("timeSignature")[:1]),
        "year": "".join(all_of("released")[:1]),
        "tags": all_of("themes/theme"),
        "notes": "\n".join(all_of("comments/comment")),
        "chart": "\n".join(line for verse in root.iterfind("lyrics/verse") for line in _verse(verse)),
    }


def _verse(verse: ET.Element) -> Iterator[str]:
    yield f"{{comment: {_part(verse.get('name', ''))}}}"
    for lines in verse.iterfind("lines"):
        yield from (line.strip() for line in "".join(_words(lines)).split("\n"))
    yield ""


def _words(element: ET.Element) -> Iterator[str]:
    """The words with their chords before them; only `<br/>` ends a line."""
    yield " ".join((element.text or "").split("\n"))
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif child.tag == "chord":
            yield f"[{child.get('name') or child.get('root', '') + child.get('structure', '')}]"
            yield from _words(child)
        elif child.tag == "line":
            yield from _words(child)
            yield "\n"
        elif child.tag != "comment":
            yield from _words(child)
        yield " ".join((child.tail or "").split("\n"))


def _part(name: str) -> str:
    """`v1` is Verse 1."""
    match = re.fullmatch(r"([a-z])(\d{0,3})([a-z]?)", name.strip(), re.IGNORECASE)
    if match is None or match[1].lower() not in _PARTS:
        return name
    return f"{_PARTS[match[1].lower()]} {match[2]}{match[3]}".strip()
