"""Values, keys, lengths and columns as musicians and their programs write them."""

import unicodedata

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.ops import Value
from collab.domain.songs.columns import field_named, unit_named
from collab.domain.songs.durations import durations_of
from collab.domain.songs.formulas import defused, restored
from collab.domain.songs.keys import in_minor
from collab.domain.songs.values import read_song

TYPES = REPERTOIRE.item_types["song"]


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Song Title", "title"), ("TITLE", "title"), ("Performer", "artist"), ("BPM", "tempo"),
        ("Tempo (BPM)", "tempo"), ("Track Name", "title"), ("Artist Name(s)", "artist"), ("Duration (ms)", "duration"),
        ("Length", "duration"), ("Time Signature", "time_signature"), ("Durée", "duration"), ("lead_vocal", "lead"),
        ("Tytuł", "title"), ("Länge", "duration"), ("Tonalità", "key"), ("Intérprete", "artist"), ("Toonsoort", "key"),
        ("Música", "title"), ("Название", "title"), ("Arrangement 1 BPM", "tempo"), ("trackName", "title"),
        ("Shoe size", None), ("", None),
    ],
)  # fmt: skip
def test_the_usual_column_names_are_known(column: str, field: str | None) -> None:
    assert field_named(column, TYPES) == field


def test_a_columns_name_tells_its_unit() -> None:
    assert [unit_named(name) for name in ("Duration (ms)", "durationMs", "Length [min]", "Length", "ms")] == [
        *("ms", "ms", "min"),
        *(None, None),
    ]


def test_a_minor_key_has_its_usual_spelling() -> None:
    assert [in_minor(key) for key in ("A", "Db", "Ab", "F#", "Cb")] == ["Am", "C#m", "G#m", "F#m", "Cbm"]


def test_what_a_length_means_shows_by_its_column() -> None:
    def read(*written: str) -> list[float | None]:
        durations = durations_of(written)
        return [durations.read(text) for text in written]

    assert read("3:45:00", "4:00:00") == [225, 240]
    assert read("3:45:00", "1:02:03") == [13_500, 3_723]
    assert read("3.45", "4.20") == [225, 260]
    assert read("3.45", "4.75") == [207, 285]
    assert durations_of(["5"], "s").read("5") == 5


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("tempo", "120,5", 120.5), ("tempo", "128 bpm", 128), ("tempo", "96.0", 96), ("tempo", "♩ = 96", 96),
        ("tempo", "ca. 120", 120), ("capo", "2", 2), ("capo", "2nd fret", 2), ("capo", "III", 3), ("capo", 2.0, 2),
        ("capo", "-", None), ("capo", "none", None), ("time_signature", "4", "4/4"), ("time_signature", "C", "4/4"),
        ("time_signature", "C|", "2/2"), ("time_signature", "6:8", "6/8"), ("year", "1965", 1965),
        ("year", "1999-05-03", 1999), ("link", "www.example.org", "https://www.example.org"),
        ("tags", "funk; second line|slow, funk", ["funk", "second line", "slow"]), ("artist", ["A", "B"], "A, B"),
        ("artist", [{"name": "A"}, {"name": "B"}], "A, B"), ("artist", 99, "99"), ("key", 7, "G"), ("key", "-1", None),
        ("artist", " Dixie\n Cups ", "Dixie Cups"), ("chart", "\n\n   G\nstay\n\n", "   G\nstay"),
        ("notes", "'-' is a rest", "'-' is a rest"),
    ],
)  # fmt: skip
def test_values_are_read_as_people_write_them(name: str, written: Value, value: Value) -> None:
    fields, remarks = read_song({"title": "x", name: written}, TYPES)
    assert fields.get(name) == value
    assert [remark for remark in remarks if "says nothing" not in remark] == []


@pytest.mark.parametrize(
    ("name", "written", "value", "told"),
    [
        ("key", "N/A", None, "'N/A' says nothing"), ("key", "Am7", "Am", "'Am7' was read as Am"),
        ("key", "loud", None, "expected a key such as Bb, F#m or 'C minor', got 'loud'"),
        ("tempo", "TBD", None, "'TBD' says nothing"), ("tempo", "120-124", 120, "'120-124' was read as 120"),
        ("tempo", "0", None, "expected beats per minute from 20 to 400, got '0'"),
        ("tempo", [1], None, "got [1]"), ("tempo", float("nan"), None, "got nan"), ("duration", "n/a", None, "'n/a'"),
        ("time_signature", "8-Jun", "6/8", "'8-Jun' was read as 6/8"), ("year", "'99", None, "got \"'99\""),
        ("time_signature", "2026-04-04", "4/4", "was read as 4/4"), ("link", "see tape", None, "got 'see tape'"),
        ("style", "g" * 70, "g" * 60, "cut at 60 characters, got 70"),
        ("tags", ["a", "t" * 50], ["a"], "left out: 'ttt"),
        ("tags", [str(number) for number in range(25)], [str(number) for number in range(20)], "left out: '20'"),
        ("notes", True, None, "got True"), ("capo", "13", None, "from 0 to 12, got '13'"),
        ("tempo", "9" * 500, None, "got"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_told_and_the_song_comes_in(
    name: str, written: Value, value: Value, told: str
) -> None:
    fields, [remark] = read_song({"title": "x", name: written}, TYPES)
    assert fields == {"title": "x", **({} if value is None else {name: value})}
    assert remark.startswith(f"{name}: ")
    assert told in remark


@pytest.mark.parametrize(
    "cell", ["=1+1", "-2", "@x", "\t=x", "  +x", "'=x", "''-' is a rest", "'- x'", "plain", "it's", "",
     "\uff1d1+1", "\uff0b1", "\uff0d2", "\uff20x", " \uff1dx", "\u3000=x", "\ufe66x", "\u207bx", "\u22122",
     "\u200b=x", "\ufeff=x", "'\uff1dx"],
)  # fmt: skip
def test_what_our_exports_defuse_is_restored_and_nothing_else(cell: str) -> None:
    assert restored(defused(cell)) == cell
    bare = unicodedata.normalize("NFKC", defused(cell)).strip("\ufeff\u200b \u3000")
    assert not bare.startswith(("=", "+", "-", "@", "\u2212"))
