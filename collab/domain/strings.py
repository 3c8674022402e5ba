"""Strings: what a text, a line and an id may be, the same wherever one comes in, is stored or goes out.

A text is Unicode that every database and every JSON reader takes: no lone surrogate, and no NUL, which PostgreSQL does
not store. A line (a name, a title, a label) is a text that stays on its line and leaves its surroundings alone: without
control characters, line and paragraph separators, and the embeddings, overrides and isolates by which a text could turn
round what stands beside it (Unicode Bidirectional Algorithm, UAX #9). The marks LRM, RLM and ALM, and the joiners that
scripts and emoji need, are part of it. An id is a line that can be seen, without spaces. Lengths are in code points;
nothing is normalised: what was written is what is read.
"""

import re
from typing import Any

from collab.domain.errors import Invalid, shown

MAX_ID_LENGTH = 100
MAX_NAME_LENGTH = 200
"""The length of the names of users and bands, of labels and of titles."""

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def text_problem(text: str) -> str | None:
    """What keeps a string from being a text, or None."""
    match = _NO_TEXT.search(text)
    if match is None:
        return None
    if match[0] == "\x00":
        return "expected text without NUL characters, got one"
    return "expected Unicode text, got a lone surrogate"


def line_problem(text: str, max_length: int = MAX_NAME_LENGTH) -> str | None:
    """What keeps a string from being a line of at most so many characters, or None."""
    if len(text) > max_length:
        return f"expected at most {max_length} characters, got {len(text)}"
    match = _NO_LINE.search(text)
    if match is None:
        return None
    if match[0] in _BREAKS:
        return "expected a single line, got a line break"
    return text_problem(match[0]) or f"expected a line without control characters, got U+{ord(match[0]):04X}"


def require_name(path: str, text: str) -> str:
    """The name without white space around it; `Invalid` at `path` where it says nothing or is no line."""
    name = text.strip()
    if found := line_problem(name) if name else "expected a name, got nothing":
        raise Invalid.at(path, found)
    return name


def require_id(path: str, text: str) -> str:
    """The id; `Invalid` at `path` where it is none."""
    if found := id_problem(text):
        raise Invalid.at(path, found)
    return text


def id_problem(text: str) -> str | None:
    """What keeps a string from being an id of somebody or something, or None."""
    if 0 < len(text) <= MAX_ID_LENGTH and text.isprintable() and not text.isspace() and " " not in text:
        return None
    return f"expected an id of 1 to {MAX_ID_LENGTH} printable characters without spaces, got {shown(text)}"


def json_problem(value: Any) -> str | None:
    """What keeps a JSON value from being stored: a string in it, or a key, that is no text; None where nothing does."""
    if isinstance(value, str):
        return text_problem(value)
    todo = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, str):
            if found := text_problem(part):
                return found
        elif isinstance(part, dict):
            todo += [*part, *part.values()]
        elif isinstance(part, list):
            todo += part
    return None


def cleaned_line(text: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """The line that a string comes to, for names that somebody else gave and nobody here can mend: white space of any
    sort is one space, what else a line may not hold is left out, and it is cut at its greatest length."""
    if line_problem(text, max_length) is None:
        return text
    return _NO_LINE.sub("", " ".join(text.split()))[:max_length].strip()


def cleaned_json(value: Any) -> Any:
    """A JSON value without what can't be stored: the value itself, where all of it can. Not for values from clients:
    its depth is that of what was stored once."""
    if isinstance(value, str):
        return _NO_TEXT.sub("", value) if _NO_TEXT.search(value) else value
    if isinstance(value, dict):
        return {cleaned_json(key): cleaned_json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [cleaned_json(entry) for entry in value]
    return value


def escaped(text: str) -> str:
    """A string as a terminal or a log may show it: what is not fit for a line stands there as JSON writes it
    (`\\u001b`), so that JSON stays JSON."""
    return _NO_LINE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
