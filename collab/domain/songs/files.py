"""Files of songs: what a text is, and the reader for it.

A file's name says what it is where only one format has such a name; else its content does. Whatever a file is, reading
it takes time in proportion to its size: nothing goes through what it has read again. What is found goes into one
`Found`, which has a bound.
"""

import io
import re
from pathlib import PurePosixPath

from collab.domain.errors import shown
from collab.domain.songs import chordpro, csv_text, ireal, json_songs, song_list, song_text, xml_songs
from collab.domain.songs.foreign import foreign_text, not_readable
from collab.domain.songs.found import Found
from collab.domain.songs.tables import known_columns

_CHORDPRO_NAMES = (".cho", ".crd", ".chopro", ".chordpro", ".pro", ".chord")
_TABLE_NAMES = (".csv", ".tsv")


def read_text(name: str, text: str, found: Found) -> None:
    """The songs of a text; a good line is never lost to a bad one."""
    lower, title = name.lower(), PurePosixPath(name).stem
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=None))
    begin = text.lstrip("\ufeff \t\r\n")[:200]
    if not begin:
        found.bad(name, 1, "expected a header and songs, got an empty file", is_lost=True)
    elif lower.endswith(".json") or re.match(r'(\[\s*[{\]"]|\{\s*["}])', begin):
        json_songs.read_json(name, text, found)
    elif ireal.is_ireal(text):
        ireal.read_ireal(name, text, found)
    elif kind := foreign_text(text):
        found.bad(name, 1, not_readable(kind))
    elif xml_songs.is_xml(text):
        xml_songs.read_xml(name, text, found, title)
    elif not lower.endswith(_TABLE_NAMES) and chordpro.is_chordpro(text):
        chordpro.read_chordpro(name, lines, found, title)
    elif lower.endswith(_CHORDPRO_NAMES):
        # Without a directive it is a text, whose chords may stand over the words.
        read = song_text.read_song_text if song_text.has_chords_over_words(lines) else chordpro.read_chordpro
        read(name, lines, found, title)
    else:
        _read_lines(name, lines, found, title)


def _read_lines(name: str, lines: list[str], found: Found, title: str) -> None:
    """A table, else a song, else a list of songs."""
    lower = name.lower()
    is_table, is_onsong = lower.endswith(_TABLE_NAMES), lower.endswith(".onsong")
    header = None if is_onsong else csv_text.header_of(lines, found.types)
    if header and (is_table or known_columns(header.titles, found.types) > 1):
        csv_text.read_csv(name, lines, header, found)
    elif is_onsong or (not is_table and song_text.is_song_text(lines)):
        song_text.read_song_text(name, lines, found, title, is_onsong=is_onsong)
    elif header := header or csv_text.form_header_of(lines):
        csv_text.read_csv(name, lines, header, found)
    elif song_list.is_numbered(lines):
        song_list.read_list(name, lines, found)
    elif header := csv_text.headless(lines, is_table=is_table):
        csv_text.read_csv(name, lines, header, found)
    elif song_list.is_list(lines, is_table=is_table):
        song_list.read_list(name, lines, found)
    else:
        number, line = next((number, line) for number, line in enumerate(lines, 1) if line.strip())
        delimiter = max(",;\t|", key=line[:2_000].count)
        names = shown(", ".join(cell.strip()[:40] for cell in csv_text.cells_of(line, delimiter)[:10]))
        found.bad(name, number, f"expected a header with a column 'title', got {names}", is_lost=True)
