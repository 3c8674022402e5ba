"""The kinds of files that musicians bring, in other languages, orders, encodings and exports."""

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.ops import Value
from collab.domain.songs.found import Songs
from collab.services.songs.unpacking import ImportLimits, songs_of
from tests.support.spreadsheets import zipped

TYPES = REPERTOIRE.item_types["song"]
LIMITS = ImportLimits(max_bytes=10**7, max_unpacked_bytes=10**7, max_songs=20_000)

Song = dict[str, Value]


def _found(name: str, data: str | bytes) -> Songs:
    return songs_of(name, data.encode() if isinstance(data, str) else data, TYPES, LIMITS)


def _songs(name: str, data: str | bytes) -> list[Song]:
    return [dict(entry.fields) for entry in _found(name, data).entries]


def _told(songs: Songs) -> str:
    return "\n".join(problem.message for problem in [*songs.problems, *songs.remarks])


HEADERS = [
    "Titel;Künstler;Länge;Tonart",
    "Titre;Artiste;Durée;Tonalité",
    "Canción;Intérprete;Duración;Tono",
    "Titolo;Artista;Durata;Tonalità",
    "Titel;Artiest;Duur;Toonsoort",
    "Tytuł;Wykonawca;Czas trwania;Tonacja",
    "Título;Artista;Duração;Tom",
    "Název;Interpret;Délka;Tónina",
    "Låt;Artist;Längd;Tonart",
    "Sang;Kunstner;Længde;Toneart",
    "Kappale;Esittäjä;Kesto;Sävellaji",
    "Dal címe;Előadó;Hossz;Hangnem",
    "\u015eark\u0131;Sanat\u00e7\u0131;S\u00fcre;Ton",
    "Название;Исполнитель;Длительность;Тональность",
    "曲名;アーティスト;長さ;キー",
    "歌名;歌手;时长;调",
    "곡명;가수;길이;키",
    "Song Title (printed);Artist Name(s);Time;Key (Play Key)",
]


@pytest.mark.parametrize("header", HEADERS)
def test_columns_have_their_names_in_many_languages(header: str) -> None:
    assert _songs("a.csv", f"{header}\nOne;Band;3:45;Em\n") == [
        {"title": "One", "artist": "Band", "duration": 225, "key": "Em"}
    ]


TABLES: list[tuple[str, list[Song]]] = [
    ("Title,Min,Sec\nA,3,5\nB,,45\nC,4,", [
        {"title": "A", "duration": 185}, {"title": "B", "duration": 45}, {"title": "C", "duration": 240}]),
    ("Titel,Minuten,Sekunden\nA,3,45", [{"title": "A", "duration": 225}]),
    ("Title,Length (min),Length (sec)\nA,3,45", [{"title": "A", "duration": 225}]),
    ("Song,Time\nOne,3:45\nTwo,4/4", [{"title": "One", "duration": 225}, {"title": "Two", "time_signature": "4/4"}]),
    ("Lied;Zeit\nEins;3:45", [{"title": "Eins", "duration": 225}]),
    ("Title,Length\nA,12:03:45 AM\nB,00:04:00:12", [{"title": "A", "duration": 225}, {"title": "B", "duration": 240}]),
    ("Title,Length\nA,3:45:00 AM\nB,4:10:00 AM", [{"title": "A", "duration": 225}, {"title": "B", "duration": 250}]),
    ("Song,Original Key,Our Key\nOne,C,D\nTwo,E,", [{"title": "One", "key": "D"}, {"title": "Two", "key": "E"}]),
    ("Title,Key\nA,D dor\nB,E phryg.\nC,G mix", [
        {"title": "A", "key": "D dorian"}, {"title": "B", "key": "E phrygian"}, {"title": "C", "key": "G mixolydian"}]),
    ("Title,Capo\nA,II. Bund\nB,1er traste\nC,sans", [
        {"title": "A", "capo": 2}, {"title": "B", "capo": 1}, {"title": "C"}]),
    ("Title,Link\nA,HTTP://x.org/a\nB,<https://x.org>", [
        {"title": "A", "link": "http://x.org/a"}, {"title": "B", "link": "https://x.org"}]),
    ('"Playlist","x"\n"By","y"\n\n"Id","Title","Channel","Added"\n1,One,A,2020', [{"title": "One"}]),
    ('Timestamp,Your name,"Which song do you want?"\n2026,Carly,Anything', [{"title": "Anything"}]),
    ('Artist,Title\n"U" ,"One"\nX,""Two""\nC,"hello', [
        {"artist": "U", "title": "One"}, {"artist": "X", "title": "Two"}, {"artist": "C", "title": "hello"}]),
    ("One,Band A,G,3:45\nTwo,Band B,Em,4:00", [
        {"title": "One", "artist": "Band A", "key": "G", "duration": 225},
        {"title": "Two", "artist": "Band B", "key": "Em", "duration": 240}]),
    ("1,One,120\n2,Two,98", [{"title": "One", "tempo": 120}, {"title": "Two", "tempo": 98}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "songs"), TABLES)
def test_tables_say_the_same_in_other_ways(text: str, songs: list[Song]) -> None:
    assert _songs("a.csv", text) == songs


def test_a_table_without_a_header_says_how_it_was_read_and_one_in_an_unknown_language_is_refused() -> None:
    assert "no header: its columns were read as title, key" in _told(_found("a.csv", "One,G\nTwo,D"))
    assert _songs("a.csv", "Uno,Dos\nTres,Cuatro") == []


def test_a_table_in_markdown_is_read() -> None:
    table = "# Songs\n\n| Title | Artist | Key |\n|---|:--|---|\n| One | A | G |\n"
    assert _songs("a.md", table) == [{"key": "G", "title": "One", "artist": "A"}]


LISTS: list[tuple[str, list[Song]]] = [
    ("99 Luftballons\n7 Years\nSymphony No. 5. Allegro", [
        {"title": "99 Luftballons"}, {"title": "7 Years"}, {"title": "Symphony No. 5. Allegro"}]),
    ("1 One\n2 99 Reasons\n3 Blink 182 Song", [{"title": "One"}, {"title": "99 Reasons"}, {"title": "Blink 182 Song"}]),
    ("Friday\n\nSET 1\n1. One (G)\n2. Two (D-)\n\nSET 2\n1. Three [Bb]\n2. Encore", [
        {"title": "One", "key": "G"}, {"title": "Two", "key": "Dm"}, {"title": "Three", "key": "Bb"},
        {"title": "Encore"}]),
    ("One - Band - 3:45 - G\nTwo \u2013 Band", [
        {"title": "One", "duration": 225, "key": "G", "artist": "Band"}, {"title": "Two", "artist": "Band"}]),
    ("1.\tOne\tG\n2.\tTwo\tD", [{"title": "One", "key": "G"}, {"title": "Two", "key": "D"}]),
    ("Sing, sing\nOne, my one, and two\nPlain", [
        {"title": "Sing, sing"}, {"title": "One, my one, and two"}, {"title": "Plain"}]),
    ("One, Band A\nTwo, Band B", [{"title": "One", "artist": "Band A"}, {"title": "Two", "artist": "Band B"}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "songs"), LISTS)
def test_lists_keep_their_titles_whole(text: str, songs: list[Song]) -> None:
    assert _songs("a.txt", text) == songs


def test_what_stands_above_a_part_of_a_list_is_told() -> None:
    found = _found("a.txt", "Friday\n1. One\n2. Two\nPause\n3. Three\nFour")
    assert [entry.fields["title"] for entry in found.entries] == ["One", "Two", "Three", "Four"]
    assert _told(found) == "'Friday' was taken for a heading\n'Pause' was taken for a heading"


TEXTS: list[tuple[str, str, Song]] = [
    ("a.txt", "Titel: Mein Lied\nInterpret: Band\nTonart: a-moll\nCapo: 2. Bund\n\nStrophe 1:\nAm   G\nSing ein", {
        "title": "Mein Lied", "artist": "Band", "key": "Am", "capo": 2, "chart": "Strophe 1:\nAm   G\nSing ein"}),
    ("a.txt", "Titre : Ma chanson\nArtiste : Groupe\n\nCouplet 1\nAm     G\nChante", {
        "title": "Ma chanson", "artist": "Groupe", "chart": "Couplet 1\nAm     G\nChante"}),
    ("a.txt", "My Song\nby A Band\n\nG   D\nla la", {"title": "My Song", "artist": "A Band", "chart": "G   D\nla la"}),
    ("a.txt", "One (in G)\n\nG  D\nla la\nC  G\nlo", {"title": "One", "key": "G", "chart": "G  D\nla la\nC  G\nlo"}),
    ("a.txt", "Go\n\nGo  C\nlet it go\nG\nlo", {"title": "Go", "chart": "Go  C\nlet it go\nG\nlo"}),
    ("Do.txt", "Do\nG C\nlet it go", {"title": "Do", "chart": "G C\nlet it go"}),
    ("A.txt", "A\n\nG C\nlet it go", {"title": "A", "chart": "G C\nlet it go"}),
    ("b.txt", "Go\nlet it\nG\ngo", {"title": "b", "chart": "Go\nlet it\nG\ngo"}),
    ("a.md", "# My Song\n\n[G]la", {"title": "My Song", "chart": "[G]la"}),
    ("a.onsong", "My Song\nBand\n[G]la", {"title": "My Song", "artist": "Band", "chart": "[G]la"}),
    ("a.onsong", "X\nB\nKey: G\n\n[G]la", {"title": "X", "artist": "B", "key": "G", "chart": "[G]la"}),
    ("a.crd", "My Song\n\nA      C\nthe first line", {"title": "My Song", "chart": "A      C\nthe first line"}),
    ("a.cho", "{title My Song}{artist Band}\nla", {"title": "My Song", "artist": "Band", "chart": "la"}),
    ("a.cho", "{t:One}\n{artist:}\n{a:B}\n{meta: genre Pop}\nla", {
        "title": "One", "artist": "B", "style": "Pop", "chart": "la"}),
    ("Song", "\n<?xml version='1.0'?>\n<song><title>One</title><lyrics> la</lyrics></song>", {
        "title": "One", "chart": "la"}),
    ("Song", "<song><title>One</title><lyrics>[V]\n.G\n1la\n2lo\n||\n---\n[C]\n la</lyrics></song>", {
        "title": "One",
        "chart": "{comment: Verse 1}\nG\nla\n{comment: Verse 2}\nG\nlo\n{comment: Chorus}\nla"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "song"), TEXTS)
def test_a_song_is_found_in_a_text_of_any_habit(name: str, text: str, song: Song) -> None:
    assert _songs(name, text) == [song]


def test_an_artist_is_not_taken_from_a_title_that_has_one_already() -> None:
    assert _songs("a.txt", "Title: Sun - Moon\nArtist: Band\n\n[G]la") == [
        {"title": "Sun - Moon", "artist": "Band", "chart": "[G]la"}
    ]


def test_a_file_may_have_several_songs_in_xml_and_others_of_that_name_are_no_songs() -> None:
    both = "<songs><song><title>A</title><lyrics> la</lyrics></song><song><title>B</title></song></songs>"
    assert _songs("a.xml", both) == [{"title": "A", "chart": "la"}, {"title": "B"}]
    assert "got XML" in _told(_found("a.xml", "<song title='A'><row>la</row></song>"))


@pytest.mark.parametrize(
    "text",
    [
        '[["A","X"],["B"]]',
        '{"A":{"artist":"X"},"B":{}}',
        '{"count":2,"songs":{"1":{"title":"A","artist":"X"},"2":{"title":"B"}}}',
        '{"sets":[{"name":"Set 1","songs":[{"title":"A","artist":"X"}]},{"name":"Set 2","songs":["B"]}]}',
        '{"sets":{"set":[{"song":[{"name":"A","artist":{"name":"X"}}]},{"encore":1,"song":[{"name":"B"}]}]}}',
        '{"title":"A","artist":"X"}\n{"title":"B"}\n',
    ],
)
def test_songs_are_found_wherever_json_has_them(text: str) -> None:
    assert _songs("a.json", text) == [{"title": "A", "artist": "X"}, {"title": "B"}]


def test_values_in_json_may_be_objects_lists_and_milliseconds() -> None:
    text = '[{"song":"A","key":{"name":"G"},"timeSignature":[3,4],"duration":225000,"lyrics":["la","lo"]}]'
    assert _songs("a.json", text) == [
        {"title": "A", "key": "G", "time_signature": "3/4", "duration": 225, "chart": "la\nlo"}
    ]


FOREIGN = {
    "a.heic": (b"\0\0\0\x18ftypheic\0\0", "a picture"),
    "a.ps": (b"%!PS-Adobe-3.0\n", "a PostScript document"),
    "a.gp5": (b"\x18FICHIER GUITAR PRO v5.00\0\0", "a Guitar Pro score"),
    "a.m3u": (b"#EXTM3U\n#EXTINF:225,One\none.mp3\n", "a playlist of files"),
    "a.abc": (b"X:1\nT:Tune\nK:G\n|:GABc|", "sheet music (ABC)"),
    "a.mscz": (zipped({"META-INF/container.xml": "x", "a.mscx": "x"}), "a MuseScore score"),
    "a.mxl": (zipped({"META-INF/container.xml": "x", "score.xml": "x"}), "sheet music (MusicXML)"),
    "a.set": (b"<?xml version='1.0'?><set name='Sunday'><slide_groups/></set>", "a set of OpenSong"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_files_of_musicians_are_named(name: str) -> None:
    data, kind = FOREIGN[name]
    found = _found(name, data)
    assert (found.entries, kind in _told(found), "export" in _told(found)) == ((), True, True)


ENCODED = {
    "cp1254": "\u015eark\u0131 ve g\u00fcne\u015f",
    "cp1255": "שיר של אהבה",
    "cp1256": "أغنية الحب",
    "cp1257": "Dainą žemė ąžuolas",
    "cp866": "Подмосковные вечера",
    "koi8-r": "Подмосковные вечера",
    "gb18030": "歌曲 爱情 王",
    "big5": "歌曲 愛情 王",
    "cp949": "노래 사랑 김",
    "utf-16-le": "Café",
    "utf-16-be": "Café",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_short_lists_are_read_in_the_encodings_of_many_countries(encoding: str) -> None:
    assert _songs("a.csv", f"Title,Key\n{ENCODED[encoding]},F\n".encode(encoding)) == [
        {"title": ENCODED[encoding], "key": "F"}
    ]


def test_a_file_that_says_its_encoding_is_believed_and_one_of_two_keeps_the_letters_of_both() -> None:
    declared = "<?xml version='1.0' encoding='ISO-8859-2'?><song><title>Żółty</title></song>".encode("iso8859_2")
    assert ([dict(entry.fields) for entry in _found("a.xml", declared).entries], _found("a.xml", declared).remarks) == (
        [{"title": "Żółty"}],
        (),
    )
    joined = "{title:Café}\nl'été\n{title:".encode() + "Été}\nlà".encode("cp1252")
    assert _songs("a.cho", joined) == [{"title": "Café", "chart": "l'été"}, {"title": "Été", "chart": "là"}]
