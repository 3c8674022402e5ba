"""Texts of songs: their titles, and what in them is a chord or the name of a part, is what it is in a chart."""

from collections.abc import Mapping

import pytest

from collab.domain.kinds import REPERTOIRE
from collab.domain.ot.ops import Value
from collab.domain.songs.files import read_text
from collab.domain.songs.found import Found


def _song(text: str) -> Mapping[str, Value]:
    found = Found(REPERTOIRE.item_types["song"])
    read_text("file.onsong", text, found)
    [entry] = found.songs().entries
    return entry.fields


@pytest.mark.parametrize(
    "text", ["Go\nKey: G\n\n[G]la la", "Go\nThe Band\nKey: G\n\n[G]la la", "Am\n\nTempo: 90\n\nla"]
)
def test_a_title_that_might_be_a_chord_is_the_title(text: str) -> None:
    assert _song(text)["title"] == text.split("\n")[0]


@pytest.mark.parametrize(
    "line",
    ["G  D/F#  Em7", "Fis  Es7", "Am(maj7) | D7b9 |", "C6/9  N.C.", "Refrein 2:", "[Hook]", "Intro: G D", "(Chorus)"],
)
def test_what_a_chart_takes_for_chords_or_a_part_is_no_title(line: str) -> None:
    song = _song(f"{line}\nthese are the words\n")
    assert song["title"] == "file"
    assert str(song["chart"]).startswith(line)
