"""The limits of each type of field, from both sides."""

import pytest

from collab.domain.fields import (
    CLOCK,
    DURATION,
    KEY,
    TEMPO,
    TIME_SIGNATURE,
    Choice,
    Date,
    FieldType,
    Flag,
    Line,
    Number,
    Pattern,
    Tags,
    TextField,
)

FRETS = Number(0, 12, "frets", is_whole=True)
COLOUR = Choice(("red", "blue"))
GOOD: list[tuple[FieldType, object]] = [
    *((TextField(5), text) for text in ("", "five!", "\n", "🎷🎷🎷🎷🎷")),
    *((Line(5), line) for line in ("", "five!", "日本", "e\u0301")),
    *((TEMPO, bpm) for bpm in (20, 400, 99.5)),
    *((DURATION, seconds) for seconds in (0, 0.5, 86_400)),
    *((FRETS, fret) for fret in (0, 12)),
    *((Flag(), flag) for flag in (True, False)),
    *((COLOUR, colour) for colour in ("red", "blue")),
    *((Date(), day) for day in ("2026-12-04", "2024-02-29", "0001-01-01")),
    *((Tags(2, 3), tags) for tags in ([], ["abc"], ["a", "b"], ["1", "01"])),
    *((KEY, key) for key in ("C", "Bb", "F#m", "Am", "Gmaj", "C minor", "D dorian", "Ebmin")),
    *((TIME_SIGNATURE, signature) for signature in ("4/4", "6/8", "12/8", "99/32", "1/1")),
    *((CLOCK, clock) for clock in ("00:00", "09:30", "20:59", "23:59")),
    (Pattern("a+", "some a's"), "aaa"),
]
BAD: list[tuple[FieldType, object]] = [
    *((TextField(5), text) for text in ("sixsix", 5, None, ["a"], "\x00", "\ud800", b"a")),
    *((Line(5), line) for line in ("sixsix", "a\nb", "a\rb", "\t", "\x1b", "\u202e", 5, "\x00", "\udfff")),
    *((TEMPO, bpm) for bpm in (19.9, 400.1, "120", True, float("nan"), float("inf"), None, 10**400)),
    *((DURATION, seconds) for seconds in (-1, 86_401)),
    *((FRETS, fret) for fret in (-1, 13, 2.0, True, False)),
    *((Flag(), flag) for flag in (0, 1, "true", None)),
    *((COLOUR, colour) for colour in ("green", "", 0, ["red"], None)),
    *((Date(), day) for day in ("2026-13-01", "2025-02-29", "20261204", "2026-12-4", "2026-W49-5", 20261204, "")),
    (Date(), "\uff12\uff10\uff12\uff16-12-04"),
    *((Tags(2, 3), tags) for tags in (["a", "b", "c"], ["abcd"], ["a", "a"], "ab", ["a", 1], ["a\nb"], None, [["a"]])),
    *((KEY, key) for key in ("H", "c", "Bbb", "Cm7", "C Minor", "", "C\n", 1)),
    *((TIME_SIGNATURE, signature) for signature in ("4/3", "0/4", "100/4", "4", "4/4 ", "\u0664/4", "4\u0664/4")),
    *((CLOCK, clock) for clock in ("24:00", "20:60", "9:30", "20:30:00", "2\u0663:00", "20:3\u0665", 2030)),
    (Pattern("a+", "some a's"), "b"),
    (Pattern("a+", "some a's"), "a" * 2_001),
    (Pattern(".", "a character"), "\x00"),
    (Pattern(".", "a character"), "\ud800"),
]


def _id(value: object) -> str:
    return ascii(value)[:40]


@pytest.mark.parametrize(("field_type", "value"), GOOD, ids=_id)
def test_takes_what_fits(field_type: FieldType, value: object) -> None:
    assert field_type.problem(value) is None


@pytest.mark.parametrize(("field_type", "value"), BAD, ids=_id)
def test_says_what_it_expected_where_a_value_does_not_fit(field_type: FieldType, value: object) -> None:
    assert str(field_type.problem(value)).startswith("expected ")


@pytest.mark.parametrize(
    ("field_type", "value", "message"),
    [
        (TextField(5), "sixsix", "expected at most 5 characters, got 6"),
        (TextField(), 5, "expected a string, got 5"),
        (TextField(), "\ud800", "expected Unicode text, got a lone surrogate"),
        (TextField(), "\x00", "expected text without NUL characters, got one"),
        (Line(), "a\nb", "expected a single line, got a line break"),
        (TEMPO, "fast", "expected a number of beats per minute from 20 to 400, got 'fast'"),
        (FRETS, 2.5, "expected a whole number of frets from 0 to 12, got 2.5"),
        (Flag(), 1, "expected true or false, got 1"),
        (COLOUR, "green", "expected one of red, blue, got 'green'"),
        (KEY, "H", "expected a key such as Bb, F#m or 'C minor', got 'H'"),
        (Date(), "4.12.", "expected a date such as 2026-12-04, got '4.12.'"),
        (Tags(2), ["a", "a"], "expected a list of at most 2 distinct words, got ['a', 'a']"),
        (Tags(), ["x" * 41], "expected at most 40 characters, got 41"),
        (Flag(), "x" * 100, f"expected true or false, got '{'x' * 56}..."),
    ],
)
def test_a_message_says_what_was_expected_and_what_came(field_type: FieldType, value: object, message: str) -> None:
    assert field_type.problem(value) == message


@pytest.mark.parametrize("field_type", [TextField(), TEMPO, Flag(), COLOUR, KEY, Date(), Tags()], ids=_id)
def test_a_value_nested_beyond_all_reason_is_only_wrong(field_type: FieldType) -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    for value in (nested, [nested], [nested, nested]):
        assert str(field_type.problem(value)).startswith("expected ")


def test_the_limits_that_hold_unless_a_kind_says_otherwise() -> None:
    assert (TextField().max_length, Line().max_length, Tags().max_count, Tags().max_length) == (20_000, 200, 20, 40)


def test_the_regex_of_a_field_takes_no_more_time_than_its_value_is_long() -> None:
    # It would take the standard module longer than the sun has.
    assert Pattern("(a+)+b", "a's and a b").problem("a" * 1_999 + "c") is not None


@pytest.mark.parametrize("regex", ["(?=a)", r"(a)\1", "[", "a{2000}"])
def test_a_regex_that_is_not_linear_is_refused_when_it_is_named(regex: str) -> None:
    with pytest.raises(ValueError, match="expected a regex as RE2 has them"):
        Pattern(regex, "something")
