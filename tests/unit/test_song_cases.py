"""Files that real musicians brought, as small as they show what is asked of us; each stands for its kind."""

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item, Value
from collab.domain.songs.found import Songs
from collab.services.songs import sheets
from collab.services.songs.unpacking import ImportLimits, songs_of
from tests.support.spreadsheets import Cell, ods, xlsx, zipped

TYPES = REPERTOIRE.item_types["song"]
LIMITS = ImportLimits(max_bytes=10**7, max_unpacked_bytes=10**7, max_songs=20_000)


def _found(name: str, data: str | bytes) -> Songs:
    return songs_of(name, data.encode() if isinstance(data, str) else data, TYPES, LIMITS)


def _songs(name: str, data: str | bytes) -> list[dict[str, Value]]:
    return [dict(entry.fields) for entry in _found(name, data).entries]


def _told(songs: Songs) -> str:
    return "\n".join(problem.message for problem in [*songs.problems, *songs.remarks])


TABLES = [
    ("Track Name,Artist Name(s),Duration (ms),Key,Time Signature\nA,B,225000,7,4", [
        {"title": "A", "artist": "B", "duration": 225, "key": "G", "time_signature": "4/4"}]),
    ("Track Name,Key,Mode\nA,1,0\nB,1,1\nC,-1,1", [
        {"title": "A", "key": "C#m"}, {"title": "B", "key": "Db"}, {"title": "C"}]),
    ("Title,Key\nA,N/A", [{"title": "A"}]),
    ("Type,Title\nCover,One", [{"title": "One"}]),
    ("Type,Title\nsong,One\nbreak,Pause", [{"title": "One"}]),
    ("type,title,artist\nsong,One,A\nsong,Two,B", [{"title": "One", "artist": "A"}, {"title": "Two", "artist": "B"}]),
    ("Song;Artist Name\nOne;A", [{"title": "One", "artist": "A"}]),
    ("Track Name,Artist Name(s)\nIntro,A\nIntro,B", [
        {"title": "Intro", "artist": "A"}, {"title": "Intro", "artist": "B"}]),
    ("Song,Time\nOne,3:45", [{"title": "One", "duration": 225}]),
    ("Song,Time\nOne,3/4", [{"title": "One", "time_signature": "3/4"}]),
    ("Title,Minutes,Seconds\nA,3,45\nB,3,5", [{"title": "A", "duration": 225}, {"title": "B", "duration": 185}]),
    ("Title,Length\nA,3.75", [{"title": "A", "duration": 225}]),
    ("Title,Length\nA,3:45:00", [{"title": "A", "duration": 225}]),
    ("Our repertoire 2026\nTitle,Artist\nA,B", [{"title": "A", "artist": "B"}]),
    ("name,email,song\nCarly,c@example.org,Anything", [{"title": "Anything"}]),
    ('Artist,Title\nT, "Feeling"', [{"artist": "T", "title": "Feeling"}]),
    ("title,notes\nAir,'=x", [{"title": "Air", "notes": "=x"}]),
    ("Title,My notes,Notes\nAir,,'- is a rest", [{"title": "Air", "notes": "'- is a rest"}]),
    ("Name\tArtist\tTime\nOne\tA\t225", [{"title": "One", "artist": "A", "duration": 225}]),
    ('title,chart\nX,"      G\nplease stay"', [{"title": "X", "chart": "      G\nplease stay"}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "songs"), TABLES)
def test_tables_of_other_programs_are_read(text: str, songs: list[dict[str, Value]]) -> None:
    assert _songs("a.csv", text) == songs


def test_columns_that_are_not_understood_are_named() -> None:
    assert (
        _told(_found("a.csv", "Song,Shoe size,Empty\nOne,42,")) == "columns that no song has were left out: 'Shoe size'"
    )
    assert "'popularity'" in _told(_found("a.json", '[{"title": "A", "popularity": 3, "id": 1}]'))


CHORDPRO = [
    ("{title:X}\n{key:G}\nla\n{key:A}\nlast", [{"title": "X", "key": "G", "chart": "la\n{key:A}\nlast"}]),
    ("{title:X}\n      G\nplease stay", [{"title": "X", "chart": "      G\nplease stay"}]),
    ("{title My Song}\nla", [{"title": "My Song", "chart": "la"}]),
    ("{title:}\n{title:Train}\nla", [{"title": "Train", "chart": "la"}]),
    ("[G]la", [{"title": "My Song", "chart": "[G]la"}]),
    ("{title:One}\nla\n{title:Two}\nlo", [
        {"title": "One", "chart": "la"}, {"title": "Two", "chart": "lo"}]),
    ("\ufeff{title:One}\nla\n\ufeff{title:Two}\nlo", [
        {"title": "One", "chart": "la"}, {"title": "Two", "chart": "lo"}]),
    ("{t:Stay}\n{st:Band}\nla", [{"title": "Stay", "artist": "Band", "chart": "la"}]),
    ("{t:One}\nla\n# softly\nlo", [{"title": "One", "chart": "la\n# softly\nlo"}]),
    ("{t:One}\n{start_of_ly}\n#(x)\n{key: x}\n{end_of_ly}\nlo", [
        {"title": "One", "chart": "{start_of_ly}\n#(x)\n{key: x}\n{end_of_ly}\nlo"}]),
    ("{t:One}\n{sot}\ne--0\n{t:Two}\nlo", [{"title": "One", "chart": "{sot}\ne--0"}, {"title": "Two", "chart": "lo"}]),
    ("{title: O'Neill {live}}\nla", [{"title": "O'Neill {live}", "chart": "la"}]),
    ("{metronome: 120}\n{meta: title One}\n{Meta: Year: 1965}", [{"title": "One", "tempo": 120, "year": 1965}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "songs"), CHORDPRO)
def test_chordpro_is_read_to_the_letter(text: str, songs: list[dict[str, Value]]) -> None:
    assert _songs("My Song.cho", text) == songs


def test_two_songs_of_one_title_are_two_where_their_artists_differ() -> None:
    both = zipped({"a.cho": "{t:Stay}\n{st:Band A}\nla", "b.cho": "{t:Stay}\n{st:Band B}\nlo"})
    assert [song["artist"] for song in _songs("both.zip", both)] == ["Band A", "Band B"]


ONSONG = "Song\nBand\nKey: G\nCopyright: me\n\nVerse 1:\n[G]la"
OPEN_SONG = (
    "<song><title>Grace</title><author>N</author><key>G</key><lyrics>[V1]\n.G   C\n Amazing grace\n</lyrics></song>"
)
OPEN_LYRICS = (
    '<?xml version="1.0" encoding="UTF-8"?><song xmlns="http://openlyrics.info/namespace/2009/song"><properties><titles>'
    "<title>Grace</title></titles><authors><author>N</author></authors></properties><lyrics><verse name='c'><lines>"
    '<chord name="G"/>Amazing <chord name="C">grace</chord><br/>how</lines></verse></lyrics></song>'
)
IREAL = "irealb://So%20What=Davis%20Miles==Medium%20Swing=D-==1r34xx=Jazz=130=3===My%20list"

TEXTS = [
    ("a.onsong", ONSONG, {"title": "Song", "artist": "Band", "key": "G", "chart": "Copyright: me\nVerse 1:\n[G]la"}),
    ("a.txt", ONSONG, {"title": "Song", "artist": "Band", "key": "G", "chart": "Copyright: me\nVerse 1:\n[G]la"}),
    ("a.txt", "My Song\n\nG      D\nplease stay\nEm   C\nnow", {
        "title": "My Song", "chart": "G      D\nplease stay\nEm   C\nnow"}),
    ("Stay.txt", "G      D\nplease stay\nEm   C\nnow", {
        "title": "Stay", "chart": "G      D\nplease stay\nEm   C\nnow"}),
    ("a.txt", "{Title: X}\nla", {"title": "X", "chart": "la"}),
    ("Grace", OPEN_SONG, {
        "title": "Grace", "artist": "N", "key": "G", "chart": "{comment: Verse 1}\nG   C\nAmazing grace"}),
    ("a.xml", OPEN_LYRICS, {"title": "Grace", "artist": "N", "chart": "{comment: Chorus}\n[G]Amazing [C]grace\nhow"}),
    ("a.html", f"<html><a href='{IREAL}'>x</a>", {
        "title": "So What", "composer": "Miles Davis", "style": "Medium Swing", "key": "Dm", "tempo": 130}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "song"), TEXTS)
def test_a_song_of_any_program_is_read(name: str, text: str, song: dict[str, Value]) -> None:
    assert _songs(name, text) == [song]


FILES = [
    *(("a.csv", text) for text, _ in TABLES),
    *(("My Song.cho", text) for text, _ in CHORDPRO),
    *((name, text) for name, text, _ in TEXTS),
]


@pytest.mark.parametrize(("name", "text"), FILES)
def test_songs_of_any_file_leave_in_any_format_and_come_back_as_they_are(name: str, text: str) -> None:
    songs = _songs(name, text)
    items = {f"i{n}": Item(f"i{n}", "song", f"a{n}", song) for n, song in enumerate(songs)}
    repertoire = Document("c", "b", "repertoire", 1, {"title": "R"}, items)
    charts = {item.id: item.fields.get("chart", "") for item in items.values()}
    assert _songs("out.json", sheets.as_json(repertoire)) == songs
    assert _songs("out.csv", sheets.as_csv(repertoire, REPERTOIRE)) == songs
    assert _songs("out.cho", sheets.as_chordpro(repertoire, charts)) == songs


@pytest.mark.parametrize("name", ["a.txt", "a.csv"])
def test_a_list_of_lines_is_a_list_of_songs(name: str) -> None:
    assert _songs(name, "1. Song A - Band\n2. Song B") == [{"title": "Song A", "artist": "Band"}, {"title": "Song B"}]
    assert [song["title"] for song in _songs(name, "Iko Iko\nPanama\n\nTiger Rag")] == [
        "Iko Iko",
        "Panama",
        "Tiger Rag",
    ]


@pytest.mark.parametrize(
    ("text", "song"),
    [
        ('{"songs":["A"]}', {"title": "A"}),
        ('["A"]', {"title": "A"}),
        ('{"tracks":[{"name":"A"}]}', {"title": "A"}),
        ('{"tracks":{"items":[{"track":{"name":"A","artists":[{"name":"B"}],"duration_ms":225000}}]}}', {
            "title": "A", "artist": "B", "duration": 225}),
        ('[{"title":"A","artist":["B","C"],"capo":2.0}]', {"title": "A", "artist": "B, C", "capo": 2}),
        ('{"title":"Air","notes":"\'-\' is a rest"}', {"title": "Air", "notes": "'-' is a rest"}),
        ('[{"title":"X","chart":"   G\\nstay"}]', {"title": "X", "chart": "   G\nstay"}),
    ],
)  # fmt: skip
def test_json_of_other_programs_is_read(text: str, song: dict[str, Value]) -> None:
    assert _songs("a.json", text) == [song]


def test_spreadsheets_are_read_as_they_look() -> None:
    rows: list[list[Cell]] = [
        ["Gigs 2026"],
        [],
        ["Title", "Length", "Time", "BPM"],
        ["A", (225 / 1440, 21), (46116.0, 14), 120.0],
    ]
    read = [{"title": "A", "duration": 225, "time_signature": "4/4", "tempo": 120}]
    found = _found("songs.xlsx", xlsx({"Songs": rows, "Notes": [["hello"]]}))
    assert [dict(entry.fields) for entry in found.entries] == read
    assert "sheets without a column 'title' were left out: Notes" in _told(found)
    assert _songs("songs.ods", ods([["Title", "Key"], ["A", "H"]])) == [{"title": "A", "key": "B"}]
    packed = zipped(
        {"a/songs.xlsx": xlsx({"S": [["Title"], ["B"]]}), "c.csv": "title\nC", "inner.zip": zipped({"x": "y"})}
    )
    assert [song["title"] for song in _songs("all.zip", packed)] == ["B", "C"]


FOREIGN = {
    "a.pdf": (b"%PDF-1.4", "a PDF"),
    "a.mp3": (b"ID3\x03", "an MP3"),
    "a.jpg": (b"\xff\xd8\xff\xe0", "a JPEG picture"),
    "a.rtf": (b"{\\rtf1 x}", "an RTF document"),
    "a.docx": (zipped({"word/document.xml": "<x/>"}), "a Word document"),
    "a.odt": (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "an OpenDocument text or an EPUB book"),
    "a.bin": (b"\x01\x00\x02", "a file that is no text"),
    "a.html": (b"<!DOCTYPE html><p>", "a web page"),
    "a.musicxml": (b"<?xml version='1.0'?><score-partwise/>", "sheet music (MusicXML)"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_file_of_songs_is_named_with_what_to_do(name: str) -> None:
    data, kind = FOREIGN[name]
    found = _found(name, data)
    [problem] = found.problems
    assert (found.entries, kind in problem.message, "export" in problem.message) == ((), True, True)
    assert problem.message.isprintable()


def test_a_song_of_xml_without_end_or_with_entities_is_refused() -> None:
    deep = (
        "<song><properties/><lyrics><verse><lines>"
        + "<b>" * 50_000
        + "</b>" * 50_000
        + "</lines></verse></lyrics></song>"
    )
    bomb = '<!DOCTYPE song [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><song><title>&b;</title></song>'
    for text in (deep, f"<?xml version='1.0'?>{bomb}", "<song><title>"):
        assert _found("a.xml", text).lost_count == 1


TITLES = {
    "utf-8": "Café für Élise",
    "utf-8-sig": "Café für Élise",
    "utf-16": "Café für Élise",
    "latin-1": "Café für Élise",
    "cp1252": "Don\u2019t stop \u2013 Café",
    "cp1250": "Żółty deszcz, wśród nocnej ciszy",
    "iso8859_2": "Żółty deszcz, wśród nocnej ciszy",
    "cp1251": "Подмосковные вечера",
    "mac_roman": "Über den Wolken, Müller",
    "cp850": "Über den Wolken, Müller",
    "cp1250 ": "A nő és a fű",
    "cp1250  ": "Az ember tűz és idő",
    "cp1253": "\u03a4\u03b1 παιδιά του Πειραιά",
    "cp932": "上を向いて歩こう",
}


@pytest.mark.parametrize("encoding", TITLES)
def test_letters_are_right_in_any_encoding_and_a_guess_is_told(encoding: str) -> None:
    found = _found("a.csv", f'Title,Key\n"{TITLES[encoding]}",F\n'.encode(encoding.strip()))
    assert [entry.fields["title"] for entry in found.entries] == [TITLES[encoding]]
    assert ("does not say how its letters are written" in _told(found)) == (not encoding.startswith("utf"))
