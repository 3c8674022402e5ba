"""Files that are made to be slow: whatever they are, four times the bytes take about four times the time."""

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.kinds import REPERTOIRE
from collab.services.songs.unpacking import ImportLimits, songs_of
from tests.fuzz.conftest import budget
from tests.support.growth import grows
from tests.support.spreadsheets import xlsx

TYPES = REPERTOIRE.item_types["song"]
LIMITS = ImportLimits(max_bytes=10**8, max_unpacked_bytes=10**8, max_songs=10**6)


def _zip(text: str, files: int = 1) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            archive.writestr(f"{number}.csv", text)
    return packed.getvalue()


MARKS = "\u0300\u0316"
"""Two marks that Unicode puts the other way round."""

SLOW: dict[str, tuple[str, int, Callable[[int], str | bytes]]] = {
    "spaces within a key": ("a.json", 8_000, lambda n: f'[{{"title":"t","key":"A{" " * n}x y"}}]'),
    "spaces within a number": ("a.json", 8_000, lambda n: f'[{{"title":"t","tempo":"1{" " * n}x"}}]'),
    "spaces within a duration": ("a.csv", 8_000, lambda n: f"title,length\nt,1m{' ' * n}x\n"),
    "quotes that stay open": ("a.csv", 2_000, lambda n: "title,b\n" + 'x","\n' * n),
    "quotes that stay open in every third line": ("a.csv", 2_000, lambda n: "title,b\n" + 'x\ny,z\n"\n' * n),
    "a quote that stays open": ("a.csv", 20_000, lambda n: 'title,b\n"' + "x\n" * n),
    "a header of one cell": ("a.csv", 100_000, lambda n: "x" * n),
    "a header of many cells": ("a.csv", 20_000, lambda n: "title" + "," * n),
    "blank lines": ("a.csv", 50_000, lambda n: "\n" * n),
    "marks on a column's name": ("a.csv", 5_000, lambda n: "title,a" + MARKS * n),
    "marks on a key's name": ("a.json", 5_000, lambda n: f'[{{"title":"t","a{MARKS * n}":1}}]'),
    "marks on a title": ("a.json", 5_000, lambda n: f'[{{"title":"a{MARKS * n}"}}]'),
    "numbers for songs": ("a.json", 50_000, lambda n: f"[{'1,' * n}1]"),
    "the same song": ("a.csv", 3_000, lambda n: "title\n" + "Iko Iko\n" * n),
    "words for a list": ("a.json", 20_000, lambda n: f'[{{"title":"t","tags":"{"a," * n}"}}]'),
    "brackets": ("a.json", 100_000, lambda n: "[" * n),
    "objects": ("a.json", 50_000, lambda n: '{"a":' * n),
    "artists": ("a.cho", 5_000, lambda n: "{t:x}\n" + "{artist:abcdefgh}\n" * n),
    "tags": ("a.cho", 5_000, lambda n: "{t:x}\n" + "{tag:abcdefgh}\n" * n),
    "meta": ("a.cho", 20_000, lambda n: "{meta" + ": " * n + "}"),
    "braces": ("a.cho", 20_000, lambda n: "{" * n + "}" * n),
    "songs without a title": ("a.cho", 5_000, lambda n: "x\n{ns}\n" * n),
    "spaces before a directive": ("a.txt", 100_000, lambda n: " " * n + "{" + " " * n),
    "lines of a song": ("a.txt", 10_000, lambda n: "Verse 1:\n" + "[G]la\n" * n),
    "chords over words": ("a.txt", 10_000, lambda n: "G  C  D\nla la\n" * n),
    "spaces in a line of a song": ("a.onsong", 50_000, lambda n: f"Song{' ' * n}-{' ' * n}x\nKey:{' ' * n}G\n"),
    "a list": ("a.txt", 5_000, lambda n: "1. a - b\n" * n),
    "spaces in a list": ("a.txt", 500, lambda n: f"1.{' ' * 150}x\n" * n),
    "elements": ("a.xml", 10_000, lambda n: f"<song><lyrics>{'<b/>' * n}</lyrics></song>"),
    "elements within each other": ("a.xml", 10_000, lambda n: f"<song>{'<b>' * n}{'</b>' * n}</song>"),
    "verses": ("a.xml", 2_000, lambda n: f"<song><properties/><lyrics>{'<verse/>' * n}</lyrics></song>"),
    "links": ("a.html", 2_000, lambda n: "irealb://a=b==c=C==x===" * n + "\n" + "irealb://a=b==c=C\n" * n),
    "letters that may be of any encoding": ("a.csv", 20_000, lambda n: b"title\n" + b"\x8a\x9f\xe4\xd0 " * n),
    "rows of a spreadsheet": ("a.xlsx", 2_000, lambda n: xlsx({"S": [["title"], *([f"x{k}"] for k in range(n))]})),
    "lines that are zipped": ("a.zip", 2_000, lambda n: _zip("title,b\n" + 'x","\n' * n)),
    "files that are zipped": ("a.zip", 200, lambda n: _zip("title\nx\n", n)),
}  # fmt: skip


@pytest.mark.parametrize("what", SLOW)
def test_a_file_that_is_made_to_be_slow_takes_time_in_proportion(what: str) -> None:
    name, size, made = SLOW[what]

    def read(size: int) -> None:
        text = made(size)
        songs_of(name, text if isinstance(text, bytes) else text.encode(), TYPES, LIMITS)

    assert grows(read, size) is None


PIECES = st.lists(
    st.sampled_from(
        ['"', ",", ";", "\t", "|", "\n", "\r", " ", "{", "}", "[", "]", ":", "#", "'", "=", "-", "title", "artist",
         "key", "ns", "t:", "<song>", "</", "[G]", "Key:",
         "Verse", " - ", "meta", "A", "b", "1", "3:45", "x", "\u0301", "\u0316", "\ufdfa", "\ud55c", "\x00"]
    ),
    max_size=6,
).map("".join)  # fmt: skip


@budget(120)
@given(
    name=st.sampled_from(["a.csv", "a.json", "a.cho", "a", "a.onsong", "a.xml"]),
    begin=PIECES,
    again=PIECES.filter(bool),
    end=PIECES,
)
def test_whatever_is_repeated_takes_time_in_proportion(name: str, begin: str, again: str, end: str) -> None:
    begin = f"title,b\n{begin}" if name == "a.csv" else begin

    def read(size: int) -> None:
        songs_of(name, f"{begin}{again * size}{end}".encode(), TYPES, LIMITS)

    assert grows(read, 1_500) is None
