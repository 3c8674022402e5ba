"""JSON for python-socketio: orjson, in the form of the standard module that it expects."""

import json
from typing import Any

import orjson

from collab.domain.json_text import parse_json


def dumps(value: Any, **_options: Any) -> str:
    """JSON text. What orjson refuses (a lone surrogate quoted in an error message) the standard module escapes."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def loads(text: str | bytes, **_options: Any) -> Any:
    """The value, as `parse_json` reads it."""
    return parse_json(text)
