"""Charts that are made to be slow: whatever they are, four times the letters take about four times the time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.charts.chart import diagrams, parse, unbroken
from collab.domain.charts.playing import Reader, played
from tests.fuzz.conftest import budget
from tests.support.growth import grows

SLOW = {
    "brackets that stay open": "[",
    "brackets in brackets": "[G[",
    "braces": "{key",
    "spaces": " ",
    "tabs": "\t",
    "spaces before a tab's strings": "--| " + " " * 20,
    "chords in a line": "G ",
    "chords glued to bars": "|G",
    "qualities": "m7b5",
    "parentheses": "(",
    "chords over words": "G  C  D\nla la\n",
    "lines of chords": "G\n",
    "blocks that stay open": "{sot}\n",
    "names of parts": "Chorus:\n",
    "names of parts in brackets": "[Chorus",
    "keys within": "{key: A}\n[G]la\n",
    "definitions": "{define: G frets 3 2 0 x",
    "labels": '{soc: label="',
}


def _read(chart: str) -> None:
    for section in parse(chart):
        for line in section.lines:
            unbroken(line.pieces)
    diagrams(chart)
    played(chart, {"key": "G"}, {"key": "Bb"}, Reader(capo=1))
    played(chart, {}, {}, Reader(instrument="Eb", has_numbers=True))


@pytest.mark.parametrize("what", SLOW)
def test_a_chart_that_is_made_to_be_slow_takes_time_in_proportion(what: str) -> None:
    assert grows(lambda size: _read(SLOW[what] * (size // len(SLOW[what]))), 5_000) is None


PIECES = st.lists(
    st.sampled_from(["[", "]", "{", "}", "(", ")", ":", "|", "-", "/", "#", " ", "\t", "\n", "G", "m7", "la", "soc",
                     "key", "Chorus", "label=", '"', "*", "x2", "\u266d"]),
    max_size=5,
).map("".join)  # fmt: skip


@budget(60)
@given(begin=PIECES, again=PIECES.filter(bool), end=PIECES)
def test_whatever_is_repeated_in_a_chart_takes_time_in_proportion(begin: str, again: str, end: str) -> None:
    assert grows(lambda size: _read(f"{begin}{again * size}{end}"), 500) is None
