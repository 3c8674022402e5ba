"""The vectors of charts, through the domain. Their shape is told in tests/vectors/README.md."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from collab.domain.charts.chart import Line, Piece, Section, parse, unbroken
from collab.domain.charts.chords import Chord, is_sign, read_chord
from collab.domain.charts.keys import Key, read_key
from collab.domain.charts.playing import Reader, played
from collab.domain.charts.transposing import transposed_chord

VECTORS = Path(__file__).parents[2] / "vectors" / "charts"


def _read(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def _pieces(pieces: Any) -> list[list[Any]]:
    return [[piece.chord, piece.words, *([True] if piece.is_annotation else [])] for piece in pieces]


def _line(line: Line) -> Any:
    match line.kind:
        case "song" | "comment":
            return {line.kind: _pieces(line.pieces)}
        case "verbatim":
            return {"verbatim": line.text}
        case "change":
            return {"change": [line.name, line.text]}
    return line.kind


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in _read("parse")])
def test_a_chart_is_read_as_the_vectors_say(case: dict[str, Any]) -> None:
    sections = parse(case["chart"])
    assert "\n".join(line.source for section in sections for line in section.lines) == case["chart"]
    groups = [line.pop("unbroken") for section in case["sections"] for line in section["lines"] if "unbroken" in line]
    assert [
        {"kind": section.kind, "label": section.label, "lines": [_line(line) for line in section.lines]}
        for section in sections
    ] == [{"label": "", **section} for section in case["sections"]]
    parted = [list(map(_pieces, unbroken(line.pieces))) for section in sections for line in section.lines]
    assert all(group in parted for group in groups)


def test_chords_are_read_in_their_parts() -> None:
    vectors = _read("chords")
    for may_be_small, chords in ((False, vectors["chords"]), (True, vectors["small"])):
        for symbol, parts in chords.items():
            chord = read_chord(symbol, may_be_small=may_be_small)
            assert chord is not None, symbol
            assert [chord.root, chord.quality, chord.bass] == parts
            assert chord.symbol(chord.root, chord.bass) == symbol
    assert [text for text in vectors["none"] if read_chord(text) is not None] == []
    assert [text for text in vectors["signs"] if not is_sign(text)] == []


MOVES = [
    pytest.param(case["key"], to, symbol, there, id=f"{case['key']} to {to}: {symbol}")
    for case in _read("transposed")
    for to, chords in case["to"].items()
    for symbol, there in chords.items()
]


@pytest.mark.parametrize(("key", "to", "symbol", "there"), MOVES)
def test_a_chord_in_another_key_is_spelled_as_the_vectors_say(key: str, to: str, symbol: str, there: str) -> None:
    assert transposed_chord(_chord(symbol), _key(key), Key(_key(to).place, _key(key).mode).within()) == there


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in _read("played")])
def test_a_player_reads_what_the_vectors_say(case: dict[str, Any]) -> None:
    got = played(case["chart"], case["song"], case["entry"], Reader(**case.get("reader", {})))
    assert {"chart": got.chart, "key": got.key, "capo": got.capo} == case["played"]
    assert _chord_count(got.sections) == _chord_count(parse(case["chart"]))


def _chord_count(sections: Sequence[Section]) -> int:
    return sum(bool(piece.chord) for section in sections for line in section.lines for piece in line.pieces)


def _chord(symbol: str) -> Chord:
    chord = read_chord(symbol)
    assert chord is not None
    return chord


def _key(name: str) -> Key:
    key = read_key(name)
    assert key is not None
    return key


def test_a_piece_is_what_it_is() -> None:
    assert list(unbroken([Piece("G", "")])) == [[Piece("G", "")]]
