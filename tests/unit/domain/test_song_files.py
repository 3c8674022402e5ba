"""Songs out of files as people have them."""

import csv

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.errors import TooLarge
from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.ops import Value
from collab.domain.songs.csv_text import _rows
from collab.domain.songs.files import read_text
from collab.domain.songs.found import MAX_PROBLEMS, Found, identity
from tests.support.examples import examples

TYPES = REPERTOIRE.item_types["song"]


def _read(name: str, text: str) -> tuple[list[dict[str, Value]], list[tuple[int, str]]]:
    found = Found(TYPES)
    read_text(name, text, found)
    songs = found.songs()
    return (
        [dict(entry.fields) for entry in songs.entries],
        [(problem.line, problem.message) for problem in songs.problems],
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_file_is_read_whatever_stands_between_its_cells(delimiter: str) -> None:
    rows = [["Song", "Artist", "BPM"], ["Iko Iko", "Dixie Cups", "176"], ["Panama", "", ""]]
    assert _read("a.csv", "\r\n".join(delimiter.join(row) for row in rows)) == (
        [{"title": "Iko Iko", "artist": "Dixie Cups", "tempo": 176}, {"title": "Panama"}],
        [],
    )


def test_each_bad_line_is_named_by_its_number_and_the_others_are_taken() -> None:
    songs, problems = _read(
        "a.csv",
        'title,key,tempo\n"Iko\nIko",F,176\nPanama,loud,208\n,C,100\n"open,G,1\nTiger Rag,Ab,248\nBye, and bye,G,99\n'
        '"a"b,c\nSaints,F,fast\n\nIda,Bb,180\n',
    )
    assert [song["title"] for song in songs] == ["Iko Iko", "Panama", "open", "Tiger Rag", "Saints", "Ida"]
    assert [line for line, _ in problems] == [4, 5, 6, 6, 8, 9, 10]
    assert problems[0][1] == "'Panama': key: left out: expected a key such as Bb, F#m or 'C minor', got 'loud'"
    assert "tempo: left out: expected beats per minute from 20 to 400, got 'fast'" in problems[6][1]


def test_a_csv_file_without_a_title_column_or_empty_says_so() -> None:
    assert _read("a.csv", "one,two\n1,2\n")[1] == [(1, "expected a header with a column 'title', got 'one, two'")]
    assert _read("a.csv", "")[1] == [(1, "expected a header and songs, got an empty file")]
    assert _read("a.csv", "sep=;\ntitle;key\nIko;F\n")[0] == [{"title": "Iko", "key": "F"}]


def test_a_header_that_is_too_long_is_refused_with_its_beginning() -> None:
    for text in ("x" * 200_000, f"title,{'x' * 200_000}\nIko Iko,F\n"):
        assert _read("notes.txt", text)[0] == []
        [(line, message)] = _read("notes.txt", text)[1]
        assert line == 1
        assert message.startswith("expected a header with a column 'title', got '")
        assert len(message) < 200


def _rows_the_long_way(lines: list[str]) -> list[tuple[int, list[str] | None]]:
    """After a row that went wrong it begins anew with the line behind the first of it, however much it has read."""
    rows: list[tuple[int, list[str] | None]] = []
    begin = 0
    while begin < len(lines):
        reader, read = csv.reader(lines[begin:], strict=True, skipinitialspace=True), 0
        try:
            for cells in reader:
                rows.append((begin + read + 1, cells))
                read = reader.line_num
            break
        except csv.Error:
            rows.append((begin + read + 1, None))
            begin += read + 1
    return rows


@examples(400)
@given(st.lists(st.sampled_from(['"', '""', ",", "x", "\n", '"\n', 'x","']), max_size=40).map("".join))
def test_rows_are_what_they_would_be_if_each_was_read_anew_after_a_bad_one(text: str) -> None:
    lines = text.splitlines(keepends=True)
    rows = [(line, None if isinstance(row, str) else row) for line, row in _rows(lines, 0, ",")]
    assert rows == _rows_the_long_way(lines)


def test_of_many_problems_the_first_are_named_and_all_counted() -> None:
    found = Found(TYPES)
    read_text("a.json", "[" + "1," * 10_000 + "1]", found)
    songs = found.songs()
    assert (len(songs.problems), songs.problem_count, songs.lost_count) == (MAX_PROBLEMS, 10_001, 10_001)


def test_more_songs_than_may_be_are_too_many_however_often_the_same_one_comes() -> None:
    found = Found(TYPES, max_songs=2)
    read_text("a.csv", "title\na\nb\na\nb\n", found)
    with pytest.raises(TooLarge):
        read_text("b.csv", "title\nc\n", found)


def test_json_is_read_as_a_list_or_within_an_object_and_as_we_export_it() -> None:
    song = {"Title": "Iko Iko", "bpm": 176, "tags": ["carnival"], "shoe": 42}
    read = {"title": "Iko Iko", "tempo": 176, "tags": ["carnival"]}
    assert _read("a.json", f"[{_json(song)}]") == ([read], [])
    assert _read("songs", f'{{"songs": [{_json(song)}, 7, {{"title": ""}}]}}') == (
        [read],
        [(2, "expected a song as an object, got 7"), (3, "title: expected the title of a song, got nothing")],
    )
    exported = {"items": [{"type": "song", "fields": song}, {"type": "break", "fields": {"title": "Break"}}]}
    assert _read("a.json", _json(exported)) == ([read], [])
    assert _read("a.json", '[\n{"title":}\n]')[1][0][0] == 2
    assert _read("a.json", "[" * 100_000)[0] == []


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


CHORDPRO = """\
# kept by Ada
{title: Iko Iko}
{st: Jockomo}
{artist: The Dixie Cups}
{artist: Sugar Boy Crawford}
{key: F}
{tempo: 176}
{time: 2/4}
{capo: 3}
{duration: 3:45}
{meta: year 1965}
{c: Verse}
My [F]grandma and your [C7]grandma

{soc}
Hey now
{eoc}
{new_song}
{t:Panama}
[Eb]
{ns}
{key: C}
words without a title
"""


def test_chordpro_is_read_in_long_and_short_form_and_the_text_goes_to_the_chart() -> None:
    songs, problems = _read("songbook.cho", CHORDPRO)
    assert songs == [
        {
            "title": "Iko Iko",
            "subtitle": "Jockomo",
            "artist": "The Dixie Cups, Sugar Boy Crawford",
            "key": "F",
            "tempo": 176,
            "time_signature": "2/4",
            "capo": 3,
            "duration": 225,
            "year": 1965,
            "chart": "{c: Verse}\nMy [F]grandma and your [C7]grandma\n\n{soc}\nHey now\n{eoc}",
        },
        {"title": "Panama", "chart": "[Eb]"},
    ]
    assert problems == [(22, "title: expected the title of a song, got nothing")]
    assert _read("unnamed.txt", CHORDPRO)[0] == songs


def test_a_song_that_is_in_the_files_twice_is_taken_once() -> None:
    found = Found(TYPES)
    read_text("a.csv", "title,artist,key\nIko Iko,Dixie Cups,F\nIKO  iko,dixie cups,G\n", found)
    read_text("b.csv", "title,key\nIko Iko,C\nDon\u2019t,F\nDon't,F", found)
    songs = found.songs()
    assert [entry.fields.get("key") for entry in songs.entries] == ["F", "C", "F"]
    assert [(problem.file, problem.message) for problem in songs.problems] == [
        ("a.csv", "'IKO iko' was there already (line 2)"),
        ("b.csv", "'Don't' was there already (line 3)"),
    ]
    assert identity({"title": "\uff29ko"}) == ("iko", "")
