"""JSON that a stranger sends: read in one way wherever it comes in, so that none of it is too much for what follows.

What it takes to read grows with the lists and objects in it, far more than with its letters: of empty lists, ten
megabytes took a second and a half. So they are counted first.
"""

import json
from typing import Any

import orjson

MAX_DEPTH = 100
"""Lists and objects within each other. Nothing of ours needs a tenth of that; a thousand is more than Python's own
functions take, each of which would fail in another way."""

MAX_VALUES = 500_000
"""Values of one text, counted by its commas and opening brackets, those in strings too: the largest seed has half of
that."""


class Unfit(json.JSONDecodeError):
    """It may be JSON, and is more of it than anybody here reads."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "", 0)


class TooDeep(Unfit):
    """Lists and objects are more than `MAX_DEPTH` within each other."""

    def __init__(self) -> None:
        super().__init__(f"expected lists and objects at most {MAX_DEPTH} deep")


def parse_json(text: str | bytes, max_values: int = MAX_VALUES) -> Any:
    """The value; `json.JSONDecodeError` where it is no JSON, `Unfit` among them, `UnicodeDecodeError` where it is no
    text.

    A lone surrogate, which orjson refuses to read, is read so that it can be answered `invalid`.
    """
    if len(text) > max_values and _values(text) > max_values:
        raise Unfit(f"expected at most {max_values} values: send them in parts")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = _with_surrogates(text)
    if _may_be_deep(text) and _is_too_deep(value):
        raise TooDeep
    return value


def _with_surrogates(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise TooDeep from None


def _values(text: str | bytes) -> int:
    return _brackets(text) + (text.count(",") if isinstance(text, str) else text.count(b","))


def _brackets(text: str | bytes) -> int:
    if isinstance(text, str):
        return text.count("[") + text.count("{")
    return text.count(b"[") + text.count(b"{")


def _may_be_deep(text: str | bytes) -> bool:
    """Quick, and right for nearly all that is sent: what has few brackets is not deep."""
    return _brackets(text) > MAX_DEPTH


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        # What was parsed is of just these types.
        wholes = [whole.values() if type(whole) is dict else whole for whole in level if type(whole) in (dict, list)]
        level = [part for whole in wholes for part in whole if type(part) in (dict, list)]
        if not level:
            return False
    return True
