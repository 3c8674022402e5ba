"""JSON for python-socketio: orjson, in the form of the standard module that it expects."""

import json
from typing import Any

import orjson


def dumps(value: Any, **_options: Any) -> str:
    """JSON text. What orjson refuses (a lone surrogate quoted in an error message) the standard module escapes."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def loads(text: str | bytes, **_options: Any) -> Any:
    """The value. A lone surrogate, which orjson refuses to read, is read so that it can be answered `invalid`."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
