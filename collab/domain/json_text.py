"""JSON that a stranger sends: read in one way wherever it comes in, so that none of it is too deep for what follows."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

MAX_DEPTH = 100
"""Lists and objects within each other. Nothing of ours needs a tenth of that; a thousand is more than Python's own
functions take, each of which would fail in another way."""


class TooDeep(json.JSONDecodeError):
    """Lists and objects are more than `MAX_DEPTH` within each other."""

    def __init__(self) -> None:
        super().__init__(f"expected lists and objects at most {MAX_DEPTH} deep", "", 0)


def parse_json(text: str | bytes) -> Any:
    """The value; `json.JSONDecodeError` where it is no JSON, `TooDeep` among them, `UnicodeDecodeError` where it is no
    text.

    A lone surrogate, which orjson refuses to read, is read so that it can be answered `invalid`.
    """
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


def _may_be_deep(text: str | bytes) -> bool:
    """Quick, and right for nearly all that is sent: what has few brackets is not deep."""
    if isinstance(text, str):
        return text.count("[") + text.count("{") > MAX_DEPTH
    return text.count(b"[") + text.count(b"{") > MAX_DEPTH


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, list | dict)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterator[Any]:
    return iter(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
