"""Files that hold no songs that we can read, known by their first bytes, so that a musician is told what to do."""

WANTED = (
    "collab reads songs from tables (CSV, XLSX, ODS), JSON, ChordPro, OnSong, text with chords, OpenSong, OpenLyrics"
    " and iReal Pro: export them as one of these"
)

_BEGINNINGS = (
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"ID3", "an MP3"),
    (b"\xff\xfb", "an MP3"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"MThd", "a MIDI file"),
    (b"%!PS", "a PostScript document"),
    (b"BCFZ", "a Guitar Pro score"),
    (b"BCFS", "a Guitar Pro score"),
    (b"RIFF", "a recording, film or picture"),
    (b"fLaC", "a recording"),
    (b"OggS", "a recording"),
    (b"FORM", "a recording"),
    (b"SQLite format 3\x00", "a database"),
    (b"bplist", "a property list"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"PK", "a broken zip archive"),
)


_TEXTS = (
    (("<!doctype html", "<html"), "a web page"),
    (("#extm3u",), "a playlist of files (M3U)"),
    (("[playlist]",), "a playlist of files (PLS)"),
    (("x:1\n", "x: 1\n", "x:1\r", "x: 1\r", "%abc"), "sheet music (ABC)"),
    (("\\version", "% lilypond"), "sheet music (LilyPond)"),
)
_MIN_TEXT = 8
_PICTURES = (b"heic", b"heix", b"mif1", b"avif", b"msf1")


def foreign(data: bytes) -> str | None:
    """What a file is that is no text; None for what may be one."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[4:8] == b"ftyp":
        return "a picture" if data[8:12] in _PICTURES else "a recording or film"
    begin = data[:2_000]
    if b"GUITAR PRO" in begin[:40]:
        return "a Guitar Pro score"
    if begin.count(0) and not utf16_of(begin):
        return "a file that is no text"
    return None


def utf16_of(data: bytes) -> str | None:
    """How a text of two bytes a letter is written, as its mark says, or by where its zeros are; None for any other."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    begin = data[:2_000]
    even, odd = begin[::2].count(0), begin[1::2].count(0)
    if len(begin) < _MIN_TEXT or max(even, odd) * 3 < len(begin) or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be"


def foreign_text(text: str) -> str | None:
    """What a text is that is no song; None for what may be one."""
    begin = text[:1_000].lstrip("\ufeff \t\r\n").lower()
    return next((kind for beginnings, kind in _TEXTS if begin.startswith(beginnings)), None)


def not_readable(kind: str) -> str:
    """The sentence about a file of this kind."""
    return f"this is {kind}: {WANTED}"
