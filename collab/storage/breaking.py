"""Breaking connections: a PostgreSQL that is frozen keeps them and answers nothing.

No timeout of its own ends that, the driver has none, and what is cancelled waits for the answer all the same. It ends
with the socket.
"""

import os
import socket
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event


def break_connection(driver_connection: Any) -> None:
    """Gives an error to whoever waits for an answer on it, from any thread; without a socket it does nothing."""
    with suppress(AttributeError, OSError, ValueError), _second_handle(driver_connection.pgconn.socket) as handle:
        handle.shutdown(socket.SHUT_RDWR)


def _second_handle(descriptor: int) -> socket.socket:
    """A handle of one's own on the same socket: the driver closes its own whenever it likes."""
    return socket.socket(fileno=os.dup(descriptor))


class Connections:
    """The open connections of an engine."""

    def __init__(self, engine: Engine) -> None:
        self._open: WeakSet[Any] = WeakSet()

        @event.listens_for(engine, "connect")
        def _connect(_connection: Any, record: Any) -> None:
            if engine.dialect.name != "sqlite":
                self._open.add(record.driver_connection)

    def break_all(self) -> None:
        for driver_connection in list(self._open):
            break_connection(driver_connection)
