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
    (b"RIFF", "a recording or film"),
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


def foreign(data: bytes) -> str | None:
    """What a file is that is no text; None for what may be one."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[4:8] == b"ftyp":
        return "a recording or film"
    begin = data[:2_000]
    if begin.count(0) and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a file that is no text"
    return None


def foreign_text(text: str) -> str | None:
    """What a text is that is no song; None for what may be one."""
    begin = text[:1_000].lstrip("\ufeff \t\r\n").lower()
    return "a web page" if begin.startswith(("<!doctype html", "<html")) else None


def not_readable(kind: str) -> str:
    """The sentence about a file of this kind."""
    return f"this is {kind}: {WANTED}"
