"""What goes out in a format that can come in again is the same when it does."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item
from collab.domain.songs.found import identity
from collab.services.songs import sheets
from collab.services.songs.unpacking import ImportLimits, songs_of

TYPES = REPERTOIRE.item_types["song"]
LIMITS = ImportLimits(max_bytes=10**7, max_unpacked_bytes=10**7, max_songs=20_000)

_letters = st.text(st.sampled_from("abÄ'{}[]#:=-+@\"|;,. "), min_size=1, max_size=12)
_line = _letters.map(lambda text: " ".join(text.split())).filter(bool)
_chart_line = st.sampled_from(
    [
        "[G]la",
        "   G  D",
        "{title: X}",
        "{key: A}",
        "{new_song}",
        "{soc}",
        "# softly",
        "{sot}",
        "{eot}",
        "",
        "{c: x}",
        "{x_collab: chart}",
        "{x_collab: end}",
        "{start_of_abc}",
        "{meta: tag x}",
        "{st: x}",
        "\tG",
        "[G",
        "Key: G",
        "title,artist",
        'x,"y"',
    ]
)
_chart = (
    st.lists(_chart_line, min_size=1, max_size=5).map("\n".join).map(str.rstrip).map(lambda text: text.lstrip("\n"))
)
_tag = st.text(st.sampled_from("abÄ'#: "), min_size=1, max_size=8).map(lambda text: " ".join(text.split())).filter(bool)

_song = st.fixed_dictionaries(
    {"title": _line},
    optional={
        "artist": _line,
        "subtitle": _line,
        "composer": _line,
        "key": st.sampled_from(["C", "Bb", "F#m", "C minor", "Eb dorian"]),
        "tempo": st.sampled_from([20, 96.5, 400]),
        "duration": st.sampled_from([0, 4, 225, 3_600, 3_723, 86_400]),
        "time_signature": st.sampled_from(["4/4", "12/8"]),
        "capo": st.integers(0, 12),
        "tuning": _line,
        "lead": _line,
        "style": _line,
        "link": st.just("https://example.org/a?b=c"),
        "notes": st.lists(st.one_of(_line, st.just("")), min_size=1, max_size=3)
        .map("\n".join)
        .map(str.strip)
        .filter(bool),
        "year": st.integers(1000, 2999),
        "tags": st.lists(_tag, min_size=1, max_size=3, unique=True),
        "chart": _chart.filter(bool),
    },
)
_songs = st.lists(_song, min_size=1, max_size=4, unique_by=identity)


def _repertoire(songs: list[dict[str, Any]]) -> Document:
    items = {f"i{number}": Item(f"i{number}", "song", f"a{number}", fields) for number, fields in enumerate(songs)}
    return Document("c", "b", "repertoire", 1, {"title": "R"}, items)


def _read(name: str, data: bytes) -> list[dict[str, Any]]:
    found = songs_of(name, data, TYPES, LIMITS)
    assert found.problems == ()
    return [dict(entry.fields) for entry in found.entries]


@settings(deadline=None)
@given(_songs)
def test_songs_come_back_as_they_went_out(songs: list[dict[str, Any]]) -> None:
    document = _repertoire(songs)
    charts = {item.id: item.fields["chart"] for item in document.items.values() if "chart" in item.fields}
    assert _read("a.json", sheets.as_json(document)) == songs
    assert _read("a.csv", sheets.as_csv(document, REPERTOIRE)) == songs
    assert _read("a.cho", sheets.as_chordpro(document, charts)) == songs
