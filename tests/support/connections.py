"""Connections that nobody is at the other end of."""

from typing import Any, cast

from starlette.datastructures import Headers
from starlette.types import Scope

from collab.realtime.connection import Connection


def opening(address: str | None = None) -> tuple[Any, str, Scope, Headers]:
    """What a connection without a server is made of."""
    scope: Scope = {"client": None if address is None else (address, 1), "query_string": b""}
    return cast("Any", None), "eio-sid", scope, Headers()


def unconnected(address: str | None = None) -> Connection:
    """A connection of that address."""
    return Connection(*opening(address))
