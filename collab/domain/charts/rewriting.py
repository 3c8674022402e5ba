"""A chart with other chords: every letter that is no chord stays where it is."""

from typing import Protocol

from collab.domain.charts.chords import Chord, read_chord, tokens
from collab.domain.charts.lines import Read, brackets, read_lines


class Change(Protocol):
    """What becomes of the chords of a chart, asked from its first to its last."""

    def chord(self, chord: Chord) -> str:
        """What is written for a chord."""

    def key(self, written: str) -> str:
        """What is written for the key that holds from here on."""


def rewritten(chart: str, change: Change) -> str:
    """A chart with its chords and keys changed. Chords over words keep their columns, as far as they have room."""
    return "\n".join(_line(line, change) for line in read_lines(chart))


def _line(line: Read, change: Change) -> str:
    if line.type in ("chords", "grid"):
        return _columns(line, change)
    if line.type == "words" or line.name == "comment":
        return _inline(line, change)
    if line.name == "key" and line.value:
        begin = line.text.rindex(line.value)
        return line.text[:begin] + change.key(line.value) + line.text[begin + len(line.value) :]
    return line.text


def _inline(line: Read, change: Change) -> str:
    parts: list[str] = []
    at = 0
    for bracket in brackets(line.text, line.begin):
        inner = bracket.inner if bracket.inner.startswith("*") else _inner(bracket.inner, change)
        parts += [line.text[at : bracket.begin + 1], inner]
        at = bracket.end - 1
    return "".join([*parts, line.text[at:]])


def _inner(inner: str, change: Change) -> str:
    """The chords in a pair of brackets, of which there may be several."""
    parts: list[str] = []
    at = 0
    for begin, token in tokens(inner):
        parts += [inner[at:begin], _token(token, change, may_be_small=True)]
        at = begin + len(token)
    return "".join([*parts, inner[at:]])


def _columns(line: Read, change: Change) -> str:
    """Chords, each where it stood: a longer one takes of the space behind it, but for one blank."""
    written = line.text[: line.begin]
    at = line.begin
    for begin, token in tokens(line.text, line.begin):
        gap = line.text[at:begin]
        # Where there was none there is none now.
        is_apart = bool(gap) and at > line.begin
        written += gap if len(written) == at else " " * max(begin - len(written), is_apart)
        written += _token(token, change, may_be_small=False)
        at = begin + len(token)
    return written + line.text[at:]


def _token(token: str, change: Change, *, may_be_small: bool) -> str:
    chord = read_chord(token, may_be_small=may_be_small)
    return token if chord is None else change.chord(chord)
