"""What a text, a line and an id may be, and what any string comes to where it has to be one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.domain.strings import (
    MAX_NAME_LENGTH,
    cleaned_json,
    cleaned_line,
    escaped,
    id_problem,
    json_problem,
    line_problem,
    text_problem,
)

UNFIT = {
    "\x00": "expected text without NUL characters, got one",
    "\x1b": "expected a line without control characters, got U+001B",
    "\x7f": "expected a line without control characters, got U+007F",
    "\x9b": "expected a line without control characters, got U+009B",
    "\t": "expected a line without control characters, got U+0009",
    "\n": "expected a single line, got a line break",
    "\r": "expected a single line, got a line break",
    "\x85": "expected a single line, got a line break",
    "\u2028": "expected a single line, got a line break",
    "\u2029": "expected a single line, got a line break",
    "\u202e": "expected a line without control characters, got U+202E",
    "\u2066": "expected a line without control characters, got U+2066",
    "\ud800": "expected Unicode text, got a lone surrogate",
}
ANY = st.text(st.characters(codec=None) | st.sampled_from(list(UNFIT)))


@pytest.mark.parametrize("mark", UNFIT, ids=ascii)
def test_what_a_line_may_not_hold_is_named(mark: str) -> None:
    assert line_problem(f"a{mark}b") == UNFIT[mark]
    assert id_problem(f"a{mark}b") is not None
    assert cleaned_line(f"a{mark}b") == ("a b" if mark.isspace() else "ab")
    assert escaped(f"a{mark}b") == f"a\\u{ord(mark):04x}b"


@pytest.mark.parametrize("line", ["", "Iko  Iko", "\u05e9\u200f", "👩\u200d🎤", "e\u0301", "\xa0", "日本"], ids=ascii)
def test_what_people_write_is_a_line_and_stays_as_it_is(line: str) -> None:
    assert line_problem(line) is None
    assert cleaned_line(line) == escaped(line) == line


def test_a_line_has_a_length_in_code_points() -> None:
    assert line_problem("🎷" * MAX_NAME_LENGTH) is None
    assert line_problem("🎷" * (MAX_NAME_LENGTH + 1)) == "expected at most 200 characters, got 201"
    assert cleaned_line("🎷" * 300) == "🎷" * MAX_NAME_LENGTH


@given(ANY)
def test_any_string_comes_to_a_line(written: str) -> None:
    line = cleaned_line(written, 10)
    assert line_problem(line, 10) is None
    assert cleaned_line(line, 10) == line


@given(ANY)
def test_what_is_shown_holds_nothing_that_a_terminal_obeys(written: str) -> None:
    shown = escaped(written)
    assert {unicodedata.category(mark) for mark in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert line_problem(shown, len(shown)) is None


@pytest.mark.parametrize("good", ["a", "zoë", "x" * 100, "auth0|5f7c8ec7c33c6c004bbafe82"])
def test_an_id_can_be_seen_and_has_no_spaces(good: str) -> None:
    assert id_problem(good) is None
    for bad in ("", f"{good} ", f" {good}", f"{good}\u200d", "x" * 101, "\xa0"):
        assert str(id_problem(bad)).startswith("expected an id")


@pytest.mark.parametrize("bad", ["\x00", "\ud800"], ids=ascii)
def test_a_json_value_is_looked_at_however_deep(bad: str) -> None:
    for value in (bad, [bad], {"a": [bad]}, {bad: 1}, [[{"a": {"b": bad}}]]):
        assert json_problem(value) == text_problem(bad)
        assert json_problem(cleaned_json(value)) is None
    nested: list[object] = [bad]
    for _ in range(100_000):
        nested = [nested]
    assert json_problem(nested) == text_problem(bad)
    assert json_problem({"a": [1, None, True, "x"]}) is None
