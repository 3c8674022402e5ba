"""The page for paper and the stage, as it is written; tests/browser/test_paper.py looks at it."""

import re

from collab.domain.charts.playing import Reader, played
from collab.domain.ot.document import Document
from collab.domain.ot.ops import Item, Value
from collab.services.songs import paper


def _page(chart: str, song: dict[str, Value], entry: dict[str, Value], reader: Reader | None = None) -> str:
    item = Item("i", "song", "a0", {"title": "River Light", **entry})
    document = Document("c", "b", "setlist", 1, {"title": "Friday"}, {"i": item})
    return paper.as_html(document, {"i": played(chart, song, item.fields, reader)}).decode()


def _lines(page: str) -> list[str]:
    """The lines of the chart, `/` between the groups that no end of a line parts."""
    lines = re.findall(r'<p class="line[^"]*">(.*?)</p>', page)
    return [re.sub(r"<b[^>]*>(.*?)</b>", r"[\1]", _plain(line)) for line in lines]


def _plain(line: str) -> str:
    return re.sub(r"</?span[^>]*>", "", line.replace('<span class="group">', "/")).removeprefix("/")


def test_a_chart_stands_in_the_key_of_the_setlist_with_its_title_and_capo() -> None:
    page = _page("[G]River [D/F#]light", {"key": "G"}, {"key": "Bb", "capo": 1, "tempo": 92})
    assert _lines(page) == ["[A]River /[E/G#]light"]
    assert "<h2>River Light <small>Bb \u00b7 chords in A \u00b7 capo 1 \u00b7 92 bpm</small></h2>" in page
    assert _lines(_page("[C]la", {"key": "C"}, {}, Reader("Eb"))) == ["[A]la"]


def test_no_chord_comes_apart_from_its_syllable() -> None:
    chart = "G        D  Em7\nDown the ri-ver"
    assert _lines(_page(chart, {}, {})) == ["[G]Down /the /[D]ri-[Em7]ver"]


def test_sections_tabs_and_comments_are_told_apart_and_what_is_for_programs_is_not_shown() -> None:
    tab = "e|--0--|\nB|--<--|"
    lines = [
        "{soc: Refrain}",
        "[G]la",
        "{eoc}",
        "",
        "# remark",
        "{c: softly}",
        tab,
        "{define: G frets 3 2}",
        "{chorus}",
    ]
    page = _page("\n".join(lines), {}, {})
    assert '<section class="part chorus"><h3>Refrain</h3>' in page
    assert '<section class="part chorus"><h3>Chorus</h3>' in page
    assert "<pre>e|--0--|\nB|--&lt;--|</pre>" in page
    assert '<p class="line comment">' in page
    assert "remark" not in page
    assert "frets" not in page


def test_only_a_long_chart_of_short_lines_is_set_in_columns() -> None:
    def has_columns(line: str, count: int) -> bool:
        return 'class="columns"' in _page(f"{line}\n" * count, {}, {})

    assert has_columns("[G]la la la", 40)
    assert not has_columns("[G]la la la", 20)
    assert not has_columns("[G]la la la" + " and on it goes" * 4, 40)
