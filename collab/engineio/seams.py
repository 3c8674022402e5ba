"""What the fast way of a websocket needs of uvicorn that no documentation of its promises, and whether it is there.

A TCP connection is handed over (`handover.py`) where the release that is installed has every name that is used of it.
Where it lacks one, uvicorn's own websockets are taken, which serve the same and cost more; the log says so at the
start. That the names do what they did is held by the tests, at both ends of the ranges.
"""

from collections.abc import Mapping
from importlib.metadata import version
from types import FunctionType

import structlog
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.server import ServerProtocol

log = structlog.get_logger(__name__)

Needed = Mapping[type, frozenset[str]]

OF_WEBSOCKETS: Needed = {
    WebSocketsSansIOProtocol: frozenset({
        "handle_connect", "connection_lost", "data_received", "conn", "connections", "handshake_initiated", "response",
        "transport", "scope", "stop_keepalive",
    }),
    ServerProtocol: frozenset({"parser"}),
}  # fmt: skip


def may_hand_over() -> bool:
    """Whether uvicorn's websockets can hand their connections over; the log says where they can't."""
    return _has_all("uvicorn", OF_WEBSOCKETS)


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
