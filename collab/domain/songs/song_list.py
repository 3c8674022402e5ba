"""Lists of songs: a song on each line, with a number before it, or its artist, key and length behind it."""

import re
from collections.abc import Iterable, Iterator, Sequence

from collab.domain.errors import shown
from collab.domain.record import record
from collab.domain.songs.found import Found
from collab.domain.songs.title_lines import title_and_more

MAX_TITLE = 200
_LOOKED_AT = 300

_NUMBERED = re.compile(r"(?:\(?(\d{1,3})[.):]\s?|(\d{1,3})\s+-?\s?|[-*\u2022\u2013]\s+)(?=\S)")
_HEADING = re.compile(
    r"(?:set|part|teil|block|set ?list|encores?|zugaben?|pause|break|intermission|rappel|bis)[ \t]*[0-9ivx]{0,3}"
    r"|.{1,80}:",
    re.IGNORECASE,
)


@record
class _Line:
    """A line of a list; `number` is None where it has none, and `text` what stands behind it."""

    at: int
    written: str
    text: str
    number: int | None = None
    is_item: bool = False


def is_numbered(lines: Sequence[str]) -> bool:
    """Whether half of the lines begin as those of a list do: with marks, or with one number after the other."""
    items = list(_lines(lines[:_LOOKED_AT]))
    counted = sum(line.is_item for line in items)
    return counted >= 2 and counted * 2 >= len(items)


def is_list(lines: Sequence[str], *, is_table: bool = False) -> bool:
    """Whether each line may be a title: it is short, and has no signs of another format."""
    shown = [text for line in lines if (text := line.strip())]
    unusual = set(",;|{}<>" if is_table else ";|{}<>")
    fits = all(len(text) <= MAX_TITLE for text in shown)
    return bool(shown) and fits and (is_numbered(lines) or not any(set(text) & unusual for text in shown[:_LOOKED_AT]))


def read_list(file: str, lines: Sequence[str], found: Found) -> None:
    """A song a line. Of a numbered list those without a number stand above a part of it: they are told."""
    has_numbers = is_numbered(lines)
    for line in _lines(lines):
        if has_numbers and not line.is_item and _is_heading(line, found):
            found.remark(file, f"{shown(line.written)} was taken for a heading", line.at)
        else:
            found.song(file, line.at, title_and_more(line.text if has_numbers else line.written))


def _is_heading(line: _Line, found: Found) -> bool:
    """Whether a line has no number because it is no song: it stands first, or is called as a part of a set is."""
    return found.count == 0 or _HEADING.fullmatch(line.written) is not None


def _lines(lines: Iterable[str]) -> Iterator[_Line]:
    last: int | None = None
    for at, written in enumerate(lines, 1):
        text = written.strip()
        if not text:
            continue
        match = _NUMBERED.match(text[:MAX_TITLE])
        if match is None:
            yield _Line(at, text, text)
            continue
        number = int(digits) if (digits := match[1] or match[2]) else None
        follows = number is None or number == 1 or (last is None if match[1] else False) or number == (last or 0) + 1
        last = number if number is not None else last
        yield _Line(at, text, text[match.end() :], number, follows) if follows else _Line(at, text, text)
