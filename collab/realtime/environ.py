"""A request as Engine.IO wants it: an environ in the manner of WSGI, kept for as long as the socket that it opened.

The driver's own way makes a class anew for each request. A class refers to itself, so that only the garbage collector
frees it, and with it the scope of the request and all that the server's transport holds.
"""

import sys
from functools import lru_cache
from typing import Any

from starlette.types import Receive, Scope, Send

_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")
"""The headers whose names the environ has as they are."""


class Body:
    """What came with a request: nothing, or a polled payload, which `packets.py` hands over in one piece."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def read(self, length: int | None = None) -> bytes:
        """The next bytes, at most `length`."""
        end = len(self._content) if length is None else length
        read, self._content = self._content[:end], self._content[end:]
        return read


@lru_cache(256)
def _key(raw_name: bytes) -> str:
    """The name that a header has in an environ; cached, since all clients send the same ones."""
    name = raw_name.decode("latin-1").upper().replace("-", "_")
    return name if name in _UNPREFIXED else f"HTTP_{name}"


async def environ_of(scope: Scope, receive: Receive, send: Send) -> dict[str, Any]:
    """Everything that python-engineio and python-socketio look for."""
    first = await receive()
    query = scope.get("query_string", b"").decode("latin-1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "PATH_INFO": scope["path"],
        "QUERY_STRING": query,
        "RAW_URI": f"{scope['path']}?{query}" if query else scope["path"],
        "REMOTE_ADDR": scope["client"][0] if scope.get("client") else "",
        "wsgi.input": Body(first.get("body", b"")),
        "wsgi.errors": sys.stderr,
        "asgi.scope": scope,
        "asgi.receive": receive,
        "asgi.send": send,
    }
    for raw_name, raw_value in scope["headers"]:
        key = _key(raw_name)
        value = raw_value.decode("latin-1")
        environ[key] = f"{environ[key]},{value}" if key in environ and key not in _UNPREFIXED else value
    environ["wsgi.url_scheme"] = environ.get("HTTP_X_FORWARDED_PROTO", "http")
    return environ
