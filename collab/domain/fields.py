"""The types that a field of a kind may have. Each says what is wrong with a value, or None."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

import re2

from collab.domain import strings
from collab.domain.errors import shown
from collab.domain.ot.ops import Value
from collab.domain.record import record


class FieldType(Protocol):
    """A host application may bring its own: anything with this method."""

    def problem(self, value: Value) -> str | None:
        """What was expected and what came, or None where the value fits. Never called with `None`."""


@record
class TextField:
    """Merged character by character (`text` ops); a `set` replaces it whole. Lengths in code points."""

    max_length: int = 20_000

    def problem(self, value: Value) -> str | None:
        return _string_problem(value, self.max_length)


@record
class Line:
    """A single line of text (strings.py says what that is), merged as a text is; a `set` replaces it whole."""

    max_length: int = 200

    def problem(self, value: Value) -> str | None:
        if not isinstance(value, str):
            return _expected_string(value)
        return strings.line_problem(value, self.max_length)


MERGED = (TextField, Line)
"""What may be edited in place, by `text` ops; all other values are set whole."""


@record
class Number:
    """A number between two bounds, both included; `unit` is for messages and documents."""

    minimum: float
    maximum: float
    unit: str
    is_whole: bool = False

    def problem(self, value: Value) -> str | None:
        is_number = isinstance(value, int if self.is_whole else (int, float)) and not isinstance(value, bool)
        if is_number and self.minimum <= value <= self.maximum:
            return None
        whole = "whole " if self.is_whole else ""
        bounds = f"{self.minimum:g} to {self.maximum:g}"
        return f"expected a {whole}number of {self.unit} from {bounds}, got {shown(value)}"


@record
class Flag:
    """True or false."""

    def problem(self, value: Value) -> str | None:
        return None if isinstance(value, bool) else f"expected true or false, got {shown(value)}"


@record
class Choice:
    """One of a fixed list of words."""

    options: Sequence[str]

    def problem(self, value: Value) -> str | None:
        return None if value in self.options else f"expected one of {', '.join(self.options)}, got {shown(value)}"


MAX_PATTERN_LENGTH = 2_000

_QUIETLY = re2.Options()
_QUIETLY.log_errors = False


@record
class Pattern:
    """A word of a given form; `example` is what a message shows.

    The regex is one of RE2 (github.com/google/re2/wiki/Syntax), which takes time in proportion to the value: without
    look-around and back references. `ValueError` where it is none.
    """

    regex: str
    example: str

    def __post_init__(self) -> None:
        try:
            _compiled(self.regex)
        except re2.error as error:
            raise ValueError(f"expected a regex as RE2 has them, got {self.regex!r}: {error}") from None

    def problem(self, value: Value) -> str | None:
        if isinstance(value, str):
            if found := _string_problem(value, MAX_PATTERN_LENGTH):
                return found
            if _compiled(self.regex).fullmatch(value):
                return None
        return f"expected {self.example}, got {shown(value)}"


@lru_cache(maxsize=1_000)
def _compiled(regex: str) -> Any:
    return re2.compile(regex, _QUIETLY)


@record
class Date:
    """A calendar day, ISO 8601: `2026-12-04`."""

    def problem(self, value: Value) -> str | None:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                date.fromisoformat(value)
                return None
            except ValueError:
                pass
        return f"expected a date such as 2026-12-04, got {shown(value)}"


@record
class Tags:
    """A short list of distinct words."""

    max_count: int = 20
    max_length: int = 40

    def problem(self, value: Value) -> str | None:
        wanted = f"expected a list of at most {self.max_count} distinct words, got {shown(value)}"
        if not isinstance(value, list) or len(value) > self.max_count:
            return wanted
        word = Line(self.max_length)
        if found := next((found for tag in value if (found := word.problem(tag))), None):
            return found
        return wanted if len(set(value)) < len(value) else None


KEY = Pattern(
    r"[A-G](#|b)?(m|maj|min| (major|minor|dorian|phrygian|lydian|mixolydian|locrian|blues))?",
    "a key such as Bb, F#m or 'C minor'",
)
TIME_SIGNATURE = Pattern(r"[1-9][0-9]?/(1|2|4|8|16|32)", "a time signature such as 4/4 or 6/8")
CLOCK = Pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as 20:30")
TEMPO = Number(20, 400, "beats per minute")
DURATION = Number(0, 86_400, "seconds")


def value_problem(field_type: FieldType, value: Value) -> str | None:
    """What is wrong with a value of a field: what can't be stored is none, whatever a host's own type says of it."""
    return strings.json_problem(value) or field_type.problem(value)


def _string_problem(value: Value, max_length: int) -> str | None:
    if not isinstance(value, str):
        return _expected_string(value)
    if len(value) > max_length:
        return f"expected at most {max_length} characters, got {len(value)}"
    return strings.text_problem(value)


def _expected_string(value: Value) -> str:
    return f"expected a string, got {shown(value)}"
