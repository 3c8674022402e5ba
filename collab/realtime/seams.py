"""What the fast ways need of other packages that no documentation of theirs promises, and whether it is there.

uvicorn's websockets (`push.py`) and Engine.IO's sockets (`sockets.py`) are each gone past where the release that is
installed has every name that is used of it. Where it lacks one, its own way is taken, which serves the same and costs
more; the log says so at the start. That the names do what they did is held by the tests, at both ends of the ranges.
"""

from collections.abc import Mapping
from importlib.metadata import version
from types import FunctionType

import structlog
from engineio import AsyncServer
from engineio.async_socket import AsyncSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

log = structlog.get_logger(__name__)

Needed = Mapping[type, frozenset[str]]

OF_WEBSOCKETS: Needed = {
    WebSocketsSansIOProtocol: frozenset({
        "handle_connect", "connection_lost", "data_received", "pause_writing", "resume_writing", "queue", "frames",
        "conn", "writable", "close_sent", "request", "response", "transport", "scope",
    }),
    ServerProtocol: frozenset({"parser"}),
    StreamReader: frozenset({"at_eof"}),
}  # fmt: skip

OF_SOCKETS: Needed = {
    AsyncServer: frozenset({"_async", "create_queue", "sockets", "handlers", "reason", "max_http_buffer_size"}),
    AsyncSocket: frozenset({
        "queue", "receive", "close", "closed", "connected", "upgrading", "upgraded", "server", "sid",
        "_websocket_handler",
    }),
}  # fmt: skip


def may_push() -> bool:
    """Whether uvicorn's websockets can be gone past; the log says where they can't."""
    return _has_all("uvicorn", OF_WEBSOCKETS)


def may_be_lean() -> bool:
    """Whether Engine.IO's sockets can be gone past; the log says where they can't."""
    return _has_all("python-engineio", OF_SOCKETS)


def lacking(needed: Needed) -> list[str]:
    """The names that are needed and not there."""
    return sorted(f"{owner.__name__}.{name}" for owner, names in needed.items() for name in names - _names_of(owner))


def _has_all(package: str, needed: Needed) -> bool:
    lacks = lacking(needed)
    if lacks:
        log.warning("a package is used in its own, slower way", package=package, release=version(package), lacks=lacks)
    return not lacks


def _names_of(owner: type) -> set[str]:
    """What a class of a package has, and what its methods set or read of an instance."""
    package = owner.__module__.partition(".")[0]
    parts = [
        part for base in owner.__mro__ if base.__module__.partition(".")[0] == package for part in vars(base).items()
    ]
    methods = (value for _, value in parts if isinstance(value, FunctionType))
    return {name for name, _ in parts} | {name for method in methods for name in method.__code__.co_names}
