"""What holds of every chart: no letter is lost, and what is transposed comes back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from collab.domain.charts.chart import parse, unbroken
from collab.domain.charts.chords import Chord, read_chord
from collab.domain.charts.keys import Key, read_key, spelled
from collab.domain.charts.notes import read_note, semitone
from collab.domain.charts.playing import INSTRUMENTS, Reader, played
from collab.domain.charts.transposing import transposed, transposed_chord

_NOTES = [letter + accidental for letter in "ABCDEFG" for accidental in ("", "#", "b")]
_KEYS = [key for note in _NOTES for words in ("", "m", " dorian") if (key := read_key(note + words)) is not None]
_keys = st.sampled_from(_KEYS)
_chords = st.builds(
    Chord,
    st.sampled_from(_NOTES),
    st.sampled_from(["", "m", "7", "maj7", "m7b5", "dim", "sus4", "6/9", "+"]),
    st.sampled_from(["", "", *_NOTES]),
)

_PARTS = [
    *("G", "D/F#", "Em7", "H7", "[G]", "[Am7]", "[*slow]", "[x2]", "[", "]", "la ", "amazing", " ", "   ", "\t", "|"),
    *("N.C.", "e|--0-", "\n", "\n\n", "{soc}", "{eoc}\n", "{sot}\n", "{eot}\n", "{key: A}", "{c: [G] la}", "Chorus:"),
    *(
        "[Verse 1]",
        "Intro: ",
        "#",
        "{x",
        "}",
        "\r\n",
        "\u00a0",
        "{start_of_abc}\n",
        "{foo: bar}",
        "\u00e9",
        "\U0001f3ba",
    ),
]
_charts = st.lists(st.sampled_from(_PARTS), max_size=15).map("".join)


def _symbol(chord: Chord) -> str:
    return chord.symbol(chord.root, chord.bass)


def _sound(symbol: str) -> tuple[int, str, int | None]:
    chord = read_chord(symbol)
    assert chord is not None
    bass = semitone(read_note(chord.bass)) if chord.bass else None
    return semitone(read_note(chord.root)), chord.quality, bass


def _there(chord: Chord, key: Key, to: Key) -> Chord:
    moved = read_chord(transposed_chord(chord, key, Key(to.place, key.mode).within()))
    assert moved is not None
    return moved


@given(_charts)
def test_a_parsed_chart_holds_every_letter_and_is_the_text_it_was(chart: str) -> None:
    lines = [line for section in parse(chart) for line in section.lines]
    assert "\n".join(line.source for line in lines) == chart
    for line in lines:
        shown = "".join(piece.chord + piece.words for piece in line.pieces)
        if line.kind == "song":
            # But for the marks that say what a chord is, and the name of the part that the line begins with.
            assert sorted(re.sub(r"[\s\[\]*]", "", shown)) == sorted(
                re.sub(r"[\s\[\]*]", "", _without_heading(line.source, shown))
            )
        parted = [piece for group in unbroken(line.pieces) for piece in group]
        assert "".join(piece.words for piece in parted) == "".join(piece.words for piece in line.pieces)
        assert [p.chord for p in parted if p.chord] == [p.chord for p in line.pieces if p.chord]


def _without_heading(source: str, shown: str) -> str:
    match = re.match(r"[\s]*(Chorus:|\[Verse 1\]|Intro:)", source)
    return source[match.end() :] if match and match[1].strip("[]") not in shown else source


@given(_keys, _keys, _chords)
def test_there_and_back_is_the_same_chord(key: Key, to: Key, chord: Chord) -> None:
    there = _there(chord, key, to)
    assert _sound(_symbol(_there(there, to, key))) == _sound(_symbol(chord))
    moved = (semitone(to.place) - semitone(key.place)) % 12
    root, _, bass = _sound(_symbol(chord))
    assert _sound(_symbol(there)) == (
        (root + moved) % 12,
        chord.quality,
        None if bass is None else (bass + moved) % 12,
    )


@given(_keys, _keys, _chords)
def test_what_is_spelled_well_is_spelled_so_when_it_comes_back(key: Key, to: Key, chord: Chord) -> None:
    key, to = key.within(-5, 6), Key(to.place, key.mode).within(-5, 6)
    home = Chord(chord.root, chord.quality)
    expected = spelled(read_note(home.root), key.signature, is_major=home.is_major)
    # From the fourth flat to the fifth sharp of a key no chord has another name, whatever the key.
    if expected == read_note(home.root) and key.signature - 1 <= expected <= key.signature + 5:
        assert _symbol(_there(_there(home, key, to), to, key)) == _symbol(home)


@given(_keys, _keys, _chords)
def test_nobody_reads_two_signs_or_a_sign_that_the_key_does_not_have(key: Key, to: Key, chord: Chord) -> None:
    to = Key(to.place, key.mode).within()
    root = _there(chord, key, to).root
    assert len(root) <= 2
    if root in ("Cb", "Fb", "E#", "B#"):
        assert to.signature - 1 <= read_note(root) <= to.signature + 5


@given(_keys)
def test_the_seven_chords_of_a_key_have_seven_letters(to: Key) -> None:
    chords = [Chord("C"), Chord("D", "m"), Chord("E", "m"), Chord("F"), Chord("G"), Chord("A", "m"), Chord("B", "dim")]
    assert sorted(_there(chord, Key(0), to).root[0] for chord in chords) == list("ABCDEFG")


@given(_keys, st.integers(-3, 3), _charts)
def test_twelve_semitones_are_none(key: Key, octaves: int, chart: str) -> None:
    assert key.up(12 * octaves) == key
    assert transposed(chart, key, key.up(12 * octaves)) == chart


@given(_charts, _keys, _keys, st.sampled_from(list(INSTRUMENTS)))
def test_another_key_changes_nothing_but_the_chords(chart: str, key: Key, to: Key, instrument: str) -> None:
    reader = Reader(instrument=instrument)  # type: ignore[arg-type]  # the names of a Literal, one by one
    shown = played(chart, {"key": key.name()}, {"key": to.name()}, reader).chart
    assert _words(shown) == _words(chart)


def _words(chart: str) -> list[tuple[str, str]]:
    """What is sung, and what is drawn, line by line."""
    return [
        (line.kind, line.text if line.kind == "verbatim" else "".join("".join(p.words.split()) for p in line.pieces))
        for section in parse(chart)
        if section.kind != "grid"
        for line in section.lines
        if line.kind != "change"
    ]
