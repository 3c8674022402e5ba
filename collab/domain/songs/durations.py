"""Durations as people and spreadsheets write them: `3:45`, `3m45s`, `3.75`, `3:45:00`, `225000`.

Some of these mean one thing in one file and another in the next. What a column means shows by all of its values: a
spreadsheet that took `3:45` for a time of day writes `3:45:00` in every row.
"""

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

from collab.domain.record import record

Unit: TypeAlias = Literal["s", "ms", "min"]

_MINUTES_UP_TO = 20
"""A number up to this is one of minutes, where nothing says what it is: no song is so few seconds long."""

_MS_FROM = 20_000
"""A number from this on is one of milliseconds: five and a half hours otherwise."""

_DAY_BELOW = 0.2
"""A number below this with many decimals is a part of a day, which is how a spreadsheet keeps a time."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,5}):([0-5]?\d(?:[.,]\d{1,6})?)")
_HOURS = re.compile(r"\d{1,3}:\d{2}:00(?:[.,]0+)?")
_TIME_OF_DAY = re.compile(r"(\d{1,2})(:\d{2}:\d{2}) ?([ap])\.?m\.?", re.IGNORECASE)
_TIME_CODE = re.compile(r"(\d{2}:\d{2}:\d{2})[:;]\d{2}")
_DECIMAL = re.compile(r"(\d{1,9})(?:[.,](\d{1,15}))?")
_UNITS = re.compile(
    r"(?:(\d{1,3})\s*(?:h|hr|hrs|hours?|std)\.?\s*)?"
    r"(?:(\d{1,5})\s*(?:m|min|mins|minutes?|minuten|'|\u2032|\u2019)\.?\s*)?"
    r"(?:(\d{1,5})\s*(?:s|sec|secs|seconds?|sek|sekunden|\"|''|\u2033|\u201d)?\.?)?",
    re.IGNORECASE,
)
_ISO = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d{1,6})?S)?")
_BEFORE = ("~", "ca.", "ca ", "about ", "approx.", "approx ")
_BEHIND = ("minutes", "mins", "min.", "min", "mm:ss")
"""Words at a length, of which those behind it say that it is one of minutes."""


@record
class Durations:
    """How the durations of a column are written."""

    unit: Unit | None = None
    """What a bare number counts; None where its size has to tell."""
    has_hours: bool = True
    """`3:45:00` is three hours and three quarters."""
    is_dot_a_colon: bool = True
    """`3.45` is 3:45."""

    def read(self, text: str) -> float | None:
        """Seconds; None for what is no duration."""
        plain = _bare(text)
        if match := _CLOCK.fullmatch(plain):
            hours, minutes, seconds = int(match[1] or 0), int(match[2]), float(match[3].replace(",", "."))
            if match[1] is not None and not self.has_hours:
                hours, minutes, seconds = 0, hours, minutes
            return _whole(hours * 3_600 + minutes * 60 + seconds)
        if match := _DECIMAL.fullmatch(plain):
            says_minutes = plain != text and "min" in text.casefold()
            return self._number(match[1], match[2] or "", "min" if says_minutes else self.unit)
        if plain and (match := _ISO.fullmatch(plain) or _UNITS.fullmatch(text.strip())) and any(match.groups()):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return hours * 3_600 + minutes * 60 + seconds
        return None

    def _number(self, whole: str, decimals: str, unit: Unit | None) -> float:
        number = float(f"{whole}.{decimals or 0}")
        if unit == "ms" or (unit is None and number >= _MS_FROM):
            return round(number / 1000)
        if unit == "s":
            return _whole(number)
        if unit is None and len(decimals) > 3 and number < _DAY_BELOW:
            return round(number * 86_400)
        if unit is None and number > _MINUTES_UP_TO:
            return _whole(number)
        if self.is_dot_a_colon and len(decimals) == 2 and int(decimals) < 60:
            return int(whole) * 60 + int(decimals)
        return round(number * 60)


def durations_of(values: Iterable[str], unit: Unit | None = None) -> Durations:
    """How these values of one column are written."""
    written = [value for text in values if (value := _as_clock(text.strip()))]
    decimals = [match[2] for value in written if (match := _DECIMAL.fullmatch(value)) and match[2]]
    return Durations(
        unit,
        has_hours=not (written and all(map(_HOURS.fullmatch, written))),
        is_dot_a_colon=all(len(part) == 2 and int(part) < 60 for part in decimals),
    )


def _bare(text: str) -> str:
    """A length without the words before and behind it, and without a remark in brackets."""
    plain = _as_clock(text.strip()).casefold()
    if plain.endswith(")"):
        plain = plain.partition("(")[0].strip()
    for word in _BEFORE:
        plain = plain.removeprefix(word).strip()
    for word in _BEHIND:
        plain = plain.removesuffix(word).strip()
    # ISO 8601 writes its letters large.
    return plain.upper() if plain.startswith("pt") else plain


def _as_clock(text: str) -> str:
    """A time of day as a spreadsheet shows it (`12:03:45 AM`) and a recorder's time code with frames, as hours, minutes
    and seconds."""
    if match := _TIME_OF_DAY.fullmatch(text):
        hours = int(match[1]) % 12 + 12 * (match[3].lower() == "p")
        return f"{hours}{match[2]}"
    match = _TIME_CODE.fullmatch(text)
    return match[1] if match else text


def _whole(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else seconds
