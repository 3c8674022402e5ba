"""Connections that nobody is at the other end of."""

from typing import Any, cast

from starlette.types import Scope

from collab.realtime.connection import Connection


def opening(address: str | None = None) -> tuple[Any, str, Scope]:
    """What a connection without a server is made of."""
    scope: Scope = {"client": None if address is None else (address, 1), "query_string": b"", "headers": []}
    return cast("Any", None), "eio-sid", scope


def unconnected(address: str | None = None) -> Connection:
    """A connection of that address."""
    return Connection(*opening(address))
