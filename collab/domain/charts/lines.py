"""What each line of a chart is. A line says so by itself, but for those within a block such as `{start_of_tab}`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from collab.domain.charts.chords import is_chords, is_sign
from collab.domain.charts.directives import directive
from collab.domain.charts.headings import Heading, heading
from collab.domain.record import record

LineType: TypeAlias = Literal["blank", "remark", "directive", "block", "grid", "tab", "chords", "words"]
"""`remark` is what stands behind a `#`, for whoever edits the chart; `block` a line within a block of another language
(ABC, LilyPond …), `grid` one within a `{start_of_grid}`, `tab` one of a tablature, in its block or not."""

_BLANK = " \t\r\u00a0"
_TAB = re.compile(r"(?:[A-Ha-h][#b]?)?[ \t]{0,4}[|:-][-0-9|/\\~^()<>=*.: hpbrsxtvHPXT\t\r]*")
_RAW: Mapping[str, LineType] = {
    **dict.fromkeys((f"start_of_{name}" for name in ("ly", "abc", "svg", "textblock", "musicxml")), "block"),
    "start_of_tab": "tab",
    "start_of_grid": "grid",
}
_BRACKETS = re.compile(r"\[([^\[\]]{0,80})\]")


@record
class Read:
    """A line of a chart: its text, what it is, and where in it that begins: behind a `heading`, where it has one.

    `name` and `value` are those of a directive.
    """

    text: str
    type: LineType
    begin: int = 0
    heading: Heading | None = None
    name: str = ""
    value: str = ""


@record
class Bracket:
    """A pair of brackets, and what is in it: chords, or `*words` to stand above a line as they are."""

    begin: int
    end: int
    inner: str


def read_lines(chart: str, *, has_numbers: bool = False) -> Iterator[Read]:
    """The lines of a chart, in order; joined by line breaks they are it. With `has_numbers` these are its chords."""
    raw: LineType | None = None
    for text in chart.split("\n"):
        name, value = directive(text)
        if name.startswith(("start_of_", "end_of_")):
            raw = _RAW.get(name)
            yield Read(text, "directive", name=name, value=value)
        elif raw is not None:
            yield Read(text, raw)
        elif name:
            yield Read(text, "directive", name=name, value=value)
        else:
            yield _read(text, has_numbers=has_numbers)


def brackets(text: str, begin: int = 0, *, has_numbers: bool = False) -> Sequence[Bracket]:
    """The brackets in a line that stand for something above it; others are words."""
    found = (Bracket(match.start(), match.end(), match[1]) for match in _BRACKETS.finditer(text, begin))
    return [bracket for bracket in found if _is_above(bracket.inner, has_numbers=has_numbers)]


def has_chords(line: Read, *, has_numbers: bool = False) -> bool:
    """Whether a line of words has chords within it: those of a line above it are not of these words."""
    found = brackets(line.text, line.begin, has_numbers=has_numbers)
    return any(is_chords(bracket.inner, may_be_small=True, has_numbers=has_numbers) for bracket in found)


def _is_above(inner: str, *, has_numbers: bool) -> bool:
    is_sound = is_sign(inner) or is_chords(inner, may_be_small=True, has_numbers=has_numbers)
    return is_sound or inner.startswith("*")


def _read(text: str, *, has_numbers: bool) -> Read:
    if not text.strip(_BLANK):
        return Read(text, "blank")
    if text.startswith("#"):
        return Read(text, "remark")
    if _is_tab(text):
        return Read(text, "tab")
    named = heading(text)
    begin = named.end if named else 0
    rest = text[begin:]
    if not rest.strip(_BLANK):
        return Read(text, "blank", begin, named)
    return Read(text, "chords" if is_chords(rest, has_numbers=has_numbers) else "words", begin, named)


def _is_tab(text: str) -> bool:
    is_drawn = ("--" in text and "|" in text) or "-----" in text
    return is_drawn and _TAB.fullmatch(text.lstrip(_BLANK)) is not None
